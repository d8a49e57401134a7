"""A coloured input that nobody recorded."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.signal

from numerics.benchmark.observation import Observation
from theory.checks import positive


@dataclass(frozen=True)
class UnknownInput(Observation):
    """All neurons are driven along one random direction by a coloured input that the recording does not hold.

    The input to neuron i is `strength w_i u(t)`, w of unit mean square, u a stationary Ornstein-Uhlenbeck process of
    variance 1, constant within a bin and the same in all trials. A slow mode of the input, not of the circuit.

    Args:
        timescale: of u, in single-unit time constants.
        strength: standard deviation of a neuron's input; alone it would move a leaky neuron by as much.
    """

    id: ClassVar[str] = "unknown-input"
    sentence: ClassVar[str] = "a random subset, while an unrecorded slow input drives all neurons, with white noise"

    timescale: float = 50.0
    strength: float = 0.5

    def inputs(self, circuit, samples: int, bin_size: float, random: np.random.Generator) -> np.ndarray:
        """(time, neuron)."""
        direction = random.normal(size=circuit.neurons)
        direction /= np.sqrt((direction**2).mean())
        g = np.exp(-bin_size / (positive(self.timescale, "timescale") * circuit.time_constant))
        kicks = random.normal(size=samples)
        kicks[1:] *= np.sqrt(1 - g**2)
        course = scipy.signal.lfilter([1.0], [1.0, -g], kicks)
        return positive(self.strength, "strength") * course[:, None] * direction
