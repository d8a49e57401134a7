"""No attractor but a point, and no long memory."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import linear_impostor
from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class StableUnits(System):
    """Uncoupled leaky units, or with a gain above zero a stable random network.

    Args:
        neurons: D.
        gain: g of `random_circuit`; 0 leaves the units uncoupled.


    >>> StableUnits().draw(0).truth.kind
    'point'
    """

    id: ClassVar[str] = "N0"
    sentence: ClassVar[str] = "uncoupled leaky units, or a stable random network"
    has_impostor: ClassVar[bool] = False  # it is N0 again

    neurons: int = 100
    gain: float = 0.0

    def draw(self, seed: int):
        """The circuit of that seed."""
        return circuits.random_circuit(self.neurons, self.gain, seed) if self.gain else circuits.uncoupled(self.neurons)

    def impostor(self, circuit, observed):
        """The Markov student: same covariance, same slope at lag zero."""
        return linear_impostor(circuit, observed)
