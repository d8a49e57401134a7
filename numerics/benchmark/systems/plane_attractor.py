"""Two slow modes."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import linear_impostor
from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class PlaneAttractor(System):
    """A plane attractor.

    Args:
        neurons: D.
        slow, second, fast: timescales of the two integrating modes and all others, in single-unit time constants.
        non_normality: |l| |r| of both; 1 is symmetric.


    >>> PlaneAttractor().draw(0).truth.kind
    'plane'
    """

    id: ClassVar[str] = "L2"
    sentence: ClassVar[str] = "a plane attractor, symmetric or non-normal"

    neurons: int = 100
    slow: float = 1000.0
    second: float = 500.0
    fast: float = 1.25
    non_normality: float = 1.0

    def draw(self, seed: int):
        """The circuit of that seed."""
        settings = (self.slow, self.second, self.fast, self.non_normality)
        return circuits.plane_attractor(self.neurons, *settings, seed=seed)

    def impostor(self, circuit, observed):
        """The Markov student: same covariance, same slope at lag zero."""
        return linear_impostor(circuit, observed)
