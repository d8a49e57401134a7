"""What an observation model must say of itself: which part of a circuit is seen, and how well."""

import abc
from typing import ClassVar

import numpy as np

from theory.checks import count
from theory.errors import ProblemError


class Observation(abc.ABC):
    """How the states of a circuit become a recording. A subclass is a frozen dataclass of its settings.

    What it does not say differently is as here: a random subset of neurons is seen as it is, and nothing drives the
    circuit but its own noise, from its stationary law.

    Attributes:
        id: short name, such as "random".
        sentence: what it is, in one line.
        noise_unit: what the cell's `noise` counts, such as "variance of a channel's signal".
    """

    id: ClassVar[str]
    sentence: ClassVar[str]
    noise_unit: ClassVar[str] = "variance of the white noise over the mean variance of the signal"

    def channels(self, circuit, fraction: float, random: np.random.Generator) -> np.ndarray:
        """The matrix R from states to channels, (channel, neuron); rows of the identity where neurons are seen singly.

        Args:
            circuit: of the cell.
            fraction: number of channels over number of neurons.
            random: of this draw.
        """
        chosen = np.sort(random.permutation(circuit.neurons)[: number_of_channels(circuit, fraction)])
        return np.eye(circuit.neurons)[chosen]

    def measure(
        self, signal: np.ndarray, bin_size: float, noise: float, random: np.random.Generator
    ) -> np.ndarray:
        """What the instrument shows of `R z`: here the signal and white noise.

        Args:
            signal: (trial, time, channel).
            bin_size: in units of time.
            noise: see `noise_unit`.
            random: of this recording.
        """
        if noise == 0:
            return signal
        return signal + np.sqrt(noise * signal.var(axis=(0, 1)).mean()) * random.normal(size=signal.shape)

    def inputs(self, circuit, samples: int, bin_size: float, random: np.random.Generator) -> np.ndarray | None:
        """What drives the neurons besides their noise, (time, neuron), the same in all trials; None for nothing."""
        return None

    def start(self, circuit, trials: int, random: np.random.Generator) -> np.ndarray | None:
        """The states that trials start from, (trial, neuron); None draws them from the stationary law."""
        return None

    def __str__(self) -> str:
        return f"{self.id}: {self.sentence}"


def number_of_channels(circuit, fraction: float) -> int:
    """`fraction` of the circuit's neurons, rounded, at least one.

    >>> from theory.circuits import uncoupled
    >>> number_of_channels(uncoupled(100), 0.05)
    5
    """
    if not 0 < fraction <= 1:
        raise ProblemError(f"fraction = {fraction:g}, but it must be above 0 and at most 1.")
    return count(max(1, round(fraction * circuit.neurons)), "channels", most=circuit.neurons)
