"""Trials that all start from one of a few states."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.observation import Observation
from numerics.recordings import record
from theory.checks import count, positive


@dataclass(frozen=True)
class FewStarts(Observation):
    """Trials take turns in starting from a few fixed states, as after the cues of a task; with white noise.

    The states are draws from the circuit's stationary law, times `spread`. A finite recording of trials that all start
    from k states knows how at most k directions decay, besides what noise excites.

    Args:
        starts: how many states.
        spread: 1 leaves the stationary law's own distances from zero.
    """

    id: ClassVar[str] = "few-starts"
    sentence: ClassVar[str] = "a random subset in trials that start from a few fixed states, with white noise"

    starts: int = 2
    spread: float = 1.0

    def start(self, circuit, trials: int, random: np.random.Generator) -> np.ndarray:
        """(trial, neuron)."""
        number = count(self.starts, "starts")
        seed = int(random.integers(2**31))
        states = record(circuit, 2, circuit.time_constant, trials=number, seed=seed).activity[:, 0]
        return positive(self.spread, "spread") * states[np.arange(trials) % number]
