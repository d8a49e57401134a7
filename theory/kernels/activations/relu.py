"""The rectifier, in closed form."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from theory.kernels.activations.activation import Activation, outer
from theory.kernels.arcsine import arcsine

_ALIGNED = 8 * np.finfo(float).eps


@dataclass(frozen=True)
class ReLU(Activation):
    """phi(z) = max(z, 0), with c = s / sqrt(ab) and theta = arccos c:

        K = sqrt(ab)/(2 pi) [sin theta + (pi - theta) c],      D = (pi - theta)/(2 pi)

    Where a variance is zero, K = 0 and D = 1/4, also on the diagonal: the convention phi'(0) = 1/2.

    D has a square root at c = 1, so rounding of s there is an error of 1e-8 in D: states that agree to fifteen digits
    are taken to be equal (theta = 0), so that duplicates are exact.

    >>> import jax.numpy as jnp
    >>> relu, variance = ReLU(), jnp.ones(1)
    >>> K, D = relu.duals(relu.features(variance), relu.features(variance), jnp.zeros((1, 1)))
    >>> round(float(K[0, 0] * 2 * jnp.pi), 12), float(D[0, 0])
    (1.0, 0.25)

    Source: Y. Cho & L. Saul, Kernel methods for deep learning (2009), eqs. 3 and 6 with n = 1, 0.
    """

    homogeneous = True
    odd = False

    def function(self, z):
        """max(z, 0)."""
        return jnp.maximum(z, 0.0)

    def moments(self, variance):
        """a/2 and 1/2."""
        return variance / 2, jnp.where(variance > 0, 0.5, 0.25)

    def features(self, variance):
        """The standard deviation."""
        return jnp.sqrt(variance)

    def duals(self, rows, columns, covariance):
        """The closed forms above."""
        scale = outer(rows, columns)
        c = jnp.clip(covariance / jnp.where(scale > 0, scale, 1.0), -1.0, 1.0)
        c = jnp.where(1 - c < _ALIGNED, 1.0, c)
        rest = np.pi / 2 + arcsine(c)  # pi - theta
        return scale / (2 * np.pi) * (jnp.sqrt((1 - c) * (1 + c)) + rest * c), rest / (2 * np.pi)
