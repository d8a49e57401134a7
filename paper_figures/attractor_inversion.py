"""Figure: at a small observed fraction a true line attractor is missed, and one is found in a chain."""

import numpy as np

from numerics.benchmark.cell import Cell
from numerics.benchmark.examination import Examination
from numerics.benchmark.frontiers import frontier
from numerics.benchmark.methods.ridge import Ridge
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.scores.timescale import Timescale
from numerics.benchmark.scores.verdict import Verdict
from numerics.benchmark.statistics import wilson
from numerics.benchmark.systems.feedforward_chain import FeedforwardChain
from numerics.benchmark.systems.line_attractor import LineAttractor
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.circuits.timescales import LINE_LEAST
from theory.partial_observation import symmetric_line_timescale

_SLOW, _FAST, _DURATION = 200.0, 1.25, 10_000.0
_FRACTIONS = (0.02, 0.05, 0.1, 0.2, 0.4)
_FINE = np.geomspace(0.015, 0.5, 10)
_FAMILIES = {"line attractor": LineAttractor(slow=_SLOW, fast=_FAST), "chain with skips": FeedforwardChain(skip=0.5)}


class AttractorInversion(Figure):
    """Reported timescale, and how often a line is claimed, of a circuit with and one without."""

    name = "attractor_inversion"
    title = "Where few neurons are seen a true line attractor is missed, and one is found in a feedforward chain"
    paper = "derived here; teachers of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024"
    cites = ("qian2024partial",)
    caption = (
        "The benchmark's one-step regression with a ridge, fitted to random fractions f of 100 neurons, recorded "
        "for 10,000 time constants in bins of 1. Blue: a symmetric line attractor of timescale 200; orange: a "
        "rotated feedforward chain with skips .5, every mode of which has timescale 1. a: the slowest timescale "
        "read off the fitted model's rollouts. Dots: mean and range over draws of circuit, neurons and recording. "
        "Lines: what an endless recording shows continuously, `f 200 + (1 - f) 1.25` for the line attractor, and "
        "the median over six draws for the chain, whose invented mode bins of 1 and recordings of this length "
        "shorten. Dotted: 20 time constants, from which on a mode can be a line. b: how often a line attractor is "
        "claimed by definition (20 time constants, and ten times the next mode), with Wilson's 95% intervals."
    )
    runtime = "1 min"

    def _examination(self, family: str, fraction: float, scale: str) -> Examination:
        cell = Cell(_FAMILIES[family], RandomSubset(), fraction=fraction, duration=_DURATION)
        return Examination(Ridge(), cell, (Verdict(), Timescale()), draws=8 if scale == "quick" else 60)

    def experiments(self, scale: str) -> list:
        """Two families at five fractions."""
        return [self._examination(family, fraction, scale) for family in _FAMILIES for fraction in _FRACTIONS]

    def draw(self, scale: str, store):
        """Two panels: timescales and claims."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        left.axhline(LINE_LEAST, color="0.5", ls=":", lw=0.8)
        line = [symmetric_line_timescale(fraction, _SLOW, _FAST) for fraction in _FINE]
        chain = frontier(_FAMILIES["chain with skips"], _FINE, draws=6).slowest
        for family, colour, theory in zip(_FAMILIES, PALETTE, (line, chain), strict=False):
            results = [self._examination(family, f, scale).run(store, progress=False) for f in _FRACTIONS]
            left.plot(_FINE, theory, color=colour)
            timescales = np.stack([one.timescale.values for one in results], axis=1)
            dots(left, _FRACTIONS, timescales, colour, label=family)
            claims = np.stack([one.p_line.values > 0.5 for one in results], axis=1)
            rates = claims.mean(axis=0)
            ends = np.array([wilson(int(hits.sum()), len(hits)) for hits in claims.T])
            spread = [rates - ends[:, 0], ends[:, 1] - rates]
            look = dict(fmt="o-", ms=2.6, elinewidth=0.7, color=colour)
            beside = np.array(_FRACTIONS) * (0.97 if family == "line attractor" else 1.03)
            right.errorbar(beside, rates, np.clip(spread, 0, None), **look)
        for axes in (left, right):
            axes.set(xscale="log", xlabel="fraction of neurons observed")
            axes.set_xticks(_FRACTIONS, [f"{f:g}" for f in _FRACTIONS])
            axes.minorticks_off()
        left.set(yscale="log", ylabel="slowest timescale (time constants)", title="a  timescale")
        left.legend(loc="lower right")
        right.set(ylabel="line attractor claimed (rate)", ylim=(-0.03, 1.03), title="b  claim")
        return figure


attractor_inversion = AttractorInversion()
