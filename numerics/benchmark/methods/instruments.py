"""Autoregression by instruments, which white observation noise does not bias."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, lasting, model_of
from theory.checks import count
from theory.students import Fit


@dataclass(frozen=True)
class Instruments:
    """`s_{n+1} = A s_n + w`, `x_n = s_n + v` with white v: one-step regression through earlier samples.

    White noise adds to `C(0)` alone, so `C(k + 1) = A C(k)` holds for all k >= 1 whatever its level, and A is the
    least-squares solution of the first `lags` of these, in units of the channels. Then `A S = C(1)` gives the
    covariance S of the states, and `C(0) - S` that of the noise, of which the diagonal is kept where it is positive.

    Args:
        lags: how many earlier samples serve as instruments.

    Source: Soederstroem & Stoica, Instrumental Variable Methods for System Identification, 1983; the modified
    Yule-Walker equations.
    """

    name: ClassVar[str] = "instruments"
    sentence: ClassVar[str] = "one-step regression through lagged instruments, unbiased by white observation noise"

    lags: int = 4

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        lags = min(count(self.lags, "lags"), data.samples - 2)
        scale = data.activity.std(axis=(0, 1))
        C = data.lagged_covariance(range(lags + 2)) / np.outer(scale, scale)
        before, after = np.hstack(C[1:-1]), np.hstack(C[2:])
        A = lasting(np.linalg.lstsq(before.T, after.T, rcond=None)[0].T, data.bin_size, data.duration)
        S = np.linalg.lstsq(A, C[1], rcond=None)[0]
        noise = np.clip(np.diag(C[0] - S), 0.0, 0.99)
        S = C[0] - np.diag(noise)
        Q = S - A @ C[1].T - C[1] @ A.T + A @ S @ A.T  # of what is left over, with the noise taken out
        values, vectors = np.linalg.eigh((Q + Q.T) / 2)
        Q = (vectors * np.maximum(values, 1e-6)) @ vectors.T
        D = np.diag(scale)
        A, Q, R = D @ A @ np.linalg.inv(D), D @ Q @ D, D @ np.diag(noise) @ D
        return model_of(Fit(A, data.bin_size, process_noise=Q, observation_noise=R), data)
