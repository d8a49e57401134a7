"""Several bits."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import regressed_impostor
from numerics.benchmark.system import System
from numerics.benchmark.systems.redrawn import redrawn
from theory import circuits


@dataclass(frozen=True)
class BistableCopies(System):
    """Bistable populations that do not hear each other.

    Args:
        neurons: D, in all.
        copies: n.
        overlap: a.
        noise: Q.


    >>> BistableCopies().draw(0).truth.kind
    'points'
    """

    id: ClassVar[str] = "Pn"
    sentence: ClassVar[str] = "n bistable populations side by side: 2^n stable points, 3^n in all"

    neurons: int = 120
    copies: int = 2
    overlap: float = 1.5
    noise: float = 0.1

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        settings = (self.neurons, self.copies, self.overlap)
        return redrawn(lambda own: circuits.bistable_copies(*settings, noise=self.noise, seed=own), seed)

    def impostor(self, circuit, observed):
        """The Markov projection, estimated by regression."""
        return regressed_impostor(circuit, observed)
