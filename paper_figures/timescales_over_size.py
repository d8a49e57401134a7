"""Figure: how far the reported timescale scatters over circuits, and how it grows with their size."""

import numpy as np

from numerics.claims.line_attractor_missed import FINE
from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory import circuits
from theory.partial_observation import chain_end_timescale, symmetric_line_spread, symmetric_line_timescale

_SIZES, _SLOW, _FAST, _FRACTION = (20, 40, 80, 160, 320), 1000.0, 1.25, 0.05


class TimescalesOverSize(Figure):
    """A line that is missed and a chain's end, over the number of neurons."""

    name = "timescales_over_size"
    title = "More neurons narrow the spread of what is missed, and slow down what is invented"
    paper = "teachers of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024; laws derived here"
    cites = ("qian2024partial",)
    caption = (
        "Slowest timescale of networks fitted to endless recordings, over the number of neurons D. a: a symmetric "
        "line attractor of timescale 1000, a random 5% of whose neurons are observed: mean over up to 64 circuits "
        "and standard deviation (bars); line and band: f slow + (1 - f) fast, and the spread of a beta variable. "
        "b: the last neuron of a feedforward chain, by its Lyapunov equation (blue), and 2 D binom(2D, D) / 4^D "
        "(line), which tends to 2 sqrt(D / pi) (dashed); orange: a random 5% of a rotated chain's neurons, mean "
        "and standard deviation over up to 16 rotations, for which no closed form is known."
    )
    runtime = "½ min"
    claims = ("chain_end", "line_attractor_missed")

    def _line(self, neurons: int) -> Fitting:
        options = {"neurons": neurons, "slow": _SLOW, "fast": _FAST}
        return self._endless(circuits.symmetric_line_attractor, options, min(64, 10_240 // neurons), fraction=_FRACTION)

    def _end(self, neurons: int) -> Fitting:
        return self._endless(circuits.feedforward_chain, {"neurons": neurons}, 1, observed=(0,))

    def _rotated(self, neurons: int) -> Fitting:
        options = {"neurons": neurons, "rotated": True}
        return self._endless(circuits.feedforward_chain, options, min(16, 2560 // neurons), fraction=_FRACTION)

    def _endless(self, circuit, options, draws, **observed) -> Fitting:
        return Fitting(circuit, options, bin_size=FINE, samples=None, draws=draws, **observed)

    def experiments(self, scale: str) -> list[Fitting]:
        """Five sizes of each."""
        return [make(neurons) for neurons in _SIZES for make in (self._line, self._end, self._rotated)]

    def draw(self, scale: str, store):
        """Two panels: the line, and the chain."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        fine = np.unique(np.geomspace(_SIZES[0], _SIZES[-1], 40).astype(int))
        law = np.full(fine.size, symmetric_line_timescale(_FRACTION, _SLOW, _FAST))
        spread = [symmetric_line_spread(int(n), _FRACTION, _SLOW, _FAST) for n in fine]
        left.plot(fine, law, color="black", label="theory, mean")
        left.fill_between(fine, np.maximum(law - spread, 1), law + spread, color="0.85", lw=0, label="theory, spread")
        _spread(left, [self._line(n).run(store, progress=False) for n in _SIZES], PALETTE[0], "networks")
        right.plot(fine, [chain_end_timescale(int(n)) for n in fine], color="black", label="theory, last neuron")
        right.plot(fine, 2 * np.sqrt(fine / np.pi), color="0.4", ls="--", lw=1, label="2 √(D/π)")
        _spread(right, [self._end(n).run(store, progress=False) for n in _SIZES], PALETTE[0], "last neuron")
        _spread(right, [self._rotated(n).run(store, progress=False) for n in _SIZES], PALETTE[1], "rotated, 5% seen")
        left.axhline(_SLOW, color="0.4", ls=":", lw=1, label="truth")
        right.axhline(1.0, color="0.4", ls=":", lw=1, label="truth")
        for axes, title in ((left, "a  a line attractor, 5% seen"), (right, "b  feedforward chains")):
            axes.set(xscale="log", yscale="log", xlabel="neurons D", title=title)
            axes.set_xticks(_SIZES, [str(n) for n in _SIZES])
            axes.minorticks_off()
        left.set_ylim(2, 1500)
        right.set_ylim(0.8, 120)
        left.legend(loc="center right", bbox_to_anchor=(1, 0.72))
        right.legend(loc="upper left", ncols=2)
        left.set_ylabel("slowest timescale\n(single-unit time constants)")
        return figure


def _spread(axes, fits: list, colour: str, label: str):
    slowest = [fit.timescale.values[:, 0] for fit in fits]
    deviations = [values.std(ddof=1) if values.size > 1 else 0.0 for values in slowest]
    means = [values.mean() for values in slowest]
    axes.errorbar(
        _SIZES, means, deviations, fmt="o", ms=3, mfc="white", mew=0.8, elinewidth=0.8, color=colour, label=label
    )


timescales_over_size = TimescalesOverSize()
