"""Figure: all the slow modes that are invented for null low-rank recurrence, and the slowest of them."""

import numpy as np

from numerics.claims.line_attractor_missed import FINE
from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory import circuits
from theory.partial_observation import (
    null_low_rank_eigenvalue,
    null_low_rank_timescales,
    slowest_null_low_rank_quantile,
)

_NEURONS, _GAIN, _DRAWS = 100, 100.0, 16
_RANKS, _FRACTIONS = (1, 3, 10), (0.1, 0.2, 0.3, 0.5, 0.7, 0.9)


class InventedModes(Figure):
    """Mean of the invented eigenvalues and slowest invented timescale."""

    name = "invented_modes"
    title = "Low-rank recurrence without slow modes: one is invented for every rank, and the slowest is far slower"
    paper = "Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024 (the limit of few neurons); laws derived here"
    cites = ("qian2024partial",)
    caption = (
        "Null low-rank circuits of 100 neurons and gain 100 have no slow mode; a random fraction f of the neurons "
        "has an endless recording. a: mean of the r eigenvalues that are not zero, against [f (1-f) g^2/2] / [1 + "
        "f g^2/2 - f^2 g^2/4] (line; many neurons, few modes); dashed: the published limit of few observed "
        "neurons. b: the slowest of their timescales; solid: the exact median at strong gain, which has none where "
        "fewer than 2r neurons are observed; dotted: the median of draws from the law at this gain; dashed: (2 - "
        "f)/f, what the mean suggests. Dots and bars: median, 10 and 90% of 16 circuits."
    )
    runtime = "¼ min"
    claims = ("null_low_rank_slow",)

    def _fitting(self, rank: int, fraction: float) -> Fitting:
        options = {"neurons": _NEURONS, "rank": rank, "gain": _GAIN}
        return Fitting(
            circuits.null_low_rank, options, fraction=fraction, bin_size=FINE, samples=None, draws=_DRAWS
        )

    def experiments(self, scale: str) -> list[Fitting]:
        """Three ranks at six fractions."""
        return [self._fitting(rank, fraction) for rank in _RANKS for fraction in _FRACTIONS]

    def draw(self, scale: str, store):
        """Two panels: mean and slowest."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.6))
        fine = np.linspace(0.02, 1, 80)
        left.plot(fine, [null_low_rank_eigenvalue(f, _GAIN) for f in fine], color="black", label="theory")
        few = fine * _GAIN**2 / 2
        left.plot(fine, few / (1 + few), color="0.4", ls="--", lw=1, label="few neurons (published)")
        right.plot(fine, (2 - fine) / fine, color="0.4", ls="--", lw=1, label="from the mean: (2 - f)/f")
        for colour, rank in zip(PALETTE, _RANKS, strict=False):
            fits = [self._fitting(rank, f).run(store, progress=False) for f in _FRACTIONS]
            rates = np.stack([-np.log(fit.eigenvalue.values[:, :rank]).real / FINE for fit in fits], axis=1)
            _bars(left, _FRACTIONS, 1 - rates.mean(axis=2), colour, f"rank {rank}")
            _bars(right, _FRACTIONS, 1 / rates.min(axis=2), colour, f"rank {rank}")
            some = np.array([10, 14, 20, 26, 34, 45, 60, 75, 90])
            drawn = [np.median(null_low_rank_timescales(_NEURONS, n, rank, _GAIN, 100)[:, 0]) for n in some.tolist()]
            right.plot(some / _NEURONS, drawn, color=colour, ls=":")
            enough = some[some >= 2 * rank + 4]
            exact = [slowest_null_low_rank_quantile(0.5, _NEURONS, n, rank) for n in enough.tolist()]
            right.plot(enough / _NEURONS, exact, color=colour)
        left.set(xlabel="observed fraction f", ylabel="mean of the r eigenvalues", title="a  mean", ylim=(0, 1.05))
        right.set(
            xlabel="observed fraction f",
            ylabel="slowest timescale\n(single-unit time constants)",
            title="b  slowest",
            yscale="log",
        )
        left.legend(loc="lower left")
        right.plot([], [], color="0.4", label="median, strong gain")
        right.plot([], [], color="0.4", ls=":", label="median, this gain")
        right.legend()
        return figure


def _bars(axes, x, values, colour, label):
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=0)
    axes.errorbar(
        x, middle, [middle - low, high - middle], fmt="o", ms=2.6, mfc="white", mew=0.8, elinewidth=0.7, color=colour,
        label=label,
    )  # fmt: skip


invented_modes = InventedModes()
