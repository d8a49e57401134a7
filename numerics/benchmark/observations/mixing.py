"""Linear mixtures of all neurons."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.observation import Observation, number_of_channels


@dataclass(frozen=True)
class Mixing(Observation):
    """Orthonormal random mixtures of all neurons, as of field potentials or factors, with white noise.

    The subspace is uniform: its projection of any fixed direction has the mean square `channels / neurons`.
    """

    id: ClassVar[str] = "mixing"
    sentence: ClassVar[str] = "orthonormal random mixtures of all neurons, with white noise"

    def channels(self, circuit, fraction: float, random: np.random.Generator) -> np.ndarray:
        """Orthonormal rows, (channel, neuron)."""
        shape = circuit.neurons, number_of_channels(circuit, fraction)
        return np.linalg.qr(random.normal(size=shape))[0].T
