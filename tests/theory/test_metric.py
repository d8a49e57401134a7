"""Architecture as a metric: the reference numbers of one real pole, and the metric a second way."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from tests.theory.test_contracts import ARCHITECTURES, each, example
from theory import DiscreteTime, Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.errors import DivergedError, ProblemError
from theory.metric import convergence, learned, mode_metric, response_kernel


def problem(architecture, rate=0.2, teacher=None) -> Problem:
    return Problem(
        teacher or teachers.leaky_integrator(rate),
        architecture,
        initialisations.Gaussian(0.6, 0.6, 0.3),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


def one_unit(recurrent: dict, size=1e-3) -> dict:
    return {**recurrent, "input": jnp.full((1, 1), size), "readout": jnp.full((1, 1), size)}


SMALL = jnp.full((1, 1), 1e-3)
# a balanced start, the metric of the rate at the solution, the condition number as printed in the literature notes
ONE_POLE = {
    "dense": (architectures.FullRank(), {"recurrent": 0 * SMALL}, 1.0, 14.75),
    "rank one": (architectures.LowRank(1), {"left": SMALL, "right": SMALL}, 2 * (1 - 0.2), 22.15),
    "exponential": (architectures.ExponentialRate(), {"recurrent": jnp.zeros(1)}, 0.2**2, 10.40),
    "sigmoid": (architectures.SigmoidGate(), {"recurrent": jnp.zeros(1)}, (0.2 * 0.8) ** 2, 14.75),
    "inverse square": (architectures.InverseSquareRate(), {"recurrent": jnp.zeros(1)}, 4 * 0.2**3, 12.3),
}


@pytest.mark.parametrize(
    "name",
    [
        "rank one",
        "exponential",
        *(pytest.param(n, marks=pytest.mark.full) for n in ("dense", "sigmoid", "inverse square")),
    ],
)
def test_condition_number_and_metric_of_one_learned_pole(name):
    architecture, recurrent, of_rate, condition = ONE_POLE[name]
    ours = problem(architecture)
    weights = learned(ours, one_unit(recurrent), training_time=200.0)
    found = mode_metric(ours, weights)
    np.testing.assert_allclose([found.poles[0], found.residues[0]], [-0.2, 1.0], atol=1e-10)
    np.testing.assert_allclose(
        found.metric, np.diag([of_rate, 2.0]), atol=1e-6
    )  # balanced up to the start's square
    # the printed digits
    assert convergence(ours, weights).condition_number == pytest.approx(
        condition, abs=0.5 * 10 ** -len(str(condition).split(".")[1])
    )


def test_condition_number_is_that_of_the_metric_times_the_hessian_of_function_space():
    """With L(a, c) of one pole: H at the solution is [[1/(2c), -1/(4c^2)], [-1/(4c^2), 1/(4c^3)]] in (a, c)."""
    ours = problem(architectures.ExponentialRate())
    weights = learned(ours, one_unit({"recurrent": jnp.zeros(1)}), training_time=200.0)
    c = 0.2
    hessian = np.array([[1 / (2 * c), -1 / (4 * c**2)], [-1 / (4 * c**2), 1 / (4 * c**3)]])
    rates = np.sort(np.linalg.eigvals(np.diag([2.0, c**2]) @ hessian))[::-1]
    np.testing.assert_allclose(convergence(ours, weights).rates, rates, rtol=1e-6)


def modes_by_differences(ours, weights, spacing=1e-6):
    """d(poles, residues)/d(weights) by central differences of a brute-force eigendecomposition."""
    flat, restore = ravel_pytree(weights)

    def modes(x):
        A, B, C = map(np.asarray, ours.architecture.matrices(restore(jnp.asarray(x)), ours.teacher.time))
        values, right = np.linalg.eig(A)
        residues = (C @ right)[0] * np.linalg.solve(right, B.astype(complex))[:, 0]
        order = np.lexsort((values.imag, -values.real))
        return np.concatenate([values[order], residues[order]])

    shifts = spacing * np.eye(flat.size)
    return np.stack([(modes(flat + s) - modes(flat - s)) / (2 * spacing) for s in shifts], axis=1)


@each(ARCHITECTURES)
def test_metric_is_that_of_modes_moved_by_hand(kind):
    teacher = teachers.damped_oscillator(0.3, 1.0)
    for time in (None, DiscreteTime()):
        ours = problem(
            example(kind),
            teacher=teacher if time is None else teachers.state_space([[0.5]], [[1.0]], [[1.0]], time),
        )
        weights = ours.draw(2, 5)
        if kind in (architectures.Antisymmetric, architectures.ScaledOrthogonal):
            weights = {**weights, "recurrent": weights["recurrent"] + jnp.array([[0.0, 1.0], [0.0, 0.0]])}
            weights = {name: group + (0.3 if name == "gain" else 0.0) for name, group in weights.items()}
        if isinstance(ours.architecture, architectures.ComplexUnits):
            weights = {**weights, "frequency": weights["frequency"] + jnp.array([0.7, 1.3])}
        J = modes_by_differences(ours, weights)
        found = mode_metric(ours, weights)
        # the differences' own error
        np.testing.assert_allclose(found.metric, J @ J.conj().T, atol=2e-7 * np.abs(J @ J.conj().T).max())
        kernel = response_kernel(ours, weights, [0, 1, 2])[:, 0, 0, :, 0, 0]
        np.testing.assert_allclose(kernel, kernel.T, rtol=1e-12)
        assert np.linalg.eigvalsh(kernel).min() > -1e-12 * kernel.max()


def test_response_kernel_follows_from_the_metric_of_modes():
    """g(t) = sum a exp(pole t), so K(t, t') = (dg/dmodes) M (dg/dmodes)^T."""
    ours = problem(architectures.FullRank())
    weights = {
        "recurrent": jnp.array([[0.6, 0.3], [0.1, -0.2]]),
        "input": jnp.array([[1.0], [0.5]]),
        "readout": jnp.array([[0.7, -0.4]]),
    }
    t = np.array([0.0, 0.5, 2.0, 5.0])
    found = mode_metric(ours, weights)
    of_modes = np.exp(np.outer(t, found.poles))
    derivative = np.concatenate([t[:, None] * found.residues * of_modes, of_modes], axis=1)
    expected = derivative @ found.metric @ derivative.conj().T
    np.testing.assert_allclose(response_kernel(ours, weights, t)[:, 0, 0, :, 0, 0], expected.real, rtol=1e-10)


def test_refusals_name_what_is_wrong():
    ours = problem(architectures.FullRank())
    twice = {"recurrent": jnp.eye(2), "input": jnp.ones((2, 1)), "readout": jnp.ones((1, 2))}
    with pytest.raises(ProblemError, match="coincide near 0"):
        mode_metric(ours, twice)
    two = problem(architectures.FullRank(), teacher=teachers.state_space([[-1.0]], [[1.0, 0.0]], [[1.0]]))
    with pytest.raises(ProblemError, match="got 2 and 1"):
        mode_metric(two, {**twice, "input": jnp.ones((2, 2))})
    with pytest.raises(DivergedError, match="longer training time"):
        learned(ours, one_unit({"recurrent": jnp.zeros((1, 1))}), training_time=1.0)
