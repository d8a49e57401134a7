"""Velocities of circuits as JAX sees them."""

import abc

import equinox
import numpy as np


class Flow(equinox.Module):
    """F of `tau du = F(u) dt + noise`. Its arrays are data to JAX, all else is part of the program."""

    @abc.abstractmethod
    def __call__(self, states):
        """F(u), in JAX, (..., neuron) to the same shape."""

    def reset(self, states):
        """Where states jump to as soon as they are reached, (..., neuron); themselves where they do not."""
        return states

    @property
    def longest_step(self) -> float | None:
        """A step of integration known to be short enough, in single-unit time constants; None where it must be tried.

        Trying cannot tell where states jump, since paths of two steps part as soon as one has jumped and the other not,
        nor in chaos, where they part in any case.
        """
        return None

    def curvature(self, state: np.ndarray, radius: float) -> float | None:
        """At least `|F''[v, w]|` for unit v and w in that ball, or None where no bound is known."""
        return None
