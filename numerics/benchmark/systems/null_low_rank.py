"""Strong transients without a slow mode."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import linear_impostor
from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class NullLowRank(System):
    """Low-rank recurrence M N^T with M^T N = 0.

    Args:
        neurons: D.
        rank: r.
        gain: the singular values.


    >>> NullLowRank().draw(0).truth.kind
    'point'
    """

    id: ClassVar[str] = "F2"
    sentence: ClassVar[str] = "low-rank recurrence that is null, M^T N = 0: every eigenvalue is zero"

    neurons: int = 100
    rank: int = 3
    gain: float = 30.0

    def draw(self, seed: int):
        """The circuit of that seed."""
        return circuits.null_low_rank(self.neurons, self.rank, self.gain, seed)

    def impostor(self, circuit, observed):
        """The Markov student: same covariance, same slope at lag zero."""
        return linear_impostor(circuit, observed)
