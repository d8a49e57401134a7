"""Dynamic mode decomposition with delays."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, innovations_model
from theory.checks import count, positive
from theory.students.windows import window_covariance


@dataclass(frozen=True)
class DelayDmd:
    """`g_{n+1} = A g_n` for the leading principal components g of `(x_n, x_{n-1}, ..., x_{n-h+1})`, by least squares.

    The model is deterministic, as the decomposition is. A pulse changes the latest of the h samples.

    Args:
        delays: h.
        variance: share of it that the components hold.

    Source: Arbabi & Mezic, SIAM J. Appl. Dyn. Syst. 16 (2017) 2096; Schmid, J. Fluid Mech. 656 (2010) 5.
    """

    name: ClassVar[str] = "delay-dmd"
    sentence: ClassVar[str] = "dynamic mode decomposition of delay vectors, deterministic"

    delays: int = 10
    variance: float = 0.99

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        delays = min(count(self.delays, "delays"), data.samples // 3)
        C = data.lagged_covariance(range(delays + 1))
        backwards = np.swapaxes(C, 1, 2)
        both = window_covariance(backwards, delays + 1)  # of (x_{n+1}, x_n, ..., x_{n-h+1})
        size = delays * data.neurons
        values, vectors = np.linalg.eigh(both[:size, :size])
        values, vectors = np.clip(values[::-1], 0.0, None), vectors[:, ::-1]
        share = positive(self.variance, "variance")
        rank = min(int(np.searchsorted(np.cumsum(values) / values.sum(), share)) + 1, int(np.sum(values > 0)))
        U = vectors[:, :rank]
        # <g_{n+1} g_n^T> <g_n g_n^T>^-1, the samples n + 1 being the first h blocks and the samples n the last h
        A = U.T @ both[:size, data.neurons :] @ U / values[:rank]
        # the state that is read off the samples up to n is the one that A carries on to n + 1
        return innovations_model(A, U[: data.neurons], A @ U.T, data, noise=False)
