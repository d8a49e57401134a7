"""What an activation must say of itself for the kernels of a wide network."""

import abc
from typing import Any, ClassVar

from jaxtyping import Array, Float


class Activation(abc.ABC):
    """A function phi applied to every unit, and what a wide network needs of it: its Gaussian duals.

    For jointly Gaussian z, z' of mean zero, variances a, b and covariance s,

        K(a, b, s) = E phi(z) phi(z'),        D(a, b, s) = dK/ds = E phi'(z) phi'(z').

    They are asked for in two steps, so that what depends on one sequence alone is computed once: `features` of each
    variance, n T of them, and `duals` of pairs of features, n^2 T or n^2 T^2 of them. Subclasses are frozen
    dataclasses: JAX compiles once for each.
    """

    bounded: ClassVar[bool] = False
    """Whether |phi| has a bound: then only gradients can overflow, not states."""
    homogeneous: ClassVar[bool] = False
    """Whether phi(c z) = c phi(z) for c > 0: then kernels can be carried as correlations, at any scale."""

    @property
    @abc.abstractmethod
    def odd(self) -> bool:
        """Whether phi(-z) = -phi(z): then E[z phi'(z)] = 0 whatever the variance."""

    @abc.abstractmethod
    def function(self, z):
        """phi itself, elementwise, on JAX arrays."""

    @abc.abstractmethod
    def moments(self, variance):
        """E phi(z)^2 and E phi'(z)^2 of a Gaussian z: the duals at a = b = s, elementwise."""

    @abc.abstractmethod
    def features(self, variance: Float[Array, "*batch sequence"]) -> Any:
        """Whatever `duals` needs of one variance: arrays whose last axis is that of the sequences."""

    @abc.abstractmethod
    def duals(self, rows, columns, covariance: Float[Array, "*batch row column"]) -> tuple[Array, Array]:
        """K and D for every row and column.

        Args:
            rows: features of the row sequences.
            columns: features of the column sequences.
            covariance: s, by row and column.
        """

    def resolved(self, variance) -> "Activation":
        """The activation as it is to be used over these variances: itself, unless something is to be chosen once."""
        return self

    def error(self, variance) -> float:
        """A bound on the error of K and D over these variances, beyond rounding: 0 for closed forms."""
        return 0.0

    def __str__(self) -> str:
        return type(self).__name__


def outer(rows, columns):
    """The product of every row's number with every column's.

    >>> import numpy as np
    >>> outer(np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0]))
    array([[ 3.,  4.,  5.],
           [ 6.,  8., 10.]])
    """
    return rows[..., :, None] * columns[..., None, :]
