"""Independent complex units in polar coordinates."""

from theory.architectures.complex_units import ComplexUnits
from theory.namespace import namespace


class PolarDiagonal(ComplexUnits):
    """N independent complex units with self-connections `r e^(i theta)`, trained in r and theta.

    Poles `r cos theta - 1 +- i r sin theta` in continuous time, `r e^(+-i theta)` in discrete time. At r = 0 the angle
    has no gradient.

    >>> import jax.numpy as jnp
    >>> from theory import DiscreteTime
    >>> [float(part[0]) for part in PolarDiagonal().pole(jnp.ones(1), jnp.zeros(1), DiscreteTime())]
    [1.0, 0.0]

    Source: Zucchet & Orvieto, NeurIPS 2024, arXiv 2405.21064.
    """

    def pole(self, recurrent, frequency, time) -> tuple:
        """r cos theta - 1 and r sin theta; in discrete time without the 1."""
        functions = namespace(recurrent)
        real = functions.multiply(recurrent, functions.cos(frequency))
        imaginary = functions.multiply(recurrent, functions.sin(frequency))
        return functions.plus(real, time.silent_pole), imaginary
