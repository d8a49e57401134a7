"""Independent units whose decay rate is the exponential of a weight, as in state-space models."""

from theory.architectures.independent_units import IndependentUnits
from theory.namespace import namespace


class ExponentialRate(IndependentUnits):
    """N independent units of decay rate `c = exp(w)`: poles -c in continuous time, exp(-c) in discrete time.

    In function space the rate moves with the metric `M_c = (dc/dw)^2 = c^2`: slow memories move slowly.

    >>> import jax.numpy as jnp
    >>> from theory import ContinuousTime
    >>> ExponentialRate().pole(jnp.zeros(1), ContinuousTime())
    Array([-1.], dtype=float64)

    Source: the stable parameterisation of linear recurrent units, Orvieto et al., ICML 2023, arXiv 2303.06349.
    """

    def pole(self, recurrent, time):
        """The pole of rate exp(w)."""
        functions = namespace(recurrent)
        return time.pole_of_rate(functions.exp(recurrent), functions)
