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
SIZES = [(1, 1), (2, 5), (7, 3), (60, 1), (60, 60)]


def solve(time, A, D, F):
    return np.asarray(SOLVE[time.name](*(jnp.asarray(matrix) for matrix in (A, D, F))))


def lyapunov(time, A, F):
    """SciPy's solution with D = A."""
    if time == CONTINUOUS:
        return scipy.linalg.solve_continuous_lyapunov(A, -F)
    return scipy.linalg.solve_discrete_lyapunov(A, F, method="direct" if len(A) < 10 else "bilinear")


def rounding(time, A, D, F):
    """Forward error of a backward stable solver: n eps times the norm of the inverse operator.

    The inverse operator with D = A attains its norm at the identity (it maps positive matrices to
    positive ones), and by Cauchy-Schwarz the mixed one is below the geometric mean of the two. Ten
    covers the constants of inversion and squaring.
    """
    n = max(len(A), len(D))
    norms = [np.linalg.norm(lyapunov(time, M, np.eye(len(M))), 2) for M in (A, D)]
    sizes = (1 + np.linalg.norm(A, 2)) * (1 + np.linalg.norm(D, 2))
    inverse = np.sqrt(norms[0] * norms[1])
    return 10 * n * EPSILON * sizes * inverse**2 * np.linalg.norm(F, 2)


def chain(states, decay, coupling):
    """A feedforward chain: as far from normal as a matrix of that size and norm can be."""
    return -decay * np.eye(states) + coupling * np.eye(states, k=-1)


@pytest.mark.parametrize("margin", [0.3, 1e-4])
@pytest.mark.parametrize(("n", "m"), SIZES)
def test_sylvester_solution_equals_scipys(n, m, margin):
    A, D = random_state_matrix(1, n, margin=margin), random_state_matrix(2, m, margin=margin)
    F = np.random.default_rng(3).normal(size=(n, m))
    expected = scipy.linalg.solve_sylvester(A, D.T, -F)
    np.testing.assert_allclose(
        solve(CONTINUOUS, A, D, F), expected, rtol=0, atol=rounding(CONTINUOUS, A, D, F)
    )


@pytest.mark.parametrize("margin", [0.3, 1e-4])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 5), (7, 3), (60, 1)])
def test_stein_solution_equals_the_kronecker_solution(n, m, margin):
    A = random_state_matrix(1, n, DISCRETE, margin)
    D = random_state_matrix(2, m, DISCRETE, margin)
    F = np.random.default_rng(3).normal(size=(n, m))
    expected = np.linalg.solve(np.eye(n * m) - np.kron(A, D), F.ravel()).reshape(n, m)
    np.testing.assert_allclose(
        solve(DISCRETE, A, D, F), expected, rtol=0, atol=rounding(DISCRETE, A, D, F)
    )


@pytest.mark.parametrize("margin", [0.3, 1e-4])
@pytest.mark.parametrize("n", [1, 7, 60])
@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_lyapunov_solution_equals_scipys_and_is_a_covariance(time, n, margin):
    A = random_state_matrix(4, n, time, margin)
    B = np.random.default_rng(5).normal(size=(n, 2))
    found, atol = solve(time, A, A, B @ B.T), rounding(time, A, A, B @ B.T)
    np.testing.assert_allclose(found, lyapunov(time, A, B @ B.T), rtol=0, atol=atol)
    np.testing.assert_allclose(found, found.T, rtol=0, atol=atol)
    assert np.linalg.eigvalsh((found + found.T) / 2).min() > -atol


@pytest.mark.parametrize(("states", "coupling"), [(7, 3.0), (60, 1.0)])
def test_gramian_of_a_feedforward_chain_equals_its_closed_form(states, coupling):
    # state k of the chain answers an impulse with coupling^k t^k e^-t / k!
    B = np.eye(states)[:, :1]
    k = np.arange(states)
    total = k[:, None] + k
    expected = scipy.special.comb(total, k) * coupling**total / 2.0 ** (total + 1)
    found = solve(CONTINUOUS, *2 * [chain(states, 1.0, coupling)], B @ B.T)
    # no eigenvalue solver survives this matrix; doubling adds positive terms: rounding of 60 products
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=0)


@pytest.mark.parametrize(("states", "decay", "coupling"), [(7, 0.5, 2.0), (60, 0.5, 0.4)])
def test_sylvester_solution_of_jordan_like_chains_equals_scipys(states, decay, coupling):
    A, D = chain(states, decay, coupling), chain(7, 1.0, 1.0).T
    F = np.random.default_rng(6).normal(size=(states, 7))
    expected = scipy.linalg.solve_sylvester(A, D.T, -F)
    # a growth that large costs digits in either solver: compare to rounding times the growth
    growth = np.abs(expected).max() / np.abs(F).max()
    np.testing.assert_allclose(
        solve(CONTINUOUS, A, D, F), expected, rtol=0, atol=1e3 * EPSILON * growth * np.abs(expected).max()
    )


def test_stein_solution_of_a_nilpotent_chain_is_its_finite_sum():
    A = np.eye(60, k=-1)  # A^60 = 0, though |A| = 1
    F = np.random.default_rng(7).normal(size=(60, 60))
    expected = sum(
        np.linalg.matrix_power(A, k) @ F @ np.linalg.matrix_power(A, k).T for k in range(60)
    )
    # sums of at most 60 numbers of order one, in another order
    np.testing.assert_allclose(solve(DISCRETE, A, A, F), expected, rtol=0, atol=1e4 * EPSILON)


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_residual_of_the_gramian_equation_vanishes(time):
    A, D = random_state_matrix(8, 7, time), random_state_matrix(9, 3, time)
    F = np.random.default_rng(10).normal(size=(7, 3))
    residual = time.gramian_residual(A, D, solve(time, A, D, F), F)
    np.testing.assert_allclose(residual, np.zeros((7, 3)), atol=rounding(time, A, D, F))


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_system_that_grows_has_no_gramian(time):
    stable, unstable = random_state_matrix(11, 5, time), random_state_matrix(11, 5, time, -0.1)
    assert np.isfinite(solve(time, stable, stable, np.eye(5))).all()
    assert not np.isfinite(solve(time, unstable, unstable, np.eye(5))).any()


@pytest.mark.parametrize("time", TIMES, ids=name_of)
class TestDerivatives:
    """Of a scalar made from the solution, in A, D and F at once."""

    @pytest.fixture
    def point(self, time):
        F = np.random.default_rng(14).normal(size=(4, 3))
        A, D = random_state_matrix(12, 4, time), random_state_matrix(13, 3, time)
        return tuple(jnp.asarray(matrix) for matrix in (A, D, F))

    @pytest.fixture
    def scalar(self, time):
        weights = jnp.asarray(np.random.default_rng(15).normal(size=(4, 3)))
        return lambda point: jnp.vdot(weights, jnp.sin(SOLVE[time.name](*point)))

    def test_gradient_equals_finite_differences(self, scalar, point):
        # the fourth-order differences' own error is near 1e-11
        assert relative_error(jax.jit(jax.grad(scalar))(point), differences(scalar, point)) < 1e-9

    def test_forward_and_reverse_derivatives_agree(self, scalar, point):
        direction = jax.tree.map(jnp.cos, point)
        gradient = jax.jit(jax.grad(scalar))(point)
        slope = sum(jnp.vdot(g, d) for g, d in zip(gradient, direction, strict=True))
        forward = jax.jit(lambda point: jax.jvp(scalar, (point,), (direction,))[1])(point)
        assert forward == pytest.approx(float(slope), rel=1e-12)  # rounding

    def test_curvature_equals_differences_of_the_gradient(self, scalar, point):
        direction = jax.tree.map(jnp.cos, point)

        def slope(point):
            return jax.jvp(scalar, (point,), (direction,))[1]

        assert relative_error(jax.jit(jax.grad(slope))(point), differences(slope, point)) < 1e-9


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_vmap_equals_a_loop_over_fast_and_slow_systems(time):
    margins = [0.9, 0.3, 1e-4]  # they need 5 to 17 doublings: none may be stopped early or run on
    A = np.stack([random_state_matrix(16, 6, time, margin) for margin in margins])
    F = np.random.default_rng(17).normal(size=(3, 6, 6))
    together = jax.jit(jax.vmap(SOLVE[time.name]))(A, A, F)
    for k in range(3):
        expected = solve(time, A[k], A[k], F[k])
        np.testing.assert_allclose(
            together[k], expected, rtol=0, atol=rounding(time, A[k], A[k], F[k])
        )


def test_shapes_in_types_are_checked_in_these_tests():
    with pytest.raises(TypeCheckError, match='Float.*"n m"'):
        stein(jnp.eye(2), jnp.eye(3), jnp.ones((3, 2)))
