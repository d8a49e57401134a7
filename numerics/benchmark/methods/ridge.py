"""The student of most analyses: one-step regression with a ridge."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, model_of
from numerics.recordings.intervals import timescale_intervals
from theory.checks import positive
from theory.students import Autoregression


@dataclass(frozen=True)
class Ridge:
    """`x_{n+1} = A x_n + noise` by maximum a posteriori, weights having Gaussian priors of variance `prior / channels`.

    The ridge is the variance of the noise over that of the prior and over the number of samples, with the noise that
    regression without a ridge leaves, channels on average.

    Args:
        prior: variance of a weight times the number of channels.
    """

    name: ClassVar[str] = "ridge"
    sentence: ClassVar[str] = "one-step regression of all channels with a ridge: the MAP network of what is seen"

    prior: float = 1.0

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        present, later = data.lagged_covariance([0, 1])
        left_over = present - later @ np.linalg.pinv(present, hermitian=True) @ later.T
        samples = data.trials * (data.samples - 1)
        ridge = float(np.trace(left_over)) / positive(self.prior, "prior") / samples
        student = Autoregression(ridge=max(ridge, 0.0))
        found = timescale_intervals(student, data, modes=1)
        return model_of(student.fit(data), data, (float(found.low[0]), float(found.high[0])))
