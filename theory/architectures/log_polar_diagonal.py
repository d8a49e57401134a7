"""Independent complex units in log-polar coordinates, with or without a normaliser of their inputs."""

from theory.architectures.complex_units import ComplexUnits
from theory.namespace import namespace


class LogPolarDiagonal(ComplexUnits):
    """N independent complex units that decay at rate `exp(w)` and turn at `theta`: linear recurrent units.

    Poles `-exp(w) +- i theta` in continuous time, `exp(-exp(w) +- i theta)` in discrete time. The normaliser divides
    every unit's input by the root of `int |exp(pole t)|^2 dt`, which is `sqrt(1 - |pole|^2)` in discrete time
    and `sqrt(2 exp(w))` in continuous time, so that its variance under white noise does not depend on its memory.

    Args:
        normalised: whether inputs are normalised.

    >>> import jax.numpy as jnp
    >>> from theory import ContinuousTime
    >>> [float(part[0]) for part in LogPolarDiagonal().pole(jnp.zeros(1), jnp.ones(1), ContinuousTime())]
    [-1.0, 1.0]

    Source: Orvieto et al., ICML 2023, arXiv 2303.06349; Zucchet & Orvieto, NeurIPS 2024, arXiv 2405.21064.
    """

    normalised: bool = False

    def pole(self, recurrent, frequency, time) -> tuple:
        """Real and imaginary part of the pole of rate exp(w) and angle theta."""
        functions = namespace(recurrent)
        return time.pole_of_rate_and_angle(functions.exp(recurrent), frequency, functions)

    def input_scale(self, recurrent, time):
        """One over the root of a unit's energy, or None."""
        if not self.normalised:
            return None
        functions = namespace(recurrent)
        return functions.reciprocal(functions.sqrt(time.unit_energy(functions.exp(recurrent), functions)))

    def __str__(self) -> str:
        return "LogPolarDiagonal" + (", normalised" if self.normalised else "")
