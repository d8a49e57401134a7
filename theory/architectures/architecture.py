"""What an architecture must say of itself."""

import abc
from typing import ClassVar, Literal, NamedTuple

import equinox as eqx


class Weight(NamedTuple):
    """One group of weights: its shape, and the role by which an initialisation scales it."""

    shape: tuple[int, ...]
    role: Literal["input", "recurrent", "readout"]


class Architecture(eqx.Module):
    """The map from a network's weights to its linear system, and nothing else.

    How weights are drawn is an initialisation's business, how they move a learning rule's. Loss,
    gradients and simulation follow from the map by differentiation.

    A new architecture is one class with two methods. For instance, a recurrence that is kept symmetric:

    >>> class Symmetric(Architecture):
    ...     def weights(self, width, inputs, outputs):
    ...         return {
    ...             "recurrent": Weight((width, width), "recurrent"),
    ...             "input": Weight((width, inputs), "input"),
    ...             "readout": Weight((outputs, width), "readout"),
    ...         }
    ...
    ...     def matrices(self, weights, time):
    ...         recurrent = (weights["recurrent"] + weights["recurrent"].T) / 2
    ...         return time.state_matrix(recurrent), weights["input"], weights["readout"]

    What makes equations by SymPy as well takes its functions from `theory.namespace`.

    Attributes:
        rotation_equivariant: whether rotating every axis of hidden units, in all weights alike, rotates the system:
            true of dense and of low-rank networks, not of diagonal ones. Networks of which it is true stay in the
            subspace in which they start.
    """

    rotation_equivariant: ClassVar[bool] = False

    @abc.abstractmethod
    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """The weight groups of a network of that width, by name."""

    @abc.abstractmethod
    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) of the network's linear system.

        Args:
            weights: arrays (or SymPy matrices) by the names that `weights` gives them.
            time: a `Time`; `time.state_matrix(W)` is the state matrix of recurrent weights W.
        """

    def __str__(self) -> str:
        return type(self).__name__
