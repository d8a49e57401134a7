"""A limit cycle."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import regressed_impostor
from numerics.benchmark.system import System
from numerics.benchmark.systems.redrawn import redrawn
from theory import circuits


@dataclass(frozen=True)
class LimitCycle(System):
    """A rank-two network that rotates; draws whose loadings stop the rotation are drawn anew.

    Args:
        neurons: D.
        overlap: a.
        rotation: w.
        noise: Q.


    >>> LimitCycle().draw(0).truth.kind
    'cycle'
    """

    id: ClassVar[str] = "C1"
    sentence: ClassVar[str] = "a rank-two network with a limit cycle"

    neurons: int = 100
    overlap: float = 1.5
    rotation: float = 0.3
    noise: float = 0.1

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        settings = (self.neurons, self.overlap, self.rotation)
        return redrawn(lambda own: circuits.limit_cycle_circuit(*settings, noise=self.noise, seed=own), seed)

    def impostor(self, circuit, observed):
        """The Markov projection, estimated by regression."""
        return regressed_impostor(circuit, observed)
