"""One slow mode."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import linear_impostor
from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class LineAttractor(System):
    """A line attractor.

    Args:
        neurons: D.
        slow, fast: timescales of the integrating mode and all others, in single-unit time constants.
        non_normality: |l| |r|; 1 is symmetric.


    >>> LineAttractor().draw(0).truth.kind
    'line'
    """

    id: ClassVar[str] = "L1"
    sentence: ClassVar[str] = "a line attractor, symmetric or non-normal"

    neurons: int = 100
    slow: float = 1000.0
    fast: float = 1.25
    non_normality: float = 1.0

    def draw(self, seed: int):
        """The circuit of that seed."""
        if self.non_normality == 1:
            return circuits.symmetric_line_attractor(self.neurons, self.slow, self.fast, seed)
        return circuits.non_normal_line_attractor(self.neurons, self.non_normality, self.slow, self.fast, seed)

    def impostor(self, circuit, observed):
        """The Markov student: same covariance, same slope at lag zero."""
        return linear_impostor(circuit, observed)
