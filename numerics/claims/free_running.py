"""How well a fit predicts, and how well one could: explained variance several bins ahead."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation.explained_variance import best_explained_variance, explained_variance

STEPS = (5, 10, 20)


class FreeRunning(Claim):
    """R^2 of fits to a rotated chain when they run freely, as the recordings they were fitted to grow.

    Scored on the circuit's exact covariances: the R^2 that a fresh endless recording would give. What is of second
    order in the errors of a fit falls as 1/samples; where it is half of the gap at the shortest recording and has gone
    at the longest, 27 times as long, it adds ln(2) / ln(27) / 2 = .1 to the exponent.
    """

    name = "free_running"
    sentence = (
        "Running k bins ahead, a network fitted by one-step prediction to 5 of 50 neurons of a rotated chain explains "
        "the variance that its lagged covariances say, as the recording grows."
    )
    kind = "asymptotic"
    parameter = "1/samples"
    exponent = 0.5
    exponent_tolerance = 0.1
    control = "the variance explained by the best linear prediction k bins ahead"
    headline = "R^2 at 10 bins, 5 time constants"
    reference = "R7 (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """Four recordings of 8,000 to 216,000 samples (quick), six to 1,944,000 (paper)."""
        return [
            Trial(
                1.0 / samples,
                Fitting(
                    circuits.feedforward_chain,
                    {"neurons": 50, "rotated": True, "seed": 0},
                    observed=range(5),
                    bin_size=0.5,
                    samples=samples,
                    draws=40,
                ),
            )
            for samples in (8000 * 3**k for k in range(4 if scale == "quick" else 6))
        ]

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, steps)."""
        endless = experiment.endless(0)
        scores = [[explained_variance(A, endless, k) for k in STEPS] for A in networks.propagator.values]
        return np.array(scores)

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """Of the network of an endless recording."""
        endless = experiment.endless(0)
        network = experiment.student.fit(endless).propagator
        return np.tile([explained_variance(network, endless, k) for k in STEPS], (experiment.draws, 1))

    def rival(self, experiment: Fitting) -> np.ndarray:
        """Of a network fitted anew for every k."""
        endless = experiment.endless(0)
        return np.tile([best_explained_variance(endless, k) for k in STEPS], (experiment.draws, 1))

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws at 10 bins."""
        return float(values[:, 1].mean())


free_running = FreeRunning()
