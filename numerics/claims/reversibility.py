"""Log-convexity of the autocovariance: kept by a line attractor in detailed balance, broken by a chain."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation import log_convexity

FIRST, STEPS = 1, (2, 4)


class Reversibility(Claim):
    """`[C(m) C(m + 2k) - C(m + k)^2] / C(0)^2` of one neuron, as recordings grow; two circuits, both must agree."""

    name = "reversibility"
    sentence = (
        "The autocovariance of one neuron of a symmetric line attractor is log-convex, that of a feedforward chain's "
        "last is not, each to the predicted amount, as the recording grows."
    )
    kind = "asymptotic"
    parameter = "1/samples"
    exponent = 0.5
    control = "the signs reversed: a line attractor violates, a chain does not"
    headline = "chain's convexity at lags of .5, 2.5 and 4.5 time constants"
    reference = "R9 (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """Four recordings of 12,000 to 324,000 samples (quick), six to 2,916,000 (paper), of each circuit."""
        families = {
            "chain": (circuits.feedforward_chain, {"neurons": 10}),
            "symmetric line": (circuits.symmetric_line_attractor, {"neurons": 10, "slow": 20.0, "seed": 0}),
        }
        return [
            Trial(1.0 / samples, self._fitting(circuit, options, samples), group=group)
            for group, (circuit, options) in families.items()
            for samples in (12_000 * 3**k for k in range(4 if scale == "quick" else 6))
        ]

    def _fitting(self, circuit, options: dict, samples: int) -> Fitting:
        lags = FIRST + 2 * max(STEPS)
        return Fitting(circuit, options, observed=(0,), bin_size=0.5, samples=samples, draws=64, lags=lags)

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, step)."""
        return np.stack([_convexities(C[:, 0]) for C in networks.autocovariance.values])

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """From the circuit's exact autocovariance."""
        endless = experiment.endless(0).lagged_covariance(range(experiment.lags + 1))[:, 0, 0]
        return np.tile(_convexities(endless), (experiment.draws, 1))

    def rival(self, experiment: Fitting) -> np.ndarray:
        """The opposite."""
        return -self.predicted(experiment)

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws at the longest lags."""
        return float(values[:, -1].mean())


def _convexities(autocovariance) -> np.ndarray:
    return np.array([log_convexity(autocovariance, FIRST, step) for step in STEPS])


reversibility = Reversibility()
