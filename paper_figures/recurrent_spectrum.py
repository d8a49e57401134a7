"""Figure: the spectrum of the recurrent matrix before, during and after learning."""

import numpy as np

from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.derivation import derive


class RecurrentSpectrum(Figure):
    """Eigenvalues of W in the complex plane, with the predicted outlier."""

    name = "recurrent_spectrum"
    title = "Learning pulls one eigenvalue out of the bulk"
    paper = "Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754 (spectra before and after)"
    cites = ("bordelon2025integrate",)
    caption = (
        "Eigenvalues of the recurrent matrix W of two networks (initial gain 0.3, target exp(-0.2 t)) before, "
        "during and after learning. Dots: trained networks. Circle: the bulk's radius, the initial gain, "
        "which learning leaves in place. Open ring: the outlier of the infinitely wide network, and grey, "
        "the path it takes; it is drawn from where it leaves the bulk."
    )
    runtime = "30 s"
    claims = ("integrator_outlier",)

    def _experiment(self, scale: str) -> Experiment:
        width = 256 if scale == "quick" else 1024
        problem = integrator_problem(0.2, 1e-1, recurrent_gain=0.3)
        return Experiment(problem, width, seeds=2, training_time=8.0, records=17, weights=True)

    def experiments(self, scale: str) -> list[Experiment]:
        """Two networks whose weights are kept."""
        return [self._experiment(scale)]

    def draw(self, scale: str, store):
        """Three panels: before, during, after."""
        import matplotlib.pyplot as plt

        experiment = self._experiment(scale)
        networks = experiment.run(store, progress=False)
        gain = experiment.problem.initialisation.recurrent_gain
        path = derive(experiment.problem).solve(experiment.training_time, records=161)
        outlier = 1 + path.pole.values[:, 0]
        valid = path.pole_valid.values[:, 0]
        figure, panels = plt.subplots(1, 3, figsize=(2 * COLUMN, 1.75), sharex=True, sharey=True)
        angle = np.linspace(0, 2 * np.pi, 200)
        times = networks.training_time.values
        # half-way out, by the theory
        recorded = np.interp(times, path.training_time.values, np.where(valid, outlier.real, 0.0))
        half_way = (gain + outlier.real[-1]) / 2
        records = (0, int(np.argmin(np.abs(recorded - half_way))), times.size - 1)
        for axes, record, name in zip(panels, records, ("before", "during", "after"), strict=True):
            for seed, colour in zip(range(2), PALETTE, strict=False):
                values = np.linalg.eigvals(networks.weights_recurrent.values[seed, record])
                label = f"network, seed {seed}" if record == 0 else None
                axes.plot(values.real, values.imag, "o", ms=1.8, color=colour, alpha=0.6, mew=0, label=label)
                out = values[np.abs(values) > 1.1 * gain]
                axes.plot(out.real, out.imag, "o", ms=4, color=colour, mew=0, zorder=3)
            axes.plot(gain * np.cos(angle), gain * np.sin(angle), color="black", lw=0.7)
            time = float(networks.training_time[record])
            now = int(np.argmin(np.abs(path.training_time.values - time)))
            past = outlier[: now + 1][valid[: now + 1]]
            axes.plot(past.real, past.imag, color="0.6", lw=1)
            if valid[now]:
                axes.plot(outlier[now].real, 0, "o", ms=8, mfc="none", color="black", label="theory, outlier")
            axes.set(title=f"{name}: training time {time:g}", xlabel="real part", aspect="equal")
        panels[0].set_ylabel("imaginary part")
        panels[0].legend(loc="upper right")
        panels[-1].legend(loc="upper right")
        return figure


recurrent_spectrum = RecurrentSpectrum()
