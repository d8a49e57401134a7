"""The error function, for which means over Gaussians are closed forms."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import jax.scipy.special
import numpy as np

from theory.nonlinearities.nonlinearity import Nonlinearity


@dataclass(frozen=True)
class ErrorFunction(Nonlinearity):
    """`phi(x) = erf(sqrt(pi) x / 2)`, so `phi'(x) = exp(-pi x^2 / 4)` and `G(v) = 1 / sqrt(1 + pi v / 2)`.

    >>> float(ErrorFunction().mean_derivative(2 / np.pi))
    0.707106781...
    """

    bound: ClassVar[float] = 1.0
    curvature: ClassVar[float] = float(np.sqrt(np.pi / 2) * np.exp(-0.5))  # |phi''| at x = sqrt(2 / pi)

    def __call__(self, x):
        """`erf(sqrt(pi) x / 2)`."""
        return jax.scipy.special.erf(np.sqrt(np.pi) / 2 * jnp.asarray(x))

    def derivative(self, x):
        """`exp(-pi x^2 / 4)`."""
        return jnp.exp(-np.pi / 4 * jnp.square(x))

    def mean_derivative(self, variance):
        """`1 / sqrt(1 + pi v / 2)`."""
        return (1 + np.pi / 2 * np.asarray(variance)) ** -0.5

    def mean_derivative_slope(self, variance):
        """`-(pi / 4) (1 + pi v / 2)^(-3/2)`."""
        return -np.pi / 4 * (1 + np.pi / 2 * np.asarray(variance)) ** -1.5


ERROR_FUNCTION = ErrorFunction()
"""The circuits' default."""
