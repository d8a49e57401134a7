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

    The root in D is taken of `1 + 2a + 2b + 4 (sqrt(ab) - s)(sqrt(ab) + s)`, in which large variances do not cancel.

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
        """sqrt(2 / (1 + 2a)), sqrt(a) and 1/2 + 2a."""
        variance = jnp.asarray(variance)
        return jnp.sqrt(2 / (1 + 2 * variance)), jnp.sqrt(variance), 0.5 + 2 * variance

    def duals(self, rows, columns, covariance):
        """The closed forms above, of c = (product of first features) s."""
        bound = outer(rows[1], columns[1])
        square = rows[2][..., :, None] + columns[2][..., None, :] + 4 * (bound - covariance) * (bound + covariance)
        # a root over its square: XLA makes of 1/root a function that it does not vectorise on a CPU
        return 2 / np.pi * arcsine(outer(rows[0], columns[0]) * covariance), 4 / np.pi * (jnp.sqrt(square) / square)
