"""`attractory check-fit`: may a fitted network claim its slow modes?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True)
class CheckFit:
    """Check the slow modes of a fitted network against the recording it was fitted to.

    Prints a verdict and writes a report of one page. The weights are a .npz file (or a folder of .npy files) with one
    of `propagator` (x_(n+1) = A x_n over a bin), `drift` (per unit of time) or `W` with `time_constant`; and, where
    rows and recorded neurons are not the same, `neurons`: for every row its recorded neuron, or -1 for a hidden one.
    From torch: numpy.savez("fit.npz", W=model.rnn.weight_hh_l0.detach().cpu().numpy(), time_constant=10.0).
    """

    files: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """The recording (npz, npy, csv, tsv, netCDF; spike times in a table or in NWB) and the weights."""
    bin_size: float | None = None
    """Time between samples, where the recording does not say it."""
    spikes: bool = False
    """The recording is a table of spike times."""
    time_constant: float | None = None
    """Of single neurons, in the recording's unit of time; else the weights', or the fit's median timescale."""
    slow: float | None = None
    """From which timescale on a mode is called slow; 20 time constants if not given."""
    fraction: float = 0.1
    """What fraction of the circuit's neurons was recorded at least."""
    stages: int = 200
    """How long a feedforward chain you find possible: longer memory is not put down to hidden neurons."""
    output: Path = Path("fit_report.html")
    """The report; a file that is there is not overwritten."""
    overwrite: bool = False
    """Replace a report that is there."""
    calibrate: int = 0
    """Instead: draw that many circuits of each kind, fit recordings of them, print how often each verdict is given."""

    def run(self) -> int:
        """Check, print and write."""
        from theory.errors import ProblemError

        if self.calibrate:
            from numerics.checking.fit_calibration import print_rates

            print_rates(self.calibrate, self.fraction)
            return 0
        if len(self.files) != 2:
            raise ProblemError(
                f"check-fit needs a recording and the weights of a fit, in this order; got {len(self.files)} files."
            )
        import time

        from numerics.checking.fit import check_fit
        from numerics.checking.fit_words import page
        from numerics.checking.page import require_free
        from numerics.checking.weights import load_weights
        from numerics.provenance import provenance
        from numerics.recordings import load_recording

        require_free(self.output, self.overwrite)
        begin = time.perf_counter()
        recording = load_recording(self.files[0], self.bin_size, self.spikes)
        options = dict(time_constant=self.time_constant, slow=self.slow, fraction=self.fraction, stages=self.stages)
        report = check_fit(recording, load_weights(self.files[1]), **options)
        configuration = {"recording": str(self.files[0]), "weights": str(self.files[1]), **options}
        made_from = provenance(configuration, time.perf_counter() - begin)
        written = page(report, made_from).write(self.output, self.overwrite)
        print(f"{report}\n\nThe report: {written}")
        return 0
