"""A random subset of neurons, with white noise."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.observation import Observation


@dataclass(frozen=True)
class RandomSubset(Observation):
    """A random subset of neurons, each seen as it is, with white noise of the cell's level."""

    id: ClassVar[str] = "random"
    sentence: ClassVar[str] = "a random subset of neurons, with white noise"
