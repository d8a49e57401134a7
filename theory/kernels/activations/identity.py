"""The identity: linear networks."""

from dataclasses import dataclass

import jax.numpy as jnp

from theory.kernels.activations.activation import Activation


@dataclass(frozen=True)
class Identity(Activation):
    """phi(z) = z: K = s, D = 1.

    >>> import jax.numpy as jnp
    >>> [float(dual[0, 0]) for dual in Identity().duals(jnp.ones(1), jnp.ones(1), jnp.full((1, 1), 0.3))]
    [0.3, 1.0]
    """

    homogeneous = True
    odd = True

    def function(self, z):
        """z."""
        return z

    def moments(self, variance):
        """a and 1."""
        return variance, jnp.ones_like(variance)

    def features(self, variance):
        """The standard deviation, which nothing needs but the log-scaled recursion."""
        return jnp.sqrt(variance)

    def duals(self, rows, columns, covariance):
        """s and 1."""
        return covariance, jnp.ones_like(covariance)
