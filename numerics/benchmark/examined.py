"""A fitted model without its noise, examined as any other system: where it rests, relaxes to, and turns."""

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.dynamics.certificate import Certificate
from numerics.dynamics.fixed_points import FoundPoints, fixed_points, spread_starts
from numerics.dynamics.inertia import inertia
from numerics.dynamics.lyapunov import lyapunov_spectrum_of_map
from numerics.dynamics.manifolds import SlowManifold, slow_manifold, slowness

_STARTS = 64
_ITERATIONS, _TRANSIENT = 2000, 500  # bins that orbits are followed for, and before


def examined(fitted):
    """What a fitted model's own equations can be asked, or None where it does not tell them.

    Args:
        fitted: with `one_bin`, `encode` and `decode`, see `numerics.benchmark.method.Fitted`.
    """
    one_bin = getattr(fitted, "one_bin", None)
    if one_bin is None:
        return None
    return ExaminedMatrix(one_bin) if isinstance(one_bin, np.ndarray) else ExaminedMap(one_bin)


@dataclass(frozen=True, eq=False)
class ExaminedMatrix:
    """`z' = A z` in closed form; a model's mean is zero here.

    Args:
        A: (state, state).
    """

    A: np.ndarray

    def fixed_points(self, starts: np.ndarray) -> FoundPoints:
        """Zero, which is the only one if I - A is regular; its stability is proved where `inertia` can."""
        size = len(self.A)
        sizes = np.linalg.svd(np.eye(size) - self.A, compute_uv=False)
        regular = bool(sizes[-1] > 10 * size * np.finfo(float).eps * max(sizes[0], 1.0))
        proof = Certificate(regular, 0.0, 0.0, np.inf, "" if regular else "the Jacobian is singular to rounding")
        spectrum = inertia(self.A, discrete=True)
        return FoundPoints(
            states=np.zeros((1, size)),
            certified=np.array([proof.holds]),
            radius=np.array([proof.radius]),
            separation=np.array([proof.separation]),
            unstable_dimensions=np.array([-1 if spectrum.unstable is None else spectrum.unstable]),
            eigenvalues=spectrum.eigenvalues[None],
            hits=np.array([len(starts)]),
            reasons=(proof.reason,),
            starts=len(starts),
            lost=0,
            wandering=0,
        )

    def after(self, starts: np.ndarray, bins: int) -> np.ndarray:
        """Where states are after so many bins, (start, state)."""
        return starts @ np.linalg.matrix_power(self.A, bins).T

    def slow_manifold(self, states: np.ndarray, dimension: int) -> SlowManifold:
        """As of `numerics.dynamics.manifolds`, per bin."""
        rates = _logarithms(np.linalg.eigvals(self.A))
        return slowness(states, states @ self.A.T - states, np.tile(rates, (len(states), 1)), dimension)

    def exponents(self, starts: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The largest Lyapunov exponents per bin, and their errors."""
        rates = np.sort(_logarithms(np.linalg.eigvals(self.A)))[::-1][:number]
        return rates, np.zeros_like(rates)

    def paths(self, starts: np.ndarray) -> np.ndarray:
        """None moves for ever but for an eigenvalue on the unit circle, which is no attractor."""
        return np.zeros((len(starts), 1, len(self.A)))


@dataclass(frozen=True, eq=False)
class ExaminedMap:
    """Any map, by the algorithms of `numerics.dynamics`.

    Args:
        one_bin: traceable by JAX; with `lipschitz`, a bound on the slope of its Jacobian, its points are certified.
    """

    one_bin: object

    def fixed_points(self, starts: np.ndarray) -> FoundPoints:
        """From the starts, and from around them."""
        starts = np.concatenate([starts, spread_starts(starts, _STARTS)])
        return fixed_points(self.one_bin, starts, getattr(self.one_bin, "lipschitz", None), discrete=True)

    def after(self, starts: np.ndarray, bins: int) -> np.ndarray:
        """Where states are after so many bins, (start, state)."""
        return np.asarray(_path(self.one_bin, jnp.asarray(starts), jnp.asarray(bins), 1))[:, 0]

    def slow_manifold(self, states: np.ndarray, dimension: int) -> SlowManifold:
        """As of `numerics.dynamics.manifolds`, per bin."""
        return slow_manifold(self.one_bin, states, dimension, discrete=True)

    def exponents(self, starts: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
        """The largest Lyapunov exponents per bin, and their errors."""
        found = lyapunov_spectrum_of_map(self.one_bin, starts, _ITERATIONS, _TRANSIENT, min(number, starts.shape[1]))
        return found.exponents, found.errors

    def paths(self, starts: np.ndarray) -> np.ndarray:
        """Long after the starts, bin by bin, (start, bin, state)."""
        return np.asarray(_path(self.one_bin, jnp.asarray(starts), jnp.asarray(_TRANSIENT), _ITERATIONS))


def _logarithms(eigenvalues: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(np.abs(eigenvalues), np.finfo(float).tiny))


@eqx.filter_jit
def _path(one_bin, starts, before, bins):
    each = jax.vmap(one_bin)
    first = jax.lax.fori_loop(0, before, lambda _, z: each(z), starts)
    path = jax.lax.scan(lambda z, _: (each(z), z), first, None, length=bins)[1]
    return jnp.swapaxes(path, 0, 1)
