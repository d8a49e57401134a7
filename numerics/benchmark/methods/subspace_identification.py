"""Stable subspace identification of an order that the canonical correlations choose."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.models.linear import LinearModel, innovations_model
from theory.checks import count
from theory.students import Subspace
from theory.students.student import square_root
from theory.students.windows import future_and_past


@dataclass(frozen=True)
class SubspaceIdentification:
    """`theory.students.Subspace`, its states regressed on the past that it was identified with.

    The order n is where `rho_{n+1}^2 + 2 n d ln(T) / T` is least, with rho the canonical correlations of past and
    future, d channels and T samples.

    Args:
        horizon: bins of past and of future, fewer where there is not enough data for them.
        order: n, or None to choose it.

    Source: Bauer, Automatica 37 (2001) 1561, the criterion SVC; Van Overschee & De Moor 1993.
    """

    name: ClassVar[str] = "subspace"
    sentence: ClassVar[str] = "stable subspace identification of a latent linear model, its order by singular values"

    horizon: int = 8
    order: int | None = None

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        horizon = horizon_for(data, count(self.horizon, "horizon", least=2))
        order = order_of(data, horizon) if self.order is None else self.order
        fit = Subspace(order, horizon).fit(data)
        return innovations_model(fit.propagator, fit.readout, regression_on_past(fit, data, horizon), data)


def horizon_for(data, horizon: int) -> int:
    """At most as many bins as leave ten samples for each of the channels in them, and at least two."""
    return max(2, min(horizon, data.trials * data.samples // (10 * data.neurons), data.samples // 3))


def order_of(data, horizon: int) -> int:
    """The order by the criterion of `SubspaceIdentification`, at least 1."""
    future, past, between = future_and_past(data.lagged_covariance(range(2 * horizon)), horizon)
    scaled = np.linalg.solve(square_root(past), np.linalg.solve(square_root(future), between).T)
    correlations = np.append(np.linalg.svd(scaled, compute_uv=False), 0.0)
    samples = data.trials * data.samples
    orders = np.arange(1, (horizon - 1) * data.neurons + 1)
    return int(orders[np.argmin(correlations[orders] ** 2 + 2 * orders * data.neurons * np.log(samples) / samples)])


def regression_on_past(fit, data, horizon: int) -> np.ndarray:
    """J of `innovations_model`: the states that explain the future best as far as the past predicts it.

    `J = (O^T F^-1 O)^-1 O^T F^-1 <f p^T> <p p^T>^-1` with the observability O and the covariance F of the future.
    """
    future, past, between = future_and_past(data.lagged_covariance(range(2 * horizon)), horizon)
    blocks = [fit.readout]
    for _ in range(horizon - 1):
        blocks.append(blocks[-1] @ fit.propagator)
    root = square_root(future)
    O, predicted = np.linalg.solve(root, np.vstack(blocks)), np.linalg.solve(root, between)
    return np.linalg.lstsq(O, np.linalg.solve(past, predicted.T).T, rcond=None)[0]
