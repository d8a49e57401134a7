"""Spike counts that are more variable than Poisson's."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.observations.poisson import Poisson
from theory.checks import positive


@dataclass(frozen=True)
class NegativeBinomial(Poisson):
    """Counts of mean m and variance `m + dispersion m^2` given the rate: Poisson with a gain that fluctuates anew
    in every bin, Gamma distributed with mean 1 and variance `dispersion`. The rate is that of `Poisson`.

    Args:
        modulation: standard deviation of the logarithm of the rate.
        dispersion: variance of the gain.
    """

    id: ClassVar[str] = "negative-binomial"
    sentence: ClassVar[str] = "spike counts of a random subset, more variable than Poisson's given the rate"

    dispersion: float = 0.5

    def measure(
        self, signal: np.ndarray, bin_size: float, noise: float, random: np.random.Generator
    ) -> np.ndarray:
        """Whole numbers, as floats."""
        excess = positive(self.dispersion, "dispersion")
        gain = random.gamma(1 / excess, excess, size=signal.shape)
        return random.poisson(gain * self.means(signal, bin_size, noise)).astype(float)
