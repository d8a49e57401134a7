"""Figure: the transition to chaos and the growth of gradients over the recurrent gain, plain and gated units."""

import dataclasses
import functools

import numpy as np

from numerics.claims.gated_gradients import gated_network
from numerics.kernel_draws import KernelDraws
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.kernels import (
    GatedNetwork,
    GatedWeights,
    RecurrentLayer,
    RecurrentNetwork,
    Tanh,
    Ungated,
    variances,
)

_GAINS, _FINE, _TIMES, _BACK = (0.5, 1.0, 2.0, 4.0, 6.0), np.linspace(0.2, 6.0, 24), 16, 6


def _plain(gain: float) -> GatedNetwork:
    return GatedNetwork(Ungated(Tanh()), (GatedWeights(gain, 1.0, 0.1),))


_KINDS = {"tanh": _plain, "GRU": gated_network}


class GradientGrowth(Figure):
    """Growth a step over the gain, and the gradient over steps back."""

    name = "gradient_growth"
    title = "Gradients of plain units turn from decay to growth at the edge of chaos; gates put it off"
    paper = "derived here; gates after Chen, Pennington & Schoenholz, arXiv 1806.05394"
    cites = ("chen2018dynamical",)
    caption = (
        "a: growth a step of the mean square of dy_T/dh_s, over the last 6 steps back from T = 16, on one weak random "
        "input, over the recurrent gain (for the GRU that of all three matrices). Lines: infinite width; for tanh the "
        "product of chi = s_w^2 E phi'^2, for the GRU the population of units; dots: networks (mean and range over "
        "draws). Above 1 (dotted) gradients explode; for plain units that is the edge of chaos. Dashed: a GRU whose "
        "weights are drawn afresh at every time, whose gates are independent of its states. b: the gradient itself, "
        "back from T, at gain 4."
    )
    runtime = "1½ min"
    claims = ("gated_gradients",)

    def _draws(self, kind: str, gain: float, scale: str) -> KernelDraws:
        width, seeds = (256, 8) if scale == "quick" else (1024, 24)
        return KernelDraws(_KINDS[kind](gain), width, seeds, sequences=1, times=_TIMES, inputs=1, scale=0.1)

    def experiments(self, scale: str) -> list:
        """Every gain, plain and gated."""
        return [self._draws(kind, gain, scale) for kind in _KINDS for gain in _GAINS]

    def draw(self, scale: str, store):
        """Two panels: growth over gain, gradients over steps back."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.6))
        values = self._draws("tanh", 1.0, scale).values()
        plain = [_plain_gradients(gain, values) for gain in _FINE]
        left.plot(_FINE, [_growth(each) for each in plain], color=PALETTE[0], label="tanh, theory")
        for tied, style in ((True, "-"), (False, "--")):
            gated = [_growth(_gated_gradients(gain, tied)) for gain in _GAINS]
            left.plot(_GAINS, gated, style, color=PALETTE[1], label="GRU, theory" if tied else "GRU, untied")
        back = np.arange(_TIMES + 1)
        for kind, colour in zip(_KINDS, PALETTE, strict=False):
            found = [self._draws(kind, g, scale).run(store, progress=False).gradients.values[:, 0] for g in _GAINS]
            dots(left, _GAINS, np.array([_growth(each) for each in found]).T, colour, f"{kind}, networks")
            at = found[_GAINS.index(4.0)][:, ::-1]
            dots(right, back, at / at[:, :1], colour, f"{kind}, networks")
            theory = _plain_gradients(4.0, values) if kind == "tanh" else _gated_gradients(4.0, True)
            right.plot(back, theory[::-1], color=colour)
        left.axhline(1.0, color="0.5", ls=":", lw=1)
        left.set(xlabel="recurrent gain", ylabel="growth of squared gradient\na step back", title="a  growth")
        right.set(yscale="log", xlabel="steps back from T", ylabel="mean square of dy/dh", title="b  gain 4")
        left.legend()
        right.legend()
        return figure


def _growth(gradients):
    """A step, over the last steps back from T: (..., s) to (...)."""
    return (gradients[..., -1 - _BACK] / gradients[..., -1]) ** (1 / _BACK)


def _plain_gradients(gain: float, values) -> np.ndarray:
    """E (dy_T/dh_s)^2 as the product of chi from s + 1 to T, (s,) from 0."""
    layer = RecurrentLayer(Tanh(), gain, 1.0, 0.1)
    chi = variances(RecurrentNetwork(layer), values).chi[0, :, 0]
    return np.append(np.cumprod(chi[::-1])[::-1], 1.0)


@functools.lru_cache(maxsize=16)
def _gated_gradients(gain: float, tied: bool) -> np.ndarray:
    network = dataclasses.replace(gated_network(gain), tied=tied)
    return KernelDraws(network, 1, 1, sequences=1, times=_TIMES, inputs=1, scale=0.1).limit().gradients[0]


gradient_growth = GradientGrowth()
