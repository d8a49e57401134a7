"""Sylvester, Lyapunov and Stein solutions against SciPy's, closed forms and finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.special
from jaxtyping import TypeCheckError

from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    EPSILON,
    TIMES,
    differences,
    name_of,
    random_state_matrix,
    relative_error,
)
from theory.matrix_equations import stein, sylvester

SOLVE = {CONTINUOUS.name: jax.jit(sylvester), DISCRETE.name: jax.jit(stein)}


def solve(time, A, D, F):
    return np.asarray(SOLVE[time.name](*(jnp.asarray(matrix) for matrix in (A, D, F))))


def lyapunov(time, A, F):
    """SciPy's solution with D = A."""
    if time == CONTINUOUS:
        return scipy.linalg.solve_continuous_lyapunov(A, -F)
    return scipy.linalg.solve_discrete_lyapunov(A, F, method="direct" if len(A) < 10 else "bilinear")


def rounding(time, A, D, F):
    """What a backward stable solver leaves: n eps |A| |D| |F| times the squared norm of the inverse.

    With D = A the inverse operator maps positive matrices to positive ones, so that its norm is that of
    its value at the identity; by Cauchy-Schwarz the mixed one is below their geometric mean. The factor
    ten is for the constants of inversion and repeated squaring.
    """
    n = max(len(A), len(D))
    inverse, other = (np.linalg.norm(lyapunov(time, M, np.eye(len(M))), 2) for M in (A, D))
    sizes = (1 + np.linalg.norm(A, 2)) * (1 + np.linalg.norm(D, 2))
    return 10 * n * EPSILON * sizes * inverse * other * np.linalg.norm(F, 2)


@pytest.mark.parametrize("margin", [0.3, 1e-4])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 3), (60, 60)])
def test_sylvester_solution_equals_scipys(n, m, margin):
    A, D = random_state_matrix(1, n, margin=margin), random_state_matrix(2, m, margin=margin)
    F = np.random.default_rng(3).normal(size=(n, m))
    expected = scipy.linalg.solve_sylvester(A, D.T, -F)
    np.testing.assert_allclose(
        solve(CONTINUOUS, A, D, F), expected, rtol=0, atol=rounding(CONTINUOUS, A, D, F)
    )


@pytest.mark.parametrize("margin", [0.3, 1e-4])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (7, 3)])
def test_stein_solution_equals_that_of_the_kronecker_system(n, m, margin):
    A = random_state_matrix(1, n, DISCRETE, margin)
    D = random_state_matrix(2, m, DISCRETE, margin)
    F = np.random.default_rng(3).normal(size=(n, m))
    expected = np.linalg.solve(np.eye(n * m) - np.kron(A, D), F.ravel()).reshape(n, m)
    np.testing.assert_allclose(solve(DISCRETE, A, D, F), expected, rtol=0, atol=rounding(DISCRETE, A, D, F))


@pytest.mark.parametrize("margin", [0.3, 1e-4])
@pytest.mark.parametrize("n", [1, 60])
@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_lyapunov_solution_equals_scipys_and_is_a_covariance(time, n, margin):
    A = random_state_matrix(4, n, time, margin)
    B = np.random.default_rng(5).normal(size=(n, 2))
    found, atol = solve(time, A, A, B @ B.T), rounding(time, A, A, B @ B.T)
    np.testing.assert_allclose(found, lyapunov(time, A, B @ B.T), rtol=0, atol=atol)
    np.testing.assert_allclose(found, found.T, rtol=0, atol=atol)
    assert np.linalg.eigvalsh((found + found.T) / 2).min() > -atol


def feedforward_chain(couplings):
    """As far from normal as a matrix of its norm can be: one Jordan block, each unit driving the next."""
    return -np.eye(len(couplings) + 1) + np.diag(couplings, k=-1)


def test_gramian_of_a_feedforward_chain_equals_its_closed_form():
    # unit k answers an impulse to the first with (product of couplings) t^k e^-t / k!
    couplings = np.array([3.0] * 6 + [1.0] * 53)
    A, B = feedforward_chain(couplings), np.eye(60)[:, :1]
    gain, k = np.cumprod([1.0, *couplings]), np.arange(60)
    total = k[:, None] + k
    expected = np.outer(gain, gain) * scipy.special.comb(total, k) / 2.0 ** (total + 1)
    found = solve(CONTINUOUS, A, A, B @ B.T)
    # solvers by eigenvalues lose all digits here; the rounding of n products of n terms stays
    atol = 60 * 60 * EPSILON * expected.max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


def test_cross_gramian_of_two_feedforward_chains_equals_scipys():
    A, D = feedforward_chain(np.full(59, 0.8)), 0.5 * feedforward_chain(np.full(59, -1.0)).T
    F = np.random.default_rng(6).normal(size=(60, 60))
    np.testing.assert_allclose(
        solve(CONTINUOUS, A, D, F),
        scipy.linalg.solve_sylvester(A, D.T, -F),
        rtol=0,
        atol=rounding(CONTINUOUS, A, D, F),
    )


def test_stein_solution_of_a_nilpotent_chain_is_a_finite_sum():
    A = np.eye(60, k=-1)  # its norm is one, and its 60th power zero
    F = np.random.default_rng(7).normal(size=(60, 60))
    powers = [np.linalg.matrix_power(A, k) for k in range(60)]
    expected = sum(power @ F @ power.T for power in powers)
    # at most 60 numbers of order one are added, in another order
    np.testing.assert_allclose(solve(DISCRETE, A, A, F), expected, rtol=0, atol=60 * 60 * EPSILON)


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_residual_of_the_gramian_equation_vanishes(time):
    A, D = random_state_matrix(8, 7, time), random_state_matrix(9, 3, time)
    F = np.random.default_rng(10).normal(size=(7, 3))
    residual = time.gramian_residual(A, D, solve(time, A, D, F), F)
    np.testing.assert_allclose(residual, np.zeros((7, 3)), atol=rounding(time, A, D, F))


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_system_that_grows_has_no_gramian(time):
    stable, unstable = random_state_matrix(11, 60, time), random_state_matrix(11, 60, time, -0.01)
    assert np.isfinite(solve(time, stable, stable, np.eye(60))).all()
    assert not np.isfinite(solve(time, unstable, unstable, np.eye(60))).any()


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_gradient_of_the_solution_equals_finite_differences(time):
    # margins of 0.8 keep the solution and all its derivatives of order one
    point = tuple(
        jnp.asarray(matrix)
        for matrix in (
            random_state_matrix(12, 7, time, 0.8),
            random_state_matrix(13, 3, time, 0.8),
            np.random.default_rng(14).normal(size=(7, 3)),
        )
    )
    weights = jnp.asarray(np.random.default_rng(15).normal(size=(7, 3)))
    solver = SOLVE[time.name]

    def scalar(point):
        return jnp.vdot(weights, solver(*point))

    # 1e-9: the differences' own error, with some room
    assert relative_error(jax.jit(jax.grad(scalar))(point), differences(scalar, point)) < 1e-9


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_vmap_equals_a_loop_over_fast_and_slow_systems(time):
    margins = [0.9, 0.3, 1e-4]  # they need 5 to 17 doublings: none may be stopped early
    A = np.stack([random_state_matrix(16, 7, time, margin) for margin in margins])
    D = np.stack([random_state_matrix(17, 3, time, margin) for margin in margins])
    F = np.random.default_rng(18).normal(size=(3, 7, 3))
    together = jax.jit(jax.vmap(SOLVE[time.name]))(A, D, F)
    for k in range(3):
        expected = solve(time, A[k], D[k], F[k])
        np.testing.assert_allclose(together[k], expected, rtol=0, atol=rounding(time, A[k], D[k], F[k]))


def test_shapes_in_types_are_checked_in_these_tests():
    with pytest.raises(TypeCheckError, match="parameter 'F'"):
        stein(jnp.eye(2), jnp.eye(3), jnp.ones((3, 2)))
