"""Null: units that leak and nothing else."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, model_of
from theory.checks import positive
from theory.students import Fit


@dataclass(frozen=True)
class Leak:
    """`x_{n+1} = exp(-bin / tau) x_n + noise`, channel by channel: nothing about it is fitted but the noise.

    It can find no attractor, and says what scores are worth that it does well in.

    Args:
        time_constant: tau of a single unit, in units of time.
    """

    name: ClassVar[str] = "leak"
    sentence: ClassVar[str] = "null: every channel leaks on its own with the single-unit time constant"

    time_constant: float = 1.0

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        decay = np.exp(-data.bin_size / positive(self.time_constant, "time_constant"))
        noise = (1 - decay**2) * np.diag(data.activity.var(axis=(0, 1)))
        return model_of(Fit(decay * np.eye(data.neurons), data.bin_size, process_noise=noise), data)
