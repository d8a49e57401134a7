"""The final-time task: aligned modes against the full matrices."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from jax.flatten_util import ravel_pytree

from theory import LinearSystem, Problem, teachers
from theory.architectures import FullRank
from theory.errors import ProblemError
from theory.final_time_modes import aligned_loss, aligned_velocity
from theory.flow import flow
from theory.initialisations import Gaussian
from theory.learning_rules import GradientFlow
from theory.objectives import FinalTime
from theory.reductions.own_architecture import gradient_field, unflattening
from theory.reductions.reduction import VectorField

TIMES, WIDTH = 4, 4
# singular values of two modes at each time: one that fades in, one of both signs
TARGETS = np.array([[0.2, 1.0], [0.5, -0.4], [1.1, 0.3], [2.0, 1.5]])
A, B, C = np.array([0.5, 0.8]), np.array([0.3, 0.9]), np.array([0.4, 0.6])
ORTHOGONAL = [scipy.stats.ortho_group.rvs(size, random_state=size)[:, :2] for size in (WIDTH, 2, 3)]


def aligned(a, b, c) -> dict:
    R, U, V = ORTHOGONAL
    return {
        "recurrent": jnp.asarray(R * b @ R.T),
        "input": jnp.asarray(R * a @ V.T),
        "readout": jnp.asarray(U * c @ R.T),
    }


def task() -> Problem:
    _, U, V = ORTHOGONAL
    responses = [U * s @ V.T for s in TARGETS[::-1]]  # lag k is time T - k
    teacher = teachers.delay_line(responses)
    return Problem(teacher, FullRank(), Gaussian(), FinalTime(TIMES), GradientFlow())


def test_aligned_modes_move_as_the_full_matrices_do():
    problem, R = task(), ORTHOGONAL[0]
    flat = ravel_pytree(aligned(A, B, C))[0]
    field = VectorField(gradient_field(problem, WIDTH), problem.teacher)
    end = unflattening(problem, WIDTH)(flow(field, flat, jnp.array([0.0, 3.0]), 1e-12)[-1])

    def velocity(_, state):
        return np.concatenate(aligned_velocity(*np.split(state, 3), jnp.asarray(TARGETS)))

    options = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13}
    path = scipy.integrate.solve_ivp(velocity, (0.0, 3.0), np.concatenate([A, B, C]), **options)
    a, b, c = np.split(path.y[:, -1], 3)
    expected = aligned(a, b, c)
    for name, values in expected.items():
        np.testing.assert_allclose(end[name], values, atol=1e-9)  # of both integrators
    assert float(problem.loss(expected)) == pytest.approx(float(aligned_loss(a, b, c, jnp.asarray(TARGETS))), rel=1e-12)
    assert np.abs(np.concatenate([a - A, b - B, c - C])).min() > 0.03  # all have moved
    np.testing.assert_allclose(a**2 - c**2, A**2 - C**2, atol=1e-10)
    assert np.abs(np.asarray(R.T @ end["recurrent"] @ R - np.diag(b))).max() < 1e-9


def test_only_the_last_output_counts():
    """Against the definition: the mean over whitened inputs of the last output's error, from rest."""
    random = np.random.default_rng(0)
    problem = task()
    weights = {name: jnp.asarray(0.5 * random.normal(size=w.shape)) for name, w in aligned(A, B, C).items()}
    system = problem.system(weights)

    def last(system, x):
        h = np.zeros(system.states)
        for now in x:
            h = np.asarray(system.A) @ h + np.asarray(system.B) @ now
        return np.asarray(system.C) @ h

    # the error is linear in the inputs: its mean square over white inputs is the sum over unit inputs
    total = 0.0
    for t in range(TIMES):
        for i in range(3):
            x = np.zeros((TIMES, 3))
            x[t, i] = 1.0
            total += np.sum((last(system, x) - last(problem.teacher, x)) ** 2)
    assert float(problem.loss(weights)) == pytest.approx(total / 2, rel=1e-13)


def test_accepts_growing_teachers_but_no_continuous_ones():
    growing = LinearSystem([[1.3]], [[1.0]], [[1.0]], time=task().teacher.time)
    FinalTime(5).check(growing)
    with pytest.raises(ProblemError, match="FiniteWindow"):
        FinalTime(5).check(teachers.leaky_integrator(0.2))
    with pytest.raises(ProblemError, match="length"):
        FinalTime(0)
