"""Long memory without a slow mode: the chain."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import linear_impostor
from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class FeedforwardChain(System):
    """A chain with skips, as it is or rotated.

    Args:
        neurons: D.
        skip: strength beta of the skips: 0, .25, .5 or 1 in the benchmark.
        rotated: every stage spread over all neurons by a random rotation.


    >>> FeedforwardChain().draw(0).truth.kind
    'point'
    """

    id: ClassVar[str] = "F1"
    sentence: ClassVar[str] = "a feedforward chain with skips into its first unit: every eigenvalue is zero"

    neurons: int = 100
    skip: float = 0.5
    rotated: bool = True

    def draw(self, seed: int):
        """The circuit of that seed."""
        return circuits.feedforward_chain(self.neurons, self.skip, self.rotated, seed)

    def impostor(self, circuit, observed):
        """The Markov student: same covariance, same slope at lag zero."""
        return linear_impostor(circuit, observed)
