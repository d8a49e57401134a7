"""Figure: the slow mode that networks invent while back-propagation trains them."""

import dataclasses

import numpy as np

from numerics.claims import wide_network_slow_mode
from numerics.network_fitting import NetworkFitting
from numerics.students import WideNetwork
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.students import Windowed

_STEPS = (25, 50, 100, 200, 400, 800, 1600, 3000)
_WINDOWS = (1, 8)
_TOP = 400.0  # where reports beyond it are marked


def _along(window: int, scale: str) -> NetworkFitting:
    return NetworkFitting(
        circuits.feedforward_chain,
        {"neurons": 20, "skip": 1.0},
        observed=(0,),
        samples=50_000,
        draws=4 if scale == "quick" else 16,
        student=WideNetwork(hidden=40, window=window, steps=_STEPS[-1], rate=2e-3, batch=256),
        steps=_STEPS,
    )


def _saturating(scale: str) -> list[NetworkFitting]:
    small = [trial.experiment for trial in wide_network_slow_mode.trials(scale)]
    student = small[0].student
    larger = [dataclasses.replace(student, activity=factor * student.activity) for factor in (4.0, 2.0)]
    return [*(dataclasses.replace(small[0], student=each) for each in larger), *small]


class TrainedSlowMode(Figure):
    """The slowest reported timescale over training, for two windows; and over the activity given to erf units."""

    name = "trained_slow_mode"
    title = "Back-propagation trains networks into the slow mode that theory says they invent"
    paper = "derived here; teachers of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024"
    cites = ("qian2024partial",)
    caption = (
        "Slowest timescale reported by networks of 40 hidden units that see the last neuron of a chain, which has no "
        "mode slower than its neurons (1, dotted). Lines: where theory says training of linear units ends, for "
        "endless recordings. a: chain of 20 with skips; every circle is a network trained on a recording of 50,000 "
        "bins of its own (triangles: beyond the axis, or no decay). On single bins all pass through no decay at all, "
        "then scatter about the invented mode, for an error of 1% in the decay over a bin is 34% of that timescale. On "
        "windows of 8 bins a slow mode of about 13 appears first, and most of it is lost late. b: chain of 40, units "
        "erf, single bins; mean and range over networks, each with a recording of 20,000 bins (quick). Saturating "
        "units respond most at rest, where the report is linearised, so the mode is slower than theory of linear units "
        "says, by the square of the activity; where they saturate most, networks disagree with each other."
    )
    runtime = "1½ min"
    claims = ("wide_network_slow_mode",)

    def experiments(self, scale: str) -> list[NetworkFitting]:
        """Both windows of linear units, and every activity of saturating ones."""
        return [*(_along(window, scale) for window in _WINDOWS), *_saturating(scale)]

    def draw(self, scale: str, store):
        """Two panels: along training, and over activity."""
        import matplotlib.pyplot as plt

        figure, (along, over) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        for window, colour, shift in zip(_WINDOWS, PALETTE, (0.96, 1.04), strict=False):
            fitting = _along(window, scale)
            along.axhline(Windowed(window).fit(fitting.endless(0)).slowest(), color=colour, lw=1.2)
            slowest = fitting.run(store, progress=False).slowest.values
            steps = np.broadcast_to(shift * np.array(_STEPS), slowest.shape)
            seen = slowest <= _TOP
            label = f"window of {window} bin{'s' * (window > 1)}"
            along.plot(steps[seen], slowest[seen], "o", ms=3, mfc="none", mew=0.8, color=colour, label=label)
            along.plot(steps[~seen], np.full((~seen).sum(), _TOP), "^", ms=3.5, color=colour)
        along.set(xscale="log", xlabel="steps of training", title="a  linear hidden units, along training")
        saturating = _saturating(scale)
        for fitting in saturating:
            slowest = fitting.run(store, progress=False).slowest.values
            dots(over, [fitting.student.activity], slowest, PALETTE[2])
        last = saturating[-1]
        ends = Windowed(last.student.window).fit(last.endless(0)).slowest()
        over.axhline(ends, color=PALETTE[2], lw=1.2, label="theory of linear units")
        over.set(xscale="log", xlabel="activity given (root mean square)", title="b  saturating hidden units")
        over.set_xticks([0.05, 0.1, 0.2, 0.4], ["0.05", "0.1", "0.2", "0.4"])
        over.minorticks_off()
        for axes in (along, over):
            axes.axhline(1.0, color="0.5", lw=0.8, ls=":", zorder=0)
            axes.set_ylabel("slowest timescale (of neurons: 1)")
        along.set_yscale("log")
        along.legend(loc="lower right", bbox_to_anchor=(1.0, 0.08))
        over.set_ylim(0, 15)
        over.legend(loc="lower center", bbox_to_anchor=(0.5, 0.2))
        return figure


trained_slow_mode = TrainedSlowMode()
