"""Slow manifolds: where a system relaxes to, of what dimension, how fast it drifts there and is drawn back to it."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.spatial

from numerics.dynamics.fields import checked
from numerics.dynamics.stepping import carried
from theory.checks import count, positive, real_array
from theory.errors import ProblemError


def hausdorff(first, second) -> float:
    """The largest distance of a point of either set from the nearest of the other, in units of the states.

    Args:
        first, second: (point, state).

    >>> hausdorff([[0.0], [1.0]], [[0.0], [1.5]])
    0.5
    """
    first, second = (np.asarray(real_array(part, "a set of states", 2)) for part in (first, second))
    if first.shape[1] != second.shape[1]:
        raise ProblemError(f"the two sets have states of {first.shape[1]} and {second.shape[1]} numbers.")
    nearest = (scipy.spatial.KDTree(a).query(b)[0].max() for a, b in ((first, second), (second, first)))
    return float(max(nearest))


class Dimension(NamedTuple):
    """Intrinsic dimension of a cloud, and its standard error."""

    value: float
    error: float


def intrinsic_dimension(points, resolution: float) -> Dimension:
    """The dimension of the set that a cloud samples, from each point's two nearest neighbours.

    Where the density is constant over that distance, the ratio m of the second distance to the first has the law
    `P(m > x) = x^-d`, whatever the density: `d = N / sum log m`, with relative error 1/sqrt(N). Of points
    nearer than the resolution one is kept; if fewer than ten are left it is a set of points, of dimension zero.

    Args:
        points: (point, coordinate).
        resolution: as for `homology.betti_numbers`.

    >>> plane = np.random.default_rng(0).uniform(size=(2000, 2)) @ np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0]])
    >>> intrinsic_dimension(plane, 1e-6).value
    1.9...

    Source: Facco, d'Errico, Rodriguez & Laio, Sci. Rep. 7 (2017) 12140.
    """
    points = _apart(np.asarray(real_array(points, "points", 2)), positive(resolution, "resolution"))
    if len(points) < 10:
        return Dimension(0.0, 0.0)
    distances = scipy.spatial.KDTree(points).query(points, 3)[0]
    logarithms = np.log(distances[:, 2] / distances[:, 1])
    value = 1 / logarithms.mean()
    return Dimension(float(value), float(value / np.sqrt(len(points))))


def _apart(points, resolution):
    tree, kept = scipy.spatial.KDTree(points), np.ones(len(points), dtype=bool)
    for place in range(len(points)):
        if kept[place]:
            near = tree.query_ball_point(points[place], resolution)
            kept[[k for k in near if k > place]] = False
    return points[kept]


def relax(velocity, starts, duration: float, step: float) -> np.ndarray:
    """Where paths from the starts are after a time: Runge and Kutta's fourth-order method, all at once.

    Args:
        velocity: f of `dx/dt = f(x)`, traceable by JAX.
        starts: (start, state).
        duration: of time.
        step: at most.

    Returns:
        (start, state); those that left the finite numbers are not finite.

    >>> relax(lambda x: -x, np.ones((1, 1)), 1.0, 0.01).round(8)
    array([[0.36787944]])
    """
    starts = checked(velocity, starts)
    steps = int(np.ceil(positive(duration, "duration") / positive(step, "step")))
    return np.asarray(_relax(velocity, jnp.asarray(starts), jnp.asarray(float(duration)), jnp.asarray(steps)))


@eqx.filter_jit
def _relax(velocity, starts, duration, steps):
    return carried(lambda states: jax.vmap(velocity)(states), starts, duration, steps)


class SlowManifold(NamedTuple):
    """How slow a manifold is, from states on it.

    Args:
        drift: speed at each state, in units of state over time, (point,).
        drift_rate: the largest speed over the manifold's extent, the root mean square distance from its mean, per time;
            for a single point, what is left of rounding.
        attraction: rate at which what is across decays: the slowest over states, per time; negative if it grows.
        ratio: attraction over drift rate.
    """

    drift: np.ndarray
    drift_rate: float
    attraction: float
    ratio: float


def slow_manifold(velocity, states, dimension: int, discrete: bool = False) -> SlowManifold:
    """Drift along a manifold, attraction towards it, and their ratio.

    At each state the `dimension` eigenvalues of the Jacobian nearest to zero in real part, ordered by it from above,
    belong to the manifold; the attraction is minus the real part of the next. A line attractor has a large ratio; where
    nothing is slow it is about one.

    Args:
        velocity: f of `dx/dt = f(x)`, or with `discrete` the map of `x -> f(x)`, then per step; traceable by JAX.
        states: on the manifold, (point, state), such as `relax` gives.
        dimension: of the manifold.
        discrete: whether it is a map, of whose eigenvalues the logarithms of the moduli count.

    >>> line = slow_manifold(lambda x: jnp.array([-1e-3, -1.0]) * x, [[-1.0, 0.0], [1.0, 0.0]], 1)
    >>> line.drift_rate, line.attraction, line.ratio
    (0.001, 1.0, 1000.0)
    """
    states = checked(velocity, states, "step" if discrete else "velocity")
    speeds, J = (np.asarray(part) for part in _slopes(velocity, jnp.asarray(states)))
    if not (np.isfinite(speeds).all() and np.isfinite(J).all()):
        raise ProblemError("the velocity or its Jacobian is not finite at some of the states: leave those out.")
    eigenvalues = np.linalg.eigvals(J)
    if discrete:
        moduli = np.maximum(np.abs(eigenvalues), np.finfo(float).tiny)
        return slowness(states, speeds - states, np.log(moduli), dimension)
    return slowness(states, speeds, eigenvalues.real, dimension)


def slowness(states, speeds, rates, dimension: int) -> SlowManifold:
    """`slow_manifold` from what it needs to know of the states.

    Args:
        states, dimension: as there.
        speeds: velocities at the states, (point, state).
        rates: growth rates of perturbations there, (point, state).
    """
    dimension = count(dimension, "dimension", least=0, most=states.shape[1] - 1)
    rates = np.sort(rates, axis=1)[:, ::-1]
    drift = np.linalg.norm(speeds, axis=1)
    extent = float(np.sqrt(((states - states.mean(axis=0)) ** 2).sum(axis=1).mean()))
    drift_rate = float(drift.max() / extent) if extent > 0 else np.inf
    attraction = float((-rates[:, dimension]).min())
    return SlowManifold(drift, drift_rate, attraction, attraction / drift_rate if drift_rate > 0 else np.inf)


@eqx.filter_jit
def _slopes(velocity, states):
    return jax.vmap(velocity)(states), jax.vmap(jax.jacfwd(velocity))(states)
