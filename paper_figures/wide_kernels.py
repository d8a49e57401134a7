"""Figure: neural tangent kernels of finite recurrent networks approach those of weights tied over time."""

import numpy as np

from numerics.claims.wide_kernels import WIDE, untied
from numerics.kernel_draws import KernelDraws
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots

_QUICK, _PAPER = (64, 128, 256, 512), (128, 256, 512, 1024, 2048)


class WideKernelsFigure(Figure):
    """Distance to the tied and to the untied kernel over width, one panel for each kind of unit."""

    name = "wide_kernels"
    title = "Kernels of recurrent networks, plain and gated, approach those of weights tied over time, not untied ones"
    paper = "derived here; setting of Yang, arXiv 2006.14548"
    cites = ("yang2020tensor",)
    caption = (
        "Relative Frobenius distance of the neural tangent kernel of single random networks (dots: mean and range over "
        "draws) from the kernel of infinite width with weights tied over time (blue) and with weights of their own at "
        "every time (orange), over the width N. Two random sequences of length 4; plain units at all pairs of times, "
        "gated ones at the last. Lines: 1/sqrt(N) through the last width, and what remains of the untied rival. "
        "Gated units differ little at the last time alone, where the two kernels come apart only through the gates' "
        "memory."
    )
    runtime = "2½ min"
    claims = ("wide_kernels",)

    def _draws(self, name: str, width: int, scale: str) -> KernelDraws:
        return KernelDraws(WIDE[name], width, seeds=24 if scale == "quick" else 48)

    def experiments(self, scale: str) -> list[KernelDraws]:
        """Every kind of unit at every width."""
        return [self._draws(name, n, scale) for name in WIDE for n in _widths(scale)]

    def draw(self, scale: str, store):
        """Two rows of three."""
        import matplotlib.pyplot as plt

        widths = _widths(scale)
        figure, panels = plt.subplots(2, 3, figsize=(2 * COLUMN, 3.8), sharex=True, sharey=True)
        for axes, name in zip(panels.flat, WIDE, strict=True):
            trials = [self._draws(name, n, scale) for n in widths]
            kernels = [trial.run(store, progress=False).ntk.values for trial in trials]
            rival = KernelDraws(untied(WIDE[name]), 1, 1).limit().ntk
            tied = trials[0].limit().ntk
            for limit, colour, label in ((tied, PALETTE[0], "from tied"), (rival, PALETTE[1], "from untied")):
                size = np.linalg.norm(limit)
                gaps = np.array([np.linalg.norm(each - limit, axis=(1, 2)) / size for each in kernels]).T
                dots(axes, widths, gaps, colour, label)
            last = np.mean([np.linalg.norm(each - tied) for each in kernels[-1]]) / np.linalg.norm(tied)
            axes.plot(widths, last * np.sqrt(widths[-1] / np.array(widths)), color="black", lw=1, label="1/√N")
            remains = np.linalg.norm(tied - rival) / np.linalg.norm(rival)
            axes.axhline(remains, color=PALETTE[1], ls="--", lw=1, label="tied from untied, N → ∞")
            axes.set(xscale="log", yscale="log", title=name)
            axes.set_xticks(widths, [str(n) for n in widths])
            axes.minorticks_off()
        for axes in panels[-1]:
            axes.set_xlabel("width N")
        for axes in panels[:, 0]:
            axes.set_ylabel("distance of kernel")
        panels[0, 0].legend(loc="lower left", fontsize=5.5)
        return figure


def _widths(scale: str) -> tuple:
    return _QUICK if scale == "quick" else _PAPER


wide_kernels = WideKernelsFigure()
