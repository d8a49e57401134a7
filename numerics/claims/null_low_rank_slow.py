"""How slow a partly observed circuit without any slow mode appears: null low-rank recurrence."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.line_attractor_missed import FINE
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation import null_low_rank_eigenvalue


class NullLowRankSlow(Claim):
    """The mean of the r largest eigenvalues that the network of endless recordings invents, as circuits grow."""

    name = "null_low_rank_slow"
    sentence = (
        "A network fitted to half of the neurons of a circuit with null recurrence of rank 3 and gain g has three "
        "eigenvalues of mean (f (1-f) g^2/2) / (1 + f g^2/2 - f^2 g^2/4) where the circuit has none but zero."
    )
    kind = "asymptotic"
    parameter = "1/neurons"
    exponent = 0.5
    control = "the published law of few observed neurons, (f g^2/2) / (1 + f g^2/2)"
    headline = "mean of the three largest eigenvalues"
    reference = "R4 (derived here); the law for few observed neurons is that of Qian et al., NeurIPS 2024"
    cites = ("qian2024partial",)

    def trials(self, scale: str) -> list[Trial]:
        """Four sizes from 60 to 480 neurons (quick), six to 1920 (paper)."""
        return [
            Trial(
                1.0 / neurons,
                Fitting(
                    circuits.null_low_rank,
                    {"neurons": neurons, "rank": 3, "gain": 10.0},
                    fraction=0.5,
                    bin_size=FINE,
                    samples=None,
                    draws=32,
                ),
            )
            for neurons in (60 * 2**k for k in range(4 if scale == "quick" else 6))
        ]

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, 1): of `1 + log(propagator's eigenvalue) / bin`."""
        rates = np.log(networks.eigenvalue.values[:, : experiment.options["rank"]]).real / experiment.bin_size
        return 1 + rates.mean(axis=1, keepdims=True)

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """The law, the same for every draw."""
        law = null_low_rank_eigenvalue(experiment.fraction, experiment.options["gain"])
        return np.full((experiment.draws, 1), law)

    def rival(self, experiment: Fitting) -> np.ndarray:
        """The law's limit of few observed neurons, at the same fraction."""
        strength = experiment.fraction * experiment.options["gain"] ** 2 / 2
        return np.full((experiment.draws, 1), strength / (1 + strength))

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws."""
        return float(values.mean())


null_low_rank_slow = NullLowRankSlow()
