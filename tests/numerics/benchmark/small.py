"""The smallest systems, for tests that need any."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.system import System
from theory import circuits


@dataclass(frozen=True)
class Uncoupled(System):
    """A few leaky neurons."""

    id: ClassVar[str] = "N0"
    sentence: ClassVar[str] = "uncoupled leaky units"
    version: ClassVar[int] = 1

    neurons: int = 10

    def draw(self, seed: int):
        return circuits.uncoupled(self.neurons)

    def impostor(self, circuit, observed):
        return None
