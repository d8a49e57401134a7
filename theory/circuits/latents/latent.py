"""What runs in a few latent variables of a circuit, with all that is known of it."""

import abc
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from theory.circuits.linear_circuit import Truth


class Latent(abc.ABC):
    """`dk/dt = g(k)` in a few dimensions, times in single-unit time constants. A subclass is a frozen dataclass.

    Attributes:
        dimensions: of k.
        title: what to call it in print.
        longest_step: see `Flow.longest_step`.
    """

    dimensions: ClassVar[int]
    title: ClassVar[str]
    longest_step: float | None = None

    @abc.abstractmethod
    def __call__(self, k):
        """g(k), in JAX, (..., dimension)."""

    def reset(self, k):
        """Where k jumps to, in JAX, (..., dimension); itself where it does not."""
        return k

    @abc.abstractmethod
    def curvature(self, radius: float) -> float:
        """At least `|g''[u, v]|` for unit u and v where |k| is at most the radius."""

    @abc.abstractmethod
    def truth(self, lift: Callable) -> Truth:
        """What is true of it in a circuit.

        Args:
            lift: from k, (..., dimension), to states of the circuit, (..., neuron).
        """

    def log_density(self, k: np.ndarray, noise: float) -> np.ndarray | None:
        """The logarithm of the stationary density with noise `sqrt(2 noise) dW`, up to a constant, (point,).

        Args:
            k: (point, dimension).
            noise: variance, the same in all dimensions.

        Returns:
            None where it is not known.
        """
        return None
