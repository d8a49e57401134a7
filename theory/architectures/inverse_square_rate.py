"""Independent units whose decay rate is an inverse square: the metric is the rate's third power."""

from theory.architectures.independent_units import IndependentUnits
from theory.namespace import namespace


class InverseSquareRate(IndependentUnits):
    """N independent units of decay rate `c = (1 + w)^-2`: poles -c in continuous time, exp(-c) in discrete time.

    In function space the rate moves with the metric `M_c = 4 c^3`.

    >>> import jax.numpy as jnp
    >>> from theory import ContinuousTime
    >>> InverseSquareRate().pole(jnp.ones(1), ContinuousTime())
    Array([-0.25], dtype=float64)
    """

    def pole(self, recurrent, time):
        """The pole of rate (1 + w)^-2."""
        functions = namespace(recurrent)
        return time.pole_of_rate(functions.reciprocal(functions.square(functions.plus(recurrent, 1))), functions)
