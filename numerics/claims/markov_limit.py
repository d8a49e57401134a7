"""Finite recordings in ever finer bins, against the Markov student of endless ones."""

import numpy as np
import scipy.linalg

from numerics.claim import Claim, Trial
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation import markov_student


class MarkovLimit(Claim):
    """The recurrence that a one-step network finds among the observed neurons, as recordings grow.

    A recording of duration T in bins that shorten as 1 / sqrt(T): what noise blurs and what the bins hide both fall as
    1 / sqrt(T). A mode of rate r is known to `sqrt((e^(2 r bin) - 1) / (bin T))`, so that bins of .05 blur modes of
    rates 1 to 3 by 3 to 8% more than fine ones, bins of .018 by 1 to 3%: up to .03 in the exponent.
    """

    name = "markov_limit"
    sentence = (
        "A network fitted by one-step prediction to 4 of 20 neurons of a feedforward chain tends to "
        "A = B_oo + B_oh S_ho S_oo^-1 as the recording grows longer and its bins finer."
    )
    kind = "asymptotic"
    parameter = "1/recording time"
    exponent = 0.5
    exponent_tolerance = 0.03
    control = "the circuit's own connections among the observed neurons, B_oo"
    headline = "self-connection of the observed neuron that is farthest upstream"
    reference = "R1 (derived here); the estimate is that of Qian et al., NeurIPS 2024"
    cites = ("qian2024partial",)

    def trials(self, scale: str) -> list[Trial]:
        """Four durations of 1,000 to 8,000 time constants (quick), or six to 32,000 (paper)."""
        durations = [1000 * 2**k for k in range(4 if scale == "quick" else 6)]
        return [Trial(1.0 / duration, self._fitting(duration)) for duration in durations]

    def _fitting(self, duration: float) -> Fitting:
        bin_size = 0.05 * (1000 / duration) ** 0.5
        return Fitting(
            circuits.feedforward_chain,
            {"neurons": 20},
            observed=range(4),
            bin_size=bin_size,
            samples=round(duration / bin_size),
            draws=20,
        )

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, neuron, neuron): `I + log(propagator) / bin`."""
        drift = np.stack([scipy.linalg.logm(propagator).real for propagator in networks.propagator.values])
        return np.eye(len(experiment.observed)) + drift / experiment.bin_size

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """The Markov student."""
        return experiment.of_each(lambda circuit, observed: markov_student(circuit, observed).recurrence)

    def rival(self, experiment: Fitting) -> np.ndarray:
        """What is wired among the observed."""
        return experiment.of_each(lambda circuit, observed: circuit.recurrence[np.ix_(observed, observed)])

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws of the last diagonal entry."""
        return float(values[:, -1, -1].mean())


markov_limit = MarkovLimit()
