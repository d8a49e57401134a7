"""Latent linear dynamics by expectation maximisation."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.methods.subspace_identification import horizon_for, order_of
from numerics.benchmark.models.linear import LinearModel, model_of
from theory.checks import count
from theory.students import LatentDynamics


@dataclass(frozen=True)
class LatentLds:
    """`theory.students.LatentDynamics`, its order that of subspace identification.

    Args:
        order: number of latent states, or None to choose it.
        most: of them that may be chosen.
        iterations: of expectation maximisation, at most.
    """

    name: ClassVar[str] = "latent-lds"
    sentence: ClassVar[str] = "latent linear dynamical system by expectation maximisation"

    order: int | None = None
    most: int = 6
    iterations: int = 100

    def fit(self, data, seed: int) -> LinearModel:
        """As of `numerics.benchmark.method.Method`."""
        order = self.order
        if order is None:
            order = min(order_of(data, horizon_for(data, 6)), count(self.most, "most"))
        return model_of(LatentDynamics(order, self.iterations, tolerance=1e-6).fit(data), data)
