"""Low-rank network: a leak, and a recurrence of few dimensions."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, model_of
from theory.checks import count, positive
from theory.students import LowRank


@dataclass(frozen=True)
class LowRankNetwork:
    """`theory.students.LowRank` by maximum likelihood: `x_{n+1} = (exp(-bin / tau) I + M) x_n + noise`, M of rank r.

    r is where `n ln det Q_r + ln(n) r (2 d - r)` is least, with Q_r what rank r leaves over of n samples.

    Args:
        rank: r, or None to choose it.
        time_constant: tau of a single unit, in units of time.
    """

    name: ClassVar[str] = "low-rank"
    sentence: ClassVar[str] = "network of known leak with a low-rank recurrence, its rank by the Bayesian criterion"

    rank: int | None = None
    time_constant: float = 1.0

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        tau = positive(self.time_constant, "time_constant")
        if self.rank is not None:
            return model_of(LowRank(count(self.rank, "rank"), tau, weighted=True).fit(data), data)
        samples, d = data.trials * (data.samples - 1), data.neurons

        def criterion(fit, rank):
            return samples * np.linalg.slogdet(fit.process_noise)[1] + np.log(samples) * rank * (2 * d - rank)

        fits = [LowRank(rank, tau, weighted=True).fit(data) for rank in range(1, d + 1)]
        best = min(range(d), key=lambda k: criterion(fits[k], k + 1))
        return model_of(fits[best], data)
