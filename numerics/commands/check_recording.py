"""`attractory check-recording`: is the memory in a recording a persistent mode?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro


@dataclass(frozen=True)
class CheckRecording:
    """Check what a recording alone says about persistent modes, without knowing the circuit.

    Prints whether reversible explanations are rejected, and whether a persistent mode is real, invented or one cannot
    tell; and writes a report of one page. The recording is time by neurons, or trials by time by neurons. Real is
    said of the recorded activity: an input that was not given, or an indicator's decay, can be persistent too.
    """

    file: Annotated[Path | None, tyro.conf.Positional] = None
    """The recording (npz, npy, csv, tsv, netCDF; spike times in a table or in NWB)."""
    bin_size: float | None = None
    """Time between samples, where the recording does not say it."""
    spikes: bool = False
    """The recording is a table of spike times."""
    time_constant: float | None = None
    """Of a single neuron (membrane or synapse), in the recording's unit of time; else the median timescale of a one-bin
    fit."""
    indicator_decay: float = 0.0
    """Time constant of a calcium indicator's decay, in the recording's unit of time, for it is memory too."""
    stages: int = 200
    """How long a feedforward chain you find possible: memory that such a chain could have proves no mode."""
    output: Path = Path("recording_report.html")
    """The report; a file that is there is not overwritten."""
    overwrite: bool = False
    """Replace a report that is there."""
    calibrate: bool = False
    """Instead: draw circuits whose truth is known, and print how often each verdict is given."""
    draws: int = 200
    """With --calibrate: of each kind of circuit."""

    def run(self) -> int:
        """Check, print and write."""
        from theory.errors import ProblemError

        if self.calibrate:
            from numerics.checking.recording_calibration import print_calibration

            print_calibration(self.draws)
            return 0
        if self.file is None:
            raise ProblemError("check-recording needs a recording: name a file, or say --calibrate.")
        import time

        from numerics.checking.page import require_free
        from numerics.checking.recording import check_recording
        from numerics.checking.recording_page import recording_page
        from numerics.provenance import provenance
        from numerics.recordings import load_recording

        require_free(self.output, self.overwrite)
        begin = time.perf_counter()
        recording = load_recording(self.file, self.bin_size, self.spikes)
        options = dict(
            time_constant=self.time_constant, stages=self.stages, indicator_decay=self.indicator_decay
        )
        report = check_recording(recording, **options)
        made_from = provenance({"recording": str(self.file), **options}, time.perf_counter() - begin)
        written = recording_page(report, made_from).write(self.output, self.overwrite)
        print(f"{report}\n\nThe report: {written}")
        return 0
