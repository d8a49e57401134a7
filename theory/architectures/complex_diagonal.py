"""Independent complex units in cartesian coordinates."""

from theory.architectures.complex_units import ComplexUnits
from theory.namespace import namespace


class ComplexDiagonal(ComplexUnits):
    """N independent complex units with self-connections `x + i y`: poles `x - 1 +- i y`, in discrete time x +- i y.

    >>> import jax.numpy as jnp
    >>> from theory import ContinuousTime
    >>> [float(part[0]) for part in ComplexDiagonal().pole(jnp.zeros(1), jnp.ones(1), ContinuousTime())]
    [-1.0, 1.0]
    """

    def pole(self, recurrent, frequency, time) -> tuple:
        """x - 1 and y; in discrete time x and y."""
        return namespace(recurrent).plus(recurrent, time.silent_pole), frequency
