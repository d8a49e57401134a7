"""What theory needs to know of a single neuron's nonlinearity."""

import abc
import math
from typing import ClassVar

from theory.checks import instance
from theory.errors import ProblemError


class Nonlinearity(abc.ABC):
    """An odd function phi of slope 1 at zero that rises no faster anywhere. A subclass is a frozen dataclass.

    Attributes:
        bound: the supremum of |phi|.
        curvature: the supremum of |phi''|.
    """

    bound: ClassVar[float]
    curvature: ClassVar[float]

    @abc.abstractmethod
    def __call__(self, x):
        """phi(x), an array of JAX of the same shape."""

    @abc.abstractmethod
    def derivative(self, x):
        """phi'(x), an array of JAX of the same shape."""

    @abc.abstractmethod
    def mean_derivative(self, variance):
        """`G(v) = E phi'(x)` over a Gaussian x of mean zero and that variance, an array of NumPy; G(0) = 1.

        By Stein's lemma it is the gain of phi for Gaussian signals: `E y phi(x) = G(v) E y x`.

        Args:
            variance: v >= 0, any shape.
        """

    @abc.abstractmethod
    def mean_derivative_slope(self, variance):
        """`dG / dv = E phi'''(x) / 2`, an array of NumPy.

        Args:
            variance: v >= 0, any shape.
        """


def saturating(nonlinearity: Nonlinearity) -> Nonlinearity:
    """The nonlinearity itself if it is bounded, or a ProblemError.

    >>> from theory.nonlinearities import HyperbolicTangent
    >>> saturating(HyperbolicTangent())
    HyperbolicTangent()
    """
    instance(nonlinearity, Nonlinearity, "nonlinearity")
    if not math.isfinite(nonlinearity.bound):
        raise ProblemError(f"{nonlinearity!r} does not saturate: what grows would grow without end.")
    return nonlinearity
