"""Neighbouring neurons."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.observation import Observation, number_of_channels


@dataclass(frozen=True)
class Localised(Observation):
    """Neurons that are neighbours in the circuit's own order, with white noise of the cell's level.

    Args:
        end: those with the lowest numbers, such as the downstream end of a chain, in place of a random stretch.
    """

    id: ClassVar[str] = "localised"
    sentence: ClassVar[str] = "neighbouring neurons, with white noise"

    end: bool = False

    def channels(self, circuit, fraction: float, random: np.random.Generator) -> np.ndarray:
        """Consecutive rows of the identity."""
        number = number_of_channels(circuit, fraction)
        first = 0 if self.end else random.integers(circuit.neurons - number + 1)
        return np.eye(circuit.neurons)[first : first + number]
