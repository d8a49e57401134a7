"""Figure: the slow mode that a fit reports, against the fraction of neurons that is observed."""

import functools

import numpy as np

from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.partial_observation import (
    RecordedCircuit,
    null_low_rank_eigenvalue,
    rank_one_eigenvalues,
    symmetric_line_spread,
    symmetric_line_timescale,
)
from theory.students import Autoregression

_NEURONS, _SLOW, _FAST, _GAIN, _BIN = 100, 100.0, 1.25, 20.0, 0.2
_FRACTIONS = (0.03, 0.1, 0.2, 0.4, 0.7, 1.0)
_FINE = np.array([0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
_FAMILIES = {
    "line": (circuits.symmetric_line_attractor, {"slow": _SLOW, "fast": _FAST}),
    "low rank": (circuits.null_low_rank, {"gain": _GAIN}),
    "chain": (circuits.feedforward_chain, {"rotated": True}),
    "chain with skips": (circuits.feedforward_chain, {"rotated": True, "skip": 0.5}),
}


class ObservedFraction(Figure):
    """Slowest timescale and line-attractor score of fits to three kinds of circuit."""

    name = "observed_fraction"
    title = "What is read off a fit: a slow mode missed, and slow modes invented"
    paper = "Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024 (spurious slow modes); laws derived here"
    cites = ("qian2024partial",)
    caption = (
        "Circuits of 100 neurons, of which a random fraction f is recorded for 4,000 time constants in bins of 0.2 "
        "and fitted by one-step prediction. Top: the slowest timescale of the fit. Bottom: the line-attractor "
        "score, log2 of the slowest over the next. a: a symmetric line attractor of timescale 100 is missed. b: "
        "null low-rank recurrence of rank 1 and gain 20, which has no slow mode, gets one. Solid: closed form for "
        "many neurons in these bins; dashed: in fine bins, f slow + (1 - f) fast (with its spread over directions "
        "shaded) and 1/(1 - l) with l = [f (1-f) g^2/2] / [1 + f g^2/2 - f^2 g^2/4]. c: rotated feedforward "
        "chains, which have no slow mode either; no closed form is known, and lines are the mean over 12 rotations "
        "of endless recordings. Dotted: the truth. Dots: mean and range over 6 circuits and recordings, whose "
        "length biases slow modes down and spreads out the fast ones. Even where all neurons of a chain are seen, "
        "where an endless recording would give the truth, one of this length does not: eigenvalues of its far from "
        "normal recurrence answer to the slightest error of the fit."
    )
    runtime = "½ min"
    claims = ("markov_limit", "line_attractor_missed")

    def _fitting(self, family: str, fraction: float, scale: str) -> Fitting:
        circuit, options = _FAMILIES[family]
        samples = 20_000 if scale == "quick" else 400_000
        options = {"neurons": _NEURONS, **options}
        return Fitting(circuit, options, fraction=fraction, bin_size=_BIN, samples=samples, draws=6)

    def experiments(self, scale: str) -> list[Fitting]:
        """Four families at six fractions."""
        return [self._fitting(family, fraction, scale) for family in _FAMILIES for fraction in _FRACTIONS]

    def draw(self, scale: str, store):
        """Timescale above, score below; a column for each kind of circuit."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(2, 3, figsize=(2 * COLUMN, 4.2), sharex=True, sharey="row")
        columns = (
            ("a  line attractor", ["line"]),
            ("b  low rank", ["low rank"]),
            ("c  chains", ["chain", "chain with skips"]),
        )
        for (top, bottom), (title, families) in zip(panels.T, columns, strict=True):
            for family, colour in zip(families, (PALETTE[0], PALETTE[1]), strict=False):
                fits = [self._fitting(family, f, scale).run(store, progress=False) for f in _FRACTIONS]
                times, next_times = (np.stack([fit.timescale.values[:, k] for fit in fits], axis=1) for k in (0, 1))
                fractions, slowest, score = _theory(family)
                top.plot(fractions, slowest, color=colour, label=family if len(families) > 1 else "theory")
                bottom.plot(fractions, score, color=colour)
                dots(top, _FRACTIONS, times, colour, label="fits" if colour == PALETTE[0] else None)
                dots(bottom, _FRACTIONS, np.log2(times / next_times), colour)
            truth = _SLOW if families == ["line"] else 1.0
            top.axhline(truth, color="0.4", ls=":", lw=1, label="truth")
            bottom.axhline(np.log2(_SLOW / _FAST) if families == ["line"] else 0.0, color="0.4", ls=":", lw=1)
            top.set(title=title, yscale="log")
            bottom.set(xlabel="observed fraction f")
            top.legend()
        few = [1 / (1 - null_low_rank_eigenvalue(f, _GAIN)) for f in _FINE]
        panels[0, 1].plot(_FINE, few, color=PALETTE[0], ls="--", lw=0.8)
        spread = [symmetric_line_spread(_NEURONS, f, _SLOW, _FAST) for f in _FINE]
        middle = np.array([symmetric_line_timescale(f, _SLOW, _FAST) for f in _FINE])
        panels[0, 0].fill_between(
            _FINE, np.maximum(middle - spread, 1), middle + spread, color=PALETTE[0], alpha=0.2, lw=0
        )
        panels[0, 0].plot(_FINE, middle, color=PALETTE[0], ls="--", lw=0.8)
        panels[0, 0].set_ylabel("slowest timescale\n(single-unit time constants)")
        panels[1, 0].set_ylabel("line-attractor score\nlog2(slowest / next)")
        return figure


def _theory(family: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fractions, slowest timescale and score, in these bins."""
    if family == "line":
        laws = dict(strength=1 / _FAST - 1 / _SLOW, overlap=1.0, non_normality=1.0, lag=_BIN, fast=_FAST)
    elif family == "low rank":
        laws = dict(strength=_GAIN, overlap=0.0, non_normality=1.0, lag=_BIN)
    else:
        return _endless(family)
    sizes = np.sort([np.abs(rank_one_eigenvalues(f, **laws)) for f in _FINE], axis=1)[:, ::-1]
    times = -_BIN / np.log(sizes)
    return _FINE, times[:, 0], np.log2(times[:, 0] / times[:, 1])


@functools.lru_cache
def _endless(family: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means over rotations; the first f D neurons, since after a rotation all are alike."""
    circuit, options = _FAMILIES[family]
    numbers = np.unique(np.round(_FINE[_FINE < 1] * _NEURONS).astype(int))
    slowest, scores = [], []
    for seed in range(12):
        drawn = circuit(_NEURONS, **options, seed=seed)
        fits = [Autoregression().fit(RecordedCircuit(drawn, range(n), _BIN)).timescales() for n in numbers]
        slowest.append([times[0] for times in fits])
        scores.append([np.log2(times[0] / times[1]) for times in fits])
    return numbers / _NEURONS, np.mean(slowest, axis=0), np.mean(scores, axis=0)


observed_fraction = ObservedFraction()
