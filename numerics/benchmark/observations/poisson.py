"""Spike counts of Poisson neurons."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.observation import Observation
from theory.checks import positive
from theory.errors import ProblemError


@dataclass(frozen=True)
class Poisson(Observation):
    """Poisson counts whose logarithmic rate follows the signal.

    With s the signal of a channel less its mean, over its standard deviation, and g the modulation,

        rate = exp(g s - g^2 / 2) / noise,     count ~ Poisson(rate bin),

    in spikes a time unit, so that the mean rate is 1 / noise where the signal is Gaussian, whose counts then have the
    Fano factor `1 + (bin / noise) (e^(g^2) - 1)`. Within a bin the rate is that at its sample.

    Args:
        modulation: g, the standard deviation of the logarithm of the rate.
    """

    id: ClassVar[str] = "poisson"
    sentence: ClassVar[str] = "spike counts of a random subset, Poisson given a rate that follows the neuron"
    noise_unit: ClassVar[str] = "one over the mean number of spikes in a unit of time"

    modulation: float = 0.5

    def measure(
        self, signal: np.ndarray, bin_size: float, noise: float, random: np.random.Generator
    ) -> np.ndarray:
        """Whole numbers, as floats.

        Raises:
            ProblemError: no noise, which would be infinitely many spikes.
        """
        return random.poisson(self.means(signal, bin_size, noise)).astype(float)

    def means(self, signal: np.ndarray, bin_size: float, noise: float) -> np.ndarray:
        """`rate bin`, (trial, time, channel)."""
        if noise == 0:
            raise ProblemError(f"{self.id} with noise 0 is infinitely many spikes: noise is {self.noise_unit}.")
        g = positive(self.modulation, "modulation")
        standard = (signal - signal.mean(axis=(0, 1))) / signal.std(axis=(0, 1))
        return np.exp(g * standard - g**2 / 2) * bin_size / noise
