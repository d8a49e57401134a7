"""Two stable states."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import regressed_impostor
from numerics.benchmark.system import System
from numerics.benchmark.systems.redrawn import redrawn
from theory import circuits


@dataclass(frozen=True)
class Bistable(System):
    """A rank-one network with Gaussian loadings; a draw whose own overlap is below 1 has one point, and says so.

    Args:
        neurons: D.
        overlap: a.
        noise: Q.


    >>> Bistable().draw(0).truth.kind
    'points'
    """

    id: ClassVar[str] = "P1"
    sentence: ClassVar[str] = "a rank-one network with two stable points"

    neurons: int = 100
    overlap: float = 1.5
    noise: float = 0.1

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        settings = dict(overlap=self.overlap, noise=self.noise)
        return redrawn(lambda own: circuits.bistable_circuit(self.neurons, **settings, seed=own), seed)

    def impostor(self, circuit, observed):
        """The Markov projection, estimated by regression."""
        return regressed_impostor(circuit, observed)
