"""The error function, in closed form."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from theory.kernels.activations.activation import Activation, outer
from theory.kernels.arcsine import arcsine


@dataclass(frozen=True)
class Erf(Activation):
    """phi(z) = erf(z).

        K = (2/pi) arcsin(c),   D = (4/pi) / sqrt((1 + 2a)(1 + 2b) - 4 s^2),   c = 2 s / sqrt((1 + 2a)(1 + 2b))

    It is erf(sqrt(pi) z / 2), of slope 1 at the origin, at gains (recurrent, input, bias) times sqrt(pi)/2.

    >>> import jax.numpy as jnp
    >>> erf, variance = Erf(), jnp.ones(1)
    >>> K, D = erf.duals(erf.features(variance), erf.features(variance), variance[None])
    >>> round(float(K[0, 0]), 6), round(float(D[0, 0]), 6)
    (0.464559, 0.56941)

    Source: C. Williams, Neural Computation 10 (1998) 1203, eq. 11; D is its derivative.
    """

    bounded = True
    odd = True

    def function(self, z):
        """erf(z)."""
        return jax.scipy.special.erf(z)

    def moments(self, variance):
        """(2/pi) arcsin(2a / (1 + 2a)) and (4/pi) / sqrt(1 + 4a)."""
        return 2 / np.pi * arcsine(2 * variance / (1 + 2 * variance)), 4 / np.pi / jnp.sqrt(1 + 4 * variance)

    def features(self, variance):
        """sqrt(2 / (1 + 2a))."""
        return jnp.sqrt(2 / (1 + 2 * variance))

    def duals(self, rows, columns, covariance):
        """The closed forms above, of c = (product of features) s."""
        product = outer(rows, columns)
        c = jnp.clip(product * covariance, -1.0, 1.0)
        return 2 / np.pi * arcsine(c), 2 / np.pi * product / jnp.sqrt((1 - c) * (1 + c))
