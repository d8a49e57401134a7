"""Null: surrogates with every channel's own spectrum, and nothing between channels."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.linalg

from theory.checks import count


@dataclass(frozen=True)
class PhaseRandomised:
    """Every channel goes on as a Gaussian process with its own autocovariance would, independent of the others.

    Randomised phases keep the spectrum of each channel and destroy what channels have in common. A surrogate that goes
    on from a given history is a draw of that process given the history: with autocovariances up to lag p and no more
    structure than they ask for (maximum entropy) it is the autoregression of order p that solves the Yule-Walker
    equations, which reproduces them exactly. Autocovariances are of the sums over all pairs over the number of
    samples, which makes every such autoregression stable.

    A pulse moves the latest sample of its channel, and so only the future of that channel.

    Args:
        lags: p, in bins, as far as there are twenty samples a lag.

    Source: Theiler et al., Physica D 58 (1992) 77; Burg's theorem, Cover & Thomas, section 12.6.
    """

    name: ClassVar[str] = "phase-randomised"
    sentence: ClassVar[str] = "null: every channel keeps its own spectrum, nothing is kept between channels"

    lags: int = 64

    def fit(self, data, seed: int) -> "Surrogate":
        """As of `numerics.benchmark.method.Method`."""
        x, samples = data.centred(), data.samples
        lags = max(1, min(count(self.lags, "lags"), data.trials * samples // 20, samples - 1))
        C = np.array([np.sum(x[:, k:] * x[:, : samples - k], axis=(0, 1)) for k in range(lags + 1)])
        C /= data.trials * samples
        weights = np.array([scipy.linalg.solve_toeplitz(c[:-1], c[1:]) for c in C.T]).T
        noise = np.sqrt(C[0] - np.sum(weights * C[1:], axis=0))
        return Surrogate(weights, noise, data.activity.mean(axis=(0, 1)))


@dataclass(frozen=True, eq=False)
class Surrogate:
    """`x_n = sum_j a_j x_{n-j} + noise` in every channel by itself.

    Args:
        weights: a, (lag, channel).
        noise: its standard deviation, (channel,).
        mean: (channel,).
    """

    weights: np.ndarray
    noise: np.ndarray
    mean: np.ndarray

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`; of a history shorter than p the past is taken to be the mean."""
        lags, channels = self.weights.shape
        path = np.zeros((samples, lags + steps, channels))
        latest = history[-lags:] - self.mean
        path[:, lags - len(latest) : lags] = latest
        if pulse is not None:
            path[:, lags - 1] += pulse
        path[:, lags:] = self.noise * np.random.default_rng([seed, 21]).normal(size=(samples, steps, channels))
        backwards = self.weights[::-1]
        for n in range(lags, lags + steps):
            path[:, n] += np.einsum("lc,slc->sc", backwards, path[:, n - lags : n])
        return self.mean + path[:, lags:]
