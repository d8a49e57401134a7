"""Figure: the outlier of a network that learns to integrate, over targets, scales and widths."""

import numpy as np

from numerics.claims.integrator_outlier import integrator_problem
from numerics.claims.random_recurrence import random_recurrence
from numerics.experiment import Experiment
from numerics.judgement import relative_gaps
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.derivation import derive


class IntegratorOutlier(Figure):
    """Rate and residue of the learned pole, and the approach to infinite width."""

    name = "integrator_outlier"
    title = "A network's outlying eigenvalue learns a memory"
    paper = "Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754 (setting); theory derived here"
    cites = ("bordelon2025integrate",)
    caption = (
        "Rate (minus the outlying eigenvalue of A = W - I) and residue of the mode that a dense linear network "
        "learns while it imitates exp(-c* t). Lines and bands: mean and range, over eight draws of the initial "
        "weights, of the exact confined equations; nothing is fitted. Dots and bars: mean and range of the eight "
        "networks trained from the same draws, once all their outliers stand clear of the leak. (a) Target rates "
        "at initial scale 0.01, networks of several widths. (b) Initial scales at c* = 0.2. Both agree to the "
        "step-size error. (c) With a random initial recurrence of "
        "gain 0.3 networks approach the infinitely wide limit as 1/sqrt(N) (blue); the limit without "
        "recurrence (orange) stays wrong."
    )
    runtime = "2 min"
    claims = ("integrator_outlier", "random_recurrence")

    def rates(self, scale: str) -> dict:
        """Width by target rate."""
        if scale == "quick":
            return {0.2: 128, 0.35: 32, 0.5: 256}
        return {0.05: 256, 0.1: 512, 0.2: 1024, 0.35: 256, 0.5: 64}

    def scales(self) -> tuple:
        """Initial scales of the middle panel."""
        return (1e-1, 1e-2, 1e-3)

    def _by_rate(self, scale: str) -> dict:
        return {
            rate: Experiment(integrator_problem(rate, 1e-2), width, training_time=12.0, records=49)
            for rate, width in self.rates(scale).items()
        }

    def _by_scale(self) -> dict:
        return {
            initial: Experiment(integrator_problem(0.2, initial), 64, training_time=12.0, records=49)
            for initial in self.scales()
        }

    def experiments(self, scale: str) -> list[Experiment]:
        """One for each target rate, each initial scale, and each width of the claim of the right panel."""
        claimed = [trial.experiment for trial in random_recurrence.trials(scale)]
        return [*self._by_rate(scale).values(), *self._by_scale().values(), *claimed]

    def draw(self, scale: str, store):
        """Three panels, two rows in the first two: rate and residue."""
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(2.1 * COLUMN, 3.4))
        grid = figure.add_gridspec(2, 3)
        columns = (
            (self._by_rate(scale), "{:g}, N = {width}", "target rate c*"),
            (self._by_scale(), "{:g}", "initial scale"),
        )
        for column, (experiments, label, title) in enumerate(columns):
            top, bottom = (figure.add_subplot(grid[row, column]) for row in (0, 1))
            for colour, (value, experiment) in zip(PALETTE, experiments.items(), strict=False):
                text = label.format(value, width=experiment.width)
                _panel(top, bottom, experiment, store, colour, text)
            top.legend(loc="upper right", borderaxespad=0.0, handlelength=1.0)
            top.set_title(f"{'ab'[column]}  {title}")
            for axes in (top, bottom):
                axes.set_xlim(0, 12.2)
            bottom.set_xlabel("training time")
            if column == 0:
                top.set_ylabel("rate c of the outlier\n(1 / leak time constant)")
                bottom.set_ylabel("residue a")
        axes = figure.add_subplot(grid[:, 2])
        _approach(axes, scale, store)
        axes.set_title("c  random W(0), gain 0.3")
        return figure


def _panel(top, bottom, experiment, store, colour, label):
    networks = experiment.run(store, progress=False)
    dynamics = derive(experiment.problem)
    paths = [
        dynamics.solve(experiment.training_time, experiment.width, seed, 257)
        for seed in range(experiment.seeds)
    ]
    predicted = [(_rate(path), _residue(path)) for path in paths]
    times = paths[0].training_time
    for axes, index, observed in ((top, 0, _rate(networks)), (bottom, 1, _residue(networks))):
        theory = np.stack([pair[index] for pair in predicted])
        axes.fill_between(times, theory.min(0), theory.max(0), color=colour, alpha=0.2, lw=0)
        axes.plot(times, theory.mean(0), color=colour, lw=1, label=label if index == 0 else None)
        dots(axes, networks.training_time, observed, colour, every=2)


def _rate(dataset):
    return (-dataset.pole[..., 0].real).where(dataset.pole_valid[..., 0]).values


def _residue(dataset):
    return dataset.residue[..., 0].real.where(dataset.pole_valid[..., 0]).values


def _approach(axes, scale, store):
    for colour, marker, label, prediction in (
        (PALETTE[0], "o", "infinite width", random_recurrence.predicted),
        (PALETTE[1], "s", "without W(0)", random_recurrence.rival),
    ):
        widths, gaps = [], []
        for trial in random_recurrence.trials(scale):
            networks = trial.experiment.run(store, progress=False)
            measured = random_recurrence.measured(trial.experiment, networks)
            widths.append(trial.experiment.width)
            gaps.append(relative_gaps(measured, prediction(trial.experiment)))
        for width, spread in zip(widths, gaps, strict=True):
            axes.plot(np.full(len(spread), width), spread, marker, ms=2, color=colour, alpha=0.25, mew=0)
        middle = [np.sqrt(np.mean(spread**2)) for spread in gaps]
        axes.plot(widths, middle, marker, ms=5, color=colour, mfc="white", label=label)
        if marker == "o":
            level = np.exp(np.mean(np.log(middle) + 0.5 * np.log(widths)))
            axes.plot(widths, level / np.sqrt(widths), color=colour, label=r"$\propto 1/\sqrt{N}$")
    axes.set(xscale="log", yscale="log", xlabel="width N", ylabel="relative gap of the impulse response")
    axes.set_xticks(widths, [str(w) for w in widths])
    axes.minorticks_off()
    axes.legend()


integrator_outlier = IntegratorOutlier()
