"""A ring that is none."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import regressed_impostor
from numerics.benchmark.system import System
from numerics.benchmark.systems.redrawn import redrawn
from theory import circuits


@dataclass(frozen=True)
class GaussianRing(System):
    """A rank-two network whose Gaussian loadings break the ring into points.

    Args:
        neurons: D.
        overlap: a.
        noise: Q.


    >>> GaussianRing().draw(0).truth.kind
    'points'
    """

    id: ClassVar[str] = "Ring2"
    sentence: ClassVar[str] = "a ring with Gaussian loadings, which is a few fixed points"

    neurons: int = 100
    overlap: float = 1.5
    noise: float = 0.1

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        return redrawn(lambda own: circuits.gaussian_ring(self.neurons, self.overlap, noise=self.noise, seed=own), seed)

    def impostor(self, circuit, observed):
        """The Markov projection, estimated by regression."""
        return regressed_impostor(circuit, observed)
