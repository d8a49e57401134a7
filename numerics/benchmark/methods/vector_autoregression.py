"""Vector autoregression of an order that the data choose."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, model_of
from theory.checks import count
from theory.errors import ProblemError
from theory.students import Fit


@dataclass(frozen=True)
class VectorAutoregression:
    """`x_n = A_1 x_{n-1} + ... + A_p x_{n-p} + noise` by least squares, p by an information criterion.

    `n ln det Q_p + penalty p d^2` is least, over the same n samples for every p, with Q_p what order p leaves over and
    `penalty` 2 (Akaike) or ln n (Bayes).

    Args:
        most: largest p that is tried, as far as there are five samples a weight.
        criterion: "bic" or "aic".

    Source: Luetkepohl, New Introduction to Multiple Time Series Analysis, 2005, section 4.3.
    """

    name: ClassVar[str] = "var"
    sentence: ClassVar[str] = "vector autoregression, its order chosen by the Bayesian information criterion"

    most: int = 8
    criterion: str = "bic"

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        if self.criterion not in ("bic", "aic"):
            raise ProblemError(f"criterion = {self.criterion!r}, but it must be 'bic' or 'aic'.")
        x, d = data.centred(), data.neurons
        enough = data.trials * data.samples // (5 * d)
        most = max(1, min(count(self.most, "most"), enough, data.samples // 2))
        past = np.concatenate([x[:, most - 1 - j : x.shape[1] - 1 - j] for j in range(most)], axis=2)
        past, now = past.reshape(-1, most * d), x[:, most:].reshape(-1, d)
        penalty = 2.0 if self.criterion == "aic" else np.log(len(now))
        found = []
        for order in range(1, most + 1):
            weights = np.linalg.lstsq(past[:, : order * d], now, rcond=None)[0].T
            errors = now - past[:, : order * d] @ weights.T
            noise = errors.T @ errors / len(now)
            found.append((len(now) * np.linalg.slogdet(noise)[1] + penalty * order * d**2, order, weights, noise))
        _, order, weights, noise = min(found, key=lambda one: one[0])
        A = np.vstack([weights, np.eye((order - 1) * d, order * d)])
        Q = np.zeros((order * d, order * d))
        Q[:d, :d] = noise
        return model_of(Fit(A, data.bin_size, readout=np.eye(d, order * d), process_noise=Q), data)
