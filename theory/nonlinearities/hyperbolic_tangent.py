"""The hyperbolic tangent; its means over Gaussians are integrals, taken to rounding."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from theory.nonlinearities.nonlinearity import Nonlinearity


@dataclass(frozen=True)
class HyperbolicTangent(Nonlinearity):
    """`phi(x) = tanh(x)`.

    >>> float(HyperbolicTangent().mean_derivative(1.0))
    0.605705...
    """

    bound: ClassVar[float] = 1.0
    curvature: ClassVar[float] = 4 / 3**1.5  # |phi''| at tanh^2 = 1 / 3

    def __call__(self, x):
        """`tanh(x)`."""
        return jnp.tanh(x)

    def derivative(self, x):
        """`1 - tanh(x)^2`."""
        return 1 - jnp.tanh(x) ** 2

    def mean_derivative(self, variance):
        """By the trapezoidal rule, see `gaussian_mean`."""
        return gaussian_mean(lambda x: np.cosh(x) ** -2.0, variance)

    def mean_derivative_slope(self, variance):
        """`E [2 sech^2 tanh^2 - sech^4]`, half the mean of `tanh'''`, by the trapezoidal rule."""
        return gaussian_mean(lambda x: (2 * np.sinh(x) ** 2 - 1) / np.cosh(x) ** 4, variance)


def gaussian_mean(function, variance) -> np.ndarray:
    """The mean over a Gaussian of variance v of a function that falls as exp(-2 |x|), its nearest poles at +-i pi/2.

    The trapezoidal rule of step h in units of sqrt(v) errs by `exp(-2 pi (pi / 2) / (sqrt(v) h))`: with
    `sqrt(v) h <= 1/4` that is below 1e-16. It is cut where the Gaussian or the function are.
    """
    width = np.sqrt(np.asarray(variance, dtype=float))[..., None]
    reach = np.minimum(8.5, 20 / np.maximum(width, 1e-300))  # in units of sqrt(v)
    nodes = np.linspace(-1, 1, 161) * reach
    weights = np.exp(-(nodes**2) / 2) * (reach / 80) / np.sqrt(2 * np.pi)
    return np.sum(weights * function(width * nodes), axis=-1)
