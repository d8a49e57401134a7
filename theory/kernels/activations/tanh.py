"""The hyperbolic tangent, by Hermite series."""

from dataclasses import dataclass

import jax.numpy as jnp

from theory.kernels.activations.hermite_series import HermiteSeries


@dataclass(frozen=True)
class Tanh(HermiteSeries):
    """phi(z) = tanh(z), by its Hermite series.

    >>> import jax.numpy as jnp
    >>> second, slope = Tanh().moments(jnp.ones(1))
    >>> round(float(second[0]), 6), round(float(slope[0]), 6)
    (0.394294, 0.464403)
    """

    bounded = True
    odd = True

    def function(self, z):
        """tanh(z)."""
        return jnp.tanh(z)
