"""The neurons that a pilot session finds most active."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.observation import Observation, number_of_channels
from numerics.recordings import record
from theory.checks import count


@dataclass(frozen=True)
class Tuned(Observation):
    """The neurons of largest variance in a short pilot recording of all, with white noise of the cell's level.

    Args:
        pilot: samples of it, one every two time constants.
    """

    id: ClassVar[str] = "tuned"
    sentence: ClassVar[str] = "the neurons that vary most in a pilot recording, with white noise"

    pilot: int = 400

    def channels(self, circuit, fraction: float, random: np.random.Generator) -> np.ndarray:
        """Rows of the identity, in the circuit's order."""
        seed = int(random.integers(2**31))
        seen = record(circuit, count(self.pilot, "pilot", least=2), 2 * circuit.time_constant, seed=seed)
        order = np.argsort(-seen.activity.var(axis=(0, 1)), kind="stable")
        return np.eye(circuit.neurons)[np.sort(order[: number_of_channels(circuit, fraction)])]
