"""Collisions of two poles: where real poles meet and part as a conjugate pair, or the reverse."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.interpolate import CubicHermiteSpline

from theory.errors import NotDerivableError
from theory.learning_rules import GradientFlow


class Collision(NamedTuple):
    """Two poles meet. Near it they are at `pole +- sqrt(speed (s - training_time))`."""

    training_time: float
    pole: float
    speed: float
    """How fast the discriminant crosses zero, per training time; negative where an oscillation is born."""


def discriminant(A):
    """`D = (tr A / 2)^2 - det A` of a 2 x 2 matrix: its eigenvalues are `tr A / 2 +- sqrt(D)`.

    Args:
        A: shape (..., 2, 2).

    >>> float(discriminant(jnp.array([[-1.0, 2.0], [-2.0, -1.0]])))
    -4.0
    """
    half_trace = (A[..., 0, 0] + A[..., 1, 1]) / 2
    return half_trace**2 - (A[..., 0, 0] * A[..., 1, 1] - A[..., 0, 1] * A[..., 1, 0])


def collisions(dynamics, path) -> list[Collision]:
    """All collisions of the two poles along a path of gradient flow.

    The poles and residues of a network are singular functions of its weights where two poles meet; the
    discriminant is a smooth one, and crosses zero at a finite speed (of which `path` has to resolve the sign
    changes). Poles part as the square root of the time since, residues diverge as one over it.

    Args:
        dynamics: `LearningDynamics` whose networks have two units: one input and one output.
        path: what its `solve` or `solve_from` returned.

    Raises:
        NotDerivableError: networks of another width; a rule with a step size of its own.
    """
    reduction, problem = dynamics.reduction, dynamics.problem
    states = jnp.asarray(path["state"].values)
    if reduction.network(problem, states[0])["recurrent"].shape != (2, 2):
        raise NotDerivableError("collisions are followed in networks of two units: one input and one output.")
    if not isinstance(problem.learning_rule, GradientFlow):
        raise NotDerivableError("collisions are followed along gradient flow, not along finite steps.")
    field = reduction.vector_field(problem)

    def along(state):
        return discriminant(reduction.matrices(problem, state)[0])

    def speed(state):
        return jax.jvp(along, (state,), (field.function(state, field.parameters),))[1]

    times = path["training_time"].values
    values, slopes = (np.asarray(jax.lax.map(function, states)) for function in (along, speed))
    smooth = CubicHermiteSpline(times, values, slopes)
    velocities = jax.lax.map(lambda state: field.function(state, field.parameters), states)
    followed = CubicHermiteSpline(times, states, np.asarray(velocities))
    found = []
    for when in smooth.roots(extrapolate=False):
        if when > times[0]:  # without recurrence all poles coincide
            state = jnp.asarray(followed(when))
            pole = np.trace(reduction.matrices(problem, state)[0]) / 2
            found.append(Collision(float(when), float(pole), float(speed(state))))
    return found
