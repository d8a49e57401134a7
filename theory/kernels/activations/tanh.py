"""The hyperbolic tangent, by Hermite series."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp

from theory.kernels.activations.from_function import FromFunction


@dataclass(frozen=True)
class Tanh(FromFunction):
    """phi(z) = tanh(z), by the Hermite series of `FromFunction`.

    >>> import jax.numpy as jnp
    >>> second, slope = Tanh().moments(jnp.ones(1))
    >>> round(float(second[0]), 6), round(float(slope[0]), 6)
    (0.394294, 0.464403)
    """

    bounded = True
    apply: Callable = jnp.tanh

    def __str__(self) -> str:
        return "Tanh"
