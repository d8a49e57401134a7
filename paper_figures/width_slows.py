"""Figure: identical units learn a timescale the slower the more there are; random ones break the symmetry."""

import functools

import numpy as np

from numerics.claims.identical_units import diagonal_problem
from numerics.claims.integrator_half_time import half_time
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import initialisations
from theory.derivation import derive
from theory.reductions import AlignedUnits

_SIZE = 0.1  # |u| = |v| where units are identical; random ones have a residue |u + v|^2 / 4 of half of that on average
_RANDOM = initialisations.Gaussian(_SIZE * 2**0.5, _SIZE * 2**0.5)
_LEARNED = 0.02
_WIDTHS = (1, 4, 16, 64)
_ENDS = {1: 6.0, 4: 12.0, 16: 32.0, 64: 100.0}


class WidthSlows(Figure):
    """Training time to learn a timescale over the width, and the rates of the units of one network."""

    name = "width_slows"
    title = "Sharing the work slows learning: identical units as N, random ones as the root of N, dense ones not at all"
    paper = "derived here; task of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754"
    cites = ("bordelon2025integrate",)
    caption = (
        "Networks learn exp(-0.2 t); residues sum to about 0.01 at the start. a: training time until the loss has "
        "fallen to 2%. Lines: theory; identical units move as one whose recurrent weight learns N times more slowly; "
        "of random ones (mean and range over four draws) the aligned halves (u + v)/2 are followed; "
        "dense networks by exact confinement (mean over three draws). Dots: trained networks, "
        "mean and range over six seeds. Dotted: sqrt(N). b: decay rates of the units of one network of 16, at random "
        "(blue, thick where the residue is large) and identical (orange). Lines: theory; dots: trained networks."
    )
    runtime = "2 min"
    claims = ("identical_units", "symmetry_breaking")

    def _experiment(self, kind: str, width: int) -> Experiment:
        if kind == "dense":
            problem, end = integrator_problem(0.2, _RANDOM.input), 12.0
        else:
            identical = kind == "identical"
            problem = diagonal_problem(initialisations.Identical(_SIZE, _SIZE) if identical else _RANDOM)
            end = _ENDS[width] if identical else 24.0
        seeds = 1 if kind == "identical" else 6
        return Experiment(problem, width, seeds, end, records=121, step_size=0.05, weights=width == 16)

    def experiments(self, scale: str) -> list[Experiment]:
        """Identical, random and dense, at four widths, dense ones from two units on."""
        return [
            self._experiment(kind, width)
            for kind in ("identical", "random", "dense")
            for width in _WIDTHS
            if width > 1 or kind == "identical"
        ]

    def draw(self, scale: str, store):
        """Two panels: times over the width, rates over training time."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        looks = (("identical", PALETTE[1], "s"), ("random", PALETTE[0], "o"), ("dense", PALETTE[2], "d"))
        for kind, colour, marker in looks:
            for width in _WIDTHS if kind == "identical" else _WIDTHS[1:]:
                networks = self._experiment(kind, width).run(store, progress=False)
                times = half_time(networks.training_time.values, networks.loss.values, _LEARNED)
                name = "dense network" if kind == "dense" else f"{kind} units"
                dots(left, [width], times[:, None], colour, name if width == 16 else None, marker)
        widths = np.array([1, 2, 4, 8, 16, 32, 64])
        left.plot(widths, [self._identical(width) for width in widths], color=PALETTE[1])
        more = np.array([4, 16, 64])
        times = np.array([[self._random(width, seed) for seed in range(4)] for width in more])
        left.plot(more, times.mean(axis=1), color=PALETTE[0])
        left.fill_between(more, times.min(axis=1), times.max(axis=1), color=PALETTE[0], alpha=0.2, lw=0)
        left.plot(more, times[-1].mean() * (more / more[-1]) ** 0.5, ":", color="0.4", label=r"$\sqrt{N}$")
        dense = [np.mean([self._dense(width, seed) for seed in range(3)]) for width in _WIDTHS[1:]]
        left.plot(_WIDTHS[1:], dense, color=PALETTE[2])
        left.set(
            xscale="log", yscale="log", xlabel="units N", ylabel="training time to learn", title="a  time to learn"
        )
        left.set_xticks([1, 4, 16, 64], ["1", "4", "16", "64"])
        left.set_yticks([3, 10, 30, 100], ["3", "10", "30", "100"])
        left.minorticks_off()
        left.legend()
        self._draw_rates(right, store)
        return figure

    def _draw_rates(self, axes, store) -> None:
        experiment = self._experiment("random", 16)
        networks = experiment.run(store, progress=False).isel(seed=0)
        times, states, _ = self._aligned(16, 0)
        residues = states[-1, :16] ** 2
        every = slice(None, None, 5)
        for unit in range(16):
            size = 0.5 + 1.5 * (residues[unit] > 0.1)
            axes.plot(times, 1 - states[:, 16 + unit], color=PALETTE[0], lw=size)
            rates = 1 - networks.weights_recurrent.values[every, unit]
            axes.plot(networks.training_time[every], rates, "o", ms=1.8, mfc="white", mew=0.6, color=PALETTE[0])
        one = self._identical_path(16)
        axes.plot(one.training_time, 1 - one.state[:, 2], color=PALETTE[1])
        alike = self._experiment("identical", 16).run(store, progress=False).isel(seed=0)
        rates = 1 - alike.weights_recurrent.values[every, 0]
        axes.plot(alike.training_time[every], rates, "s", ms=2.2, mfc="white", mew=0.6, color=PALETTE[1])
        axes.axhline(0.2, color="0.7", lw=0.8, zorder=0)
        axes.set(xlim=(0, 24), ylim=(0, 1.05))
        axes.set(xlabel="training time", ylabel="decay rate of a unit", title="b  16 units")

    def _identical_path(self, width: int):
        dynamics = derive(self._experiment("identical", 1).problem)
        return dynamics.solve(2.0 * width + 10.0, width, 0, 201)

    def _identical(self, width: int) -> float:
        path = self._identical_path(width)
        return float(half_time(path.training_time.values, path.loss.values, _LEARNED))

    @functools.lru_cache(maxsize=32)  # noqa: B019 (one figure)
    def _aligned(self, width: int, seed: int):
        problem, reduction = self._experiment("random", 4).problem, AlignedUnits(width)
        return reduction.follow(problem, reduction.start(problem, width, seed), 24.0, 121)

    def _random(self, width: int, seed: int) -> float:
        times, _, loss = self._aligned(width, seed)
        return float(half_time(times, loss, _LEARNED))

    def _dense(self, width: int, seed: int) -> float:
        path = derive(self._experiment("dense", width).problem).solve(12.0, width, seed, 121)
        return float(half_time(path.training_time.values, path.loss.values, _LEARNED))


width_slows = WidthSlows()
