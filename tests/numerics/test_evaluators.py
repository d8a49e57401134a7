"""Every exact evaluator gives the loss and gradient that the objective defines, each to its own error."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from jax.flatten_util import ravel_pytree

from numerics import evaluators
from numerics.claims.integrator_outlier import dense_problem, integrator_problem
from numerics.evaluators import Gramians, Moments, TimeGrid, default_evaluator
from tests.theory.systems import CONTINUOUS, DISCRETE, matrices, relative_error, value_and_gradient_by
from theory import LinearSystem, teachers
from theory.errors import ProblemError
from theory.objectives import FiniteWindow, WhiteNoise

STEP, HORIZON = 0.1, 50.0  # exp(-0.3 x 50) is left of the slowest mode below, 1e-13 of its energy

# How each evaluator is made for a teacher, and its own relative error: rounding; the moments left out, of
# the slowest mode below 0.7^k; the fourth power of the step, whose order is measured in a test below.
RECIPES = {
    "Gramians": (lambda teacher: Gramians(WhiteNoise(), teacher), 1e-12),
    "Moments": (lambda teacher: Moments(teacher, tolerance=1e-14), 1e-11),
    "TimeGrid": (lambda teacher: TimeGrid(teacher, HORIZON, STEP), 1e-4),
}
CLASSES = [name for name in evaluators.__all__ if isinstance(getattr(evaluators, name), type)]
CLASSES.remove("Sampled")  # exact on average only: see test_sampled
CASES = [(name, time) for name in CLASSES for time in (CONTINUOUS, DISCRETE)]
CASES.remove(("TimeGrid", DISCRETE))  # says so itself, below


@eqx.filter_jit
def evaluate(evaluator, batch, time):
    """Loss and gradient of a batch of students: training is always vectorised over seeds."""
    return jax.vmap(lambda system: evaluator.value_and_gradient(*system, time))(batch)


def stack(systems):
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *systems)


def network(seed, states, radius, time) -> LinearSystem:
    """A random network whose recurrent weights have that spectral radius."""
    random = np.random.default_rng(seed)
    W = random.normal(size=(states, states))
    W *= radius / np.abs(np.linalg.eigvals(W)).max()
    B, C = random.normal(size=(states, 2)), random.normal(size=(3, states))
    return LinearSystem(time.state_matrix(jnp.asarray(W)), B, C, time=time)


def with_an_idle_state(teacher) -> LinearSystem:
    """The teacher itself, as a student of four states."""
    A = scipy.linalg.block_diag(teacher.A, 0.5 * np.asarray(teacher.A)[:1, :1])
    B, C = np.pad(teacher.B, ((0, 1), (0, 0))), np.pad(teacher.C, ((0, 0), (0, 1)))
    return LinearSystem(A, B, C, time=teacher.time)


class Contract:
    """One evaluator on one batch: three random students, the teacher, and students for differences."""

    shift = 1e-3

    def __init__(self, name, time):
        make, self.error = RECIPES[name]
        self.teacher = network(1, 3, 0.7, time)
        self.students = [network(seed, 4, 0.5, time) for seed in (2, 3, 4)]
        self.students.append(with_an_idle_state(self.teacher))
        systems = [matrices(student) for student in self.students]
        flat, restore = ravel_pytree(systems[0])
        directions = self.shift * np.eye(flat.size)
        shifted = [restore(flat + k * d) for k in (2, 1, -1, -2) for d in directions]
        batch = stack(systems + shifted)
        losses, slopes = evaluate(make(self.teacher), batch, time)
        self.found = [jax.tree.map(lambda leaf, i=i: leaf[i], (losses, slopes)) for i in range(4)]
        two, one, minus_one, minus_two = np.asarray(losses)[4:].reshape(4, -1)
        self.differences = restore(
            jnp.asarray((8 * (one - minus_one) - (two - minus_two)) / (12 * self.shift))
        )
        louder = LinearSystem(self.teacher.A, self.teacher.B, 1.1 * self.teacher.C, time=time)
        losses, slopes = evaluate(make(louder), batch, time)
        self.for_another_teacher = jax.tree.map(lambda leaf: leaf[0], (losses, slopes))

    def exact(self, i):
        return value_and_gradient_by(WhiteNoise(), self.students[i], self.teacher)


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{case[1].name}")
def contract(request):
    return Contract(*request.param)


def test_every_exact_evaluator_is_under_the_contract():
    assert CLASSES == sorted(RECIPES)


def test_loss_and_gradient_are_those_of_white_noise(contract):
    for i in range(3):
        assert relative_error(contract.found[i], contract.exact(i)) < contract.error
    # the control: a teacher ten percent louder is told apart
    assert relative_error(contract.for_another_teacher, contract.exact(0)) > 0.01


def test_gradient_is_that_of_its_own_loss(contract):
    """By central differences of fourth order; rounding over the shift, 1e-13, times the losses' size."""
    assert relative_error(contract.found[0][1], contract.differences) < 1e-9


def test_student_that_is_the_teacher_has_no_loss_and_no_gradient(contract):
    loss, slope = contract.found[3]
    size, scale = contract.exact(0)
    assert abs(float(loss)) < contract.error * float(size)
    assert np.abs(ravel_pytree(slope)[0]).max() < contract.error * np.abs(ravel_pytree(scale)[0]).max()


class TestTimeGrid:
    """One learned exponential against another; stable, both growing, and one growing."""

    @staticmethod
    def exact(A, B, C, pole, horizon):
        """1/2 int_0^T (C B e^{A t} - e^{pole t})^2 dt."""
        a, own = (C @ B)[0, 0], A[0, 0]
        terms = ((a * a, 2 * own), (-2 * a, own + pole), (1.0, 2 * pole))
        return 0.5 * sum(size * jnp.expm1(rate * horizon) / rate for size, rate in terms)

    @pytest.mark.parametrize(("own", "pole"), [(-0.7, -0.3), (0.11, 0.05), (0.1, -0.3)])
    def test_error_falls_at_fourth_order_in_the_step_also_for_unstable_systems(self, own, pole):
        horizon, system = 6.0, tuple(jnp.array([[x]]) for x in (own, 1.3, 0.7))
        expected = jax.value_and_grad(self.exact, (0, 1, 2))(*system, pole, horizon)
        teacher, errors = LinearSystem([[pole]], [[1.0]], [[1.0]]), []
        for step in (0.2, 0.1):
            loss, slope = evaluate(TimeGrid(teacher, horizon, step), stack([system]), CONTINUOUS)
            errors += [[relative_error(loss, expected[0]), relative_error(slope, expected[1])]]
        # corrections of the next order are a step's size; a scheme of another order would be off by one
        np.testing.assert_allclose(-np.diff(np.log2(errors), axis=0), 4.0, atol=0.3)
        assert np.max(errors) < 1e-4

    def test_step_is_shortened_to_an_even_number_of_intervals(self):
        grid = TimeGrid(teachers.leaky_integrator(0.4), horizon=1.0, step=0.3)
        assert grid.step == pytest.approx(0.25)
        assert float(grid.quadrature.sum()) == pytest.approx(1.0)

    def test_discrete_teacher_and_step_beyond_the_horizon_are_refused(self):
        with pytest.raises(ProblemError, match="discrete time use Moments or Gramians"):
            TimeGrid(network(1, 3, 0.7, DISCRETE), 10.0, 0.1)
        with pytest.raises(ProblemError, match="no grid within the horizon 1"):
            TimeGrid(teachers.leaky_integrator(0.4), 1.0, 2.5)
        with pytest.raises(ProblemError, match="step = 0"):
            TimeGrid(teachers.leaky_integrator(0.4), 1.0, 0.0)


def test_default_is_moments_under_white_noise_and_else_the_exact_loss():
    problem = integrator_problem(0.4, 0.1)
    assert isinstance(default_evaluator(problem, 8), Moments)
    window = dataclasses.replace(problem, objective=FiniteWindow(5.0))
    slow = dataclasses.replace(problem, teacher=teachers.leaky_integrator(1e-3))  # too many moments
    for other in (window, slow):
        assert isinstance(default_evaluator(other, 8), Gramians)
    # an oscillation near the edge of the disc takes 1666 moments: too many for a small network, not for a wide one
    oscillator = dense_problem(teachers.damped_oscillator(0.3, 1.0, 1.2), 0.2)
    assert isinstance(default_evaluator(oscillator, 16), Gramians)
    assert isinstance(default_evaluator(oscillator, 64), Moments)
