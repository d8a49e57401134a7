"""No nonlinearity: the linear circuit, by the same code."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from theory.nonlinearities.nonlinearity import Nonlinearity


@dataclass(frozen=True)
class Identity(Nonlinearity):
    """`phi(x) = x`.

    >>> Identity().mean_derivative([0.0, 3.0])
    array([1., 1.])
    """

    bound: ClassVar[float] = np.inf
    curvature: ClassVar[float] = 0.0

    def __call__(self, x):
        """x itself."""
        return jnp.asarray(x)

    def derivative(self, x):
        """1."""
        return jnp.ones_like(x)

    def mean_derivative(self, variance):
        """1."""
        return np.ones(np.shape(variance))

    def mean_derivative_slope(self, variance):
        """0."""
        return np.zeros(np.shape(variance))
