"""Figure: the power law of lazy learning, on both sides of what can be learned, and where finite width ends it."""

import numpy as np

from numerics.reservoir_training import ReservoirTraining
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.kernels import LazySpectrum

_GAIN, _RATES = 0.7, (0.1, 0.3, 0.5, 0.8)
_TIMES = tuple(float(s) for s in np.geomspace(0.1, 1e4, 26))


class LazyPowerLawFigure(Figure):
    """Losses over training time, and the exponent over the target's rate."""

    name = "lazy_power_law"
    title = "Lazy linear networks learn exp(-c* t) as a power law, outside the learnable range a slow one"
    paper = "derived here"
    caption = (
        "Loss of random linear networks (gain .7, |u| = 1) whose readout learns exp(-c* t) by gradient flow, over "
        "training time. Lines: spectrum of the Bessel kernel; dots: networks (mean and range over draws). a: targets "
        "below (c* = .1), at (.3) and above (.5, .8) the threshold |1 - c*| = .7, below which no finite weights reach "
        "them. b: c* = .8 over width: finite networks hold the law for the first decades only, then learn far more "
        "slowly. c: the law's exponent over c*; it is 1 at the threshold."
    )
    runtime = "1 min"
    claims = ("lazy_power_law",)

    def _training(self, width: int, scale: str) -> ReservoirTraining:
        return ReservoirTraining(_GAIN, width, _RATES, _TIMES, 6 if scale == "quick" else 24)

    def experiments(self, scale: str) -> list:
        """Three widths."""
        return [self._training(n, scale) for n in _widths(scale)]

    def draw(self, scale: str, store):
        """Three panels: targets, widths, exponents."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 3, figsize=(2 * COLUMN, 2.5))
        spectrum, widths = LazySpectrum(_GAIN), _widths(scale)
        fine = np.geomspace(_TIMES[0], _TIMES[-1], 200)
        found = {n: self._training(n, scale).run(store, progress=False).loss.values for n in widths}
        for k, (rate, colour) in enumerate(zip(_RATES, PALETTE, strict=False)):
            panels[0].plot(fine, spectrum.loss(rate, fine), color=colour)
            dots(panels[0], _TIMES, found[widths[-1]][:, k], colour, f"c* = {rate:g}")
        panels[1].plot(fine, spectrum.loss(_RATES[-1], fine), color="black", label="N → ∞")
        for n, colour in zip(widths, PALETTE, strict=False):
            dots(panels[1], _TIMES, found[n][:, -1], colour, f"N = {n}")
        rates = np.linspace(0.02, 1.6, 400)
        panels[2].plot(rates, [spectrum.exponent(rate) for rate in rates], color="black")
        panels[2].plot(_RATES, [spectrum.exponent(rate) for rate in _RATES], "o", color=PALETTE[0], ms=3)
        panels[2].axhline(1.0, color="0.5", ls=":", lw=1)
        for edge in (1 - _GAIN, 1 + _GAIN):
            panels[2].axvline(edge, color="0.5", ls="--", lw=1)
        panels[2].set(ylim=(0, 5), xlim=(0, 1.6), xlabel="rate of target c*", ylabel="exponent χ", title="c  exponent")
        for axes, title in ((panels[0], f"a  N = {widths[-1]}"), (panels[1], "b  c* = 0.8")):
            axes.set(xscale="log", yscale="log", xlabel="training time s", title=title, ylim=(1e-9, 5))
            axes.legend(loc="lower left")
        panels[0].set_ylabel("loss")
        return figure


def _widths(scale: str) -> tuple:
    return (64, 128, 256) if scale == "quick" else (128, 512, 2048)


lazy_power_law = LazyPowerLawFigure()
