"""Figure: log-convexity of autocovariances, which reversible circuits cannot violate."""

import numpy as np

from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.partial_observation import log_convexity

_BIN, _LAGS, _STEPS = 0.5, 25, (1, 2, 3, 4, 6, 8, 10, 12)
_FAMILIES = {
    "symmetric line": (circuits.symmetric_line_attractor, {"neurons": 20, "slow": 20.0, "seed": 6}),
    "non-normal line": (
        circuits.non_normal_line_attractor,
        {"neurons": 20, "slow": 20.0, "non_normality": 10.0, "seed": 3},
    ),
    "chain": (circuits.feedforward_chain, {"neurons": 20}),
}


class ReversibleOrNot(Figure):
    """Autocorrelation and convexity of one neuron of three circuits."""

    name = "reversible_or_not"
    title = "An autocovariance that is not log-convex rejects every reversible explanation, line attractors among them"
    paper = "derived here"
    caption = (
        "One neuron of circuits of 20 neurons, in bins of 0.5. a: its autocorrelation, on a logarithmic axis. b: "
        "[C(m) C(m+2k) - C(m+k)^2] / C(0)^2 from m = 1 bin, which in detailed balance is never negative: positive "
        "for a symmetric line attractor, negative for the last neuron of a chain, and it may be negative for a "
        "non-normal line attractor, whose slow mode is real: a violation rejects reversible explanations and "
        "nothing else. Lines: exact; dots: mean and range over 8 recordings of 50,000 bins."
    )
    runtime = "¼ min"
    claims = ("reversibility",)

    def _fitting(self, family: str, scale: str) -> Fitting:
        circuit, options = _FAMILIES[family]
        samples = 50_000 if scale == "quick" else 1_000_000
        return Fitting(circuit, options, observed=(0,), bin_size=_BIN, samples=samples, draws=8, lags=_LAGS)

    def experiments(self, scale: str) -> list[Fitting]:
        """Three circuits."""
        return [self._fitting(family, scale) for family in _FAMILIES]

    def draw(self, scale: str, store):
        """Two panels: autocorrelation and convexity."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        right.axhline(0.0, color="0.4", ls=":", lw=1)
        lags, fine = _BIN * np.arange(_LAGS + 1), range(1, _STEPS[-1] + 1)
        for colour, family in zip(PALETTE, _FAMILIES, strict=False):
            fitting = self._fitting(family, scale)
            exact = fitting.endless(0).lagged_covariance(range(_LAGS + 1))[:, 0, 0]
            found = fitting.run(store, progress=False).autocovariance.values[:, :, 0]
            left.plot(lags, exact / exact[0], color=colour, label=family)
            dots(left, lags, found / found[:, :1], colour, every=3)
            right.plot(_BIN * np.array(fine), [log_convexity(exact, 1, k) for k in fine], color=colour)
            values = [[log_convexity(C, 1, k) for k in _STEPS] for C in found]
            dots(right, _BIN * np.array(_STEPS), np.array(values), colour)
        left.set(xlabel="lag (time constants)", ylabel="autocorrelation", title="a  one neuron", yscale="log")
        left.set_ylim(3e-3, 1.2)
        right.set(xlabel="step k (time constants)", ylabel="log-convexity", title="b  negative: not reversible")
        left.legend(loc="lower left")
        return figure


reversible_or_not = ReversibleOrNot()
