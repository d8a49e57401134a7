"""A ring."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import regressed_impostor
from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class RingAttractor(System):
    """A ring attractor; all draws are the same circuit.

    Args:
        neurons: D; odd numbers creep far less.
        overlap: a.
        noise: Q.


    >>> RingAttractor().draw(0).truth.kind
    'ring'
    """

    id: ClassVar[str] = "Ring1"
    sentence: ClassVar[str] = "a ring attractor of equally spaced cosine tuning"

    neurons: int = 64
    overlap: float = 1.5
    noise: float = 0.1

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        return circuits.ring_circuit(self.neurons, self.overlap, self.noise)

    def impostor(self, circuit, observed):
        """The Markov projection, estimated by regression."""
        return regressed_impostor(circuit, observed)
