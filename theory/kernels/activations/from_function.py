"""Any function as an activation."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

from theory.errors import ProblemError
from theory.kernels.activations.hermite_series import HermiteSeries


@dataclass(frozen=True)
class FromFunction(HermiteSeries):
    """Any function phi, by its Hermite series.

    Args:
        apply: phi, elementwise on JAX arrays and differentiable by JAX; named, so that one compilation serves.
        tolerance: where the series may end.
        terms: how many terms; None chooses by the variances that occur.

    >>> import jax.numpy as jnp
    >>> sine = FromFunction(jnp.sin)
    >>> variance = jnp.array([0.5, 2.0])
    >>> K, D = sine.duals(sine.features(variance), sine.features(variance), jnp.full((2, 2), 0.4))
    >>> exact = jnp.exp(-1.25) * jnp.sinh(0.4)                           # E sin z sin z'
    >>> bool(abs(K[0, 1] - exact) < 1e-14), sine.error(variance) < 1e-11
    (True, True)
    """

    apply: Callable

    def __post_init__(self):
        if not callable(self.apply):
            raise ProblemError(f"apply must be a function of an array; got {self.apply!r}.")

    @property
    def odd(self) -> bool:
        """Whether phi(-z) = -phi(z) on a thousand points."""
        z = jnp.linspace(0.0, 30.0, 1000)
        values, mirrored = np.asarray(self.function(z)), np.asarray(self.function(-z))
        return bool(np.allclose(values, -mirrored, rtol=1e-12, atol=1e-12))

    def function(self, z):
        """phi."""
        return self.apply(z)

    def __str__(self) -> str:
        return f"FromFunction({getattr(self.apply, '__name__', self.apply)})"
