"""The smallest systems, for tests that need any."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.system import System
from theory import circuits
from theory.partial_observation.identifiability import markov_impostor


@dataclass(frozen=True)
class Uncoupled(System):
    """A few leaky neurons."""

    id: ClassVar[str] = "N0"
    sentence: ClassVar[str] = "uncoupled leaky units"
    has_impostor: ClassVar[bool] = False
    version: ClassVar[int] = 1

    neurons: int = 10

    def draw(self, seed: int):
        return circuits.uncoupled(self.neurons)

    def impostor(self, circuit, observed):
        return None


@dataclass(frozen=True)
class Line(System):
    """A line attractor; its impostor is the Markov student of what is seen."""

    id: ClassVar[str] = "L"
    sentence: ClassVar[str] = "a symmetric line attractor"

    neurons: int = 4
    slow: float = 30.0

    def draw(self, seed: int):
        return circuits.symmetric_line_attractor(self.neurons, slow=self.slow)

    def impostor(self, circuit, observed):
        return dataclasses.replace(markov_impostor(circuit, observed), truth=circuits.Truth("point"))


@dataclass(frozen=True)
class TwoPoints(System):
    """A bistable circuit, far from switching."""

    id: ClassVar[str] = "P"
    sentence: ClassVar[str] = "two stable points"
    has_impostor: ClassVar[bool] = False

    def draw(self, seed: int):
        return circuits.bistable_circuit(64, overlap=3.0, noise=0.02, seed=seed)

    def impostor(self, circuit, observed):
        return None
