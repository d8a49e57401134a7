"""The loss from moments against the one from Gramians, and the warning where moments do not converge."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    differences,
    embedded,
    matrices,
    random_system,
    relative_error,
    responses,
    transfers,
    white_noise_gradient,
    white_noise_loss,
    with_matrices,
)
from theory import LinearSystem, Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.errors import ProblemError, UnstableSystemError
from theory.moments import Moments

# the continuous ones have memories that outlast the leak, and others that are faster than it
TEACHERS = {
    "continuous": LinearSystem(np.diag([-0.05, -1.0, -2.5]), np.ones((3, 1)), [[1.0, 0.5, -1.5]]),
    "continuous, MIMO": LinearSystem(
        [[-0.2, 0.0, 0.0], [0.3, -0.6, 1.0], [0.0, -1.0, -0.6]],
        [[1.0, 0.2], [0.0, 1.0], [-0.5, 0.3]],
        [[1.0, 0.0, 0.4], [0.0, 1.0, 0.0], [0.3, -0.2, 1.0]],
    ),
    "discrete, MIMO": random_system(3, 3, 2, 3, DISCRETE, margin=0.1),
}


@pytest.fixture(params=TEACHERS)
def teacher(request):
    return TEACHERS[request.param]


@pytest.fixture
def student(teacher):
    """A network of five units with a random recurrence, gain 0.3."""
    random = np.random.default_rng(4)
    W = 0.3 * random.normal(size=(5, 5)) / np.sqrt(5)
    B, C = random.normal(size=(5, teacher.inputs)), random.normal(size=(teacher.outputs, 5))
    return LinearSystem(teacher.time.state_matrix(jnp.asarray(W)), B, C, time=teacher.time)


@eqx.filter_jit
def by_moments(moments, student):
    return moments.value_and_gradient(*matrices(student))


_moments = eqx.filter_jit(lambda moments, *parameters: moments.moments(*parameters))


def moments_of(moments, student):
    return _moments(moments, *matrices(student))


def test_loss_and_gradient_equal_those_from_gramians(student, teacher):
    moments = Moments(teacher)
    loss, gradient = by_moments(moments, student)
    expected = float(white_noise_loss(student, teacher))
    # moments beyond the last are below the tolerance of 1e-10, and enter the loss with their square
    assert float(loss) == pytest.approx(expected, rel=1e-10)
    assert relative_error(gradient, white_noise_gradient(student, teacher)) < 1e-9
    ours = moments_of(moments, student)
    assert float(moments.loss_of(ours)) == pytest.approx(expected, rel=1e-10)
    assert moments.remainder(ours) < 1e-10


def test_loss_and_gradient_of_a_student_that_has_nearly_learned(student, teacher):
    A, B, C = matrices(embedded(teacher))
    learned = with_matrices(student, (A, 1.01 * B, C))
    loss, gradient = by_moments(Moments(teacher), learned)
    # now the slowest mode is the student's too: moments of 1e-10 and below are left out
    assert float(loss) == pytest.approx(float(white_noise_loss(learned, teacher)), rel=1e-9)
    assert relative_error(gradient, white_noise_gradient(learned, teacher)) < 1e-8


def test_gradient_is_that_of_its_own_loss(student, teacher):
    moments = Moments(teacher)

    @eqx.filter_jit
    def loss(parameters):
        return moments.loss_of(moments.moments(*parameters))

    expected = differences(loss, matrices(student))
    # exact whatever the number of moments: what is left is the differences' own error
    assert relative_error(by_moments(moments, student)[1], expected) < 1e-9


def test_bases_turn_moments_into_responses(student, teacher):
    moments = Moments(teacher)
    m = moments_of(moments, student)
    lags = np.array([0, 1, 2, 5, 11]) * (1 if teacher.time == DISCRETE else 0.7)
    found = np.einsum("lk,kqp->lqp", moments.impulse_response_basis(lags), m)
    np.testing.assert_allclose(found, responses(student, lags), rtol=0, atol=1e-12)  # rounding
    frequencies = np.array([0.0, 0.01, 0.3, 3.0])
    points = np.asarray(teacher.time.frequency_points(frequencies))
    found = np.einsum("fk,kqp->fqp", moments.transfer_function_basis(points), m)
    np.testing.assert_allclose(found, transfers(student, points), rtol=0, atol=1e-12)


def integrator(rate):
    return teachers.leaky_integrator(rate)


class TestRemainder:
    """A large remainder is the only sign that the loss must not be believed."""

    @pytest.mark.parametrize(
        ("student", "rate"),
        [
            (integrator(2.1), 0.2),  # outside |pole + 1| < 1, barely
            (integrator(2.5), 0.2),
            (integrator(2.5), 0.05),
            (integrator(5.0), 0.05),  # its squared moments overflow
            (integrator(20.0), 0.05),  # its moments overflow
            (integrator(0.01), 0.2),  # inside, but slower than the number of moments allows for
            (LinearSystem([[0.02]], [[1.0]], [[1.0]]), 0.2),  # it grows
            (LinearSystem([[-0.1, 1.5], [-1.5, -0.1]], np.ones((2, 1)), np.ones((1, 2))), 0.2),
        ],
        ids=lambda case: str(case.poles()) if isinstance(case, LinearSystem) else str(case),
    )
    def test_is_large_where_moments_do_not_converge(self, student, rate):
        moments = Moments(integrator(rate))
        remainder = moments.remainder(moments_of(moments, student))
        assert remainder > 0.1  # and so not nan, which no threshold notices

    def test_is_large_for_a_discrete_student_that_grows(self):
        teacher = LinearSystem([[0.8]], [[1.0]], [[1.0]], time=DISCRETE)
        moments = Moments(teacher)
        assert moments.remainder(moments_of(moments, teacher)) < 1e-9
        growing = with_matrices(teacher, ([[1.05]], teacher.B, teacher.C))
        assert moments.remainder(moments_of(moments, growing)) > 0.1

    def test_bounds_the_error_of_the_loss(self):
        teacher = integrator(0.2)
        moments = Moments(teacher)
        seen = []
        for rate in np.geomspace(0.05, 1.9, 12):
            m = moments_of(moments, integrator(rate))
            expected = 0.25 / rate - 1 / (rate + 0.2) + 0.25 / 0.2
            error = abs(float(moments.loss_of(m)) - expected)
            seen.append(float(moments.remainder(m)))
            # moments fall geometrically from the last on, by a factor no nearer to one than 0.95
            assert error < 20 * seen[-1] + 1e-12
        assert min(seen) < 1e-10 < 1e-3 < max(seen)


class TestNumber:
    def test_is_where_the_teachers_moments_have_fallen_to_the_tolerance(self):
        numbers = []
        for tolerance in (1e-4, 1e-7, 1e-10):
            moments = Moments(integrator(0.2), tolerance=tolerance)
            numbers.append(moments.number)
            sizes = np.abs(moments.teacher_moments[:, 0, 0]) / abs(moments.teacher_moments[0, 0, 0])
            assert sizes.shape == (moments.number,)
            assert 0.8 * tolerance < sizes[-1] <= tolerance * (1 + 1e-12) < sizes[-2]
        assert numbers[0] < numbers[1] < numbers[2]

    def test_of_a_slower_teacher_is_larger(self):
        assert Moments(integrator(0.05)).number > 2 * Moments(integrator(0.2)).number

    def test_above_the_most_accepted_is_an_error_that_gives_it(self):
        needed = Moments(integrator(0.05)).number
        with pytest.raises(ProblemError, match=rf"needs {needed} moments .* more than 300: raise `most`"):
            Moments(integrator(0.05), most=300)
        assert Moments(integrator(0.05), most=needed).number == needed
        with pytest.raises(ProblemError, match="more than 2000"):
            Moments(integrator(0.001))

    @pytest.mark.parametrize("tolerance", [0.0, -1e-3, np.nan])
    def test_needs_a_tolerance_that_is_positive(self, tolerance):
        with pytest.raises(ProblemError, match="tolerance"):
            Moments(integrator(0.2), tolerance=tolerance)


def test_centre_does_not_matter_where_moments_converge():
    teacher = integrator(0.2)
    student = LinearSystem([[-0.4, 0.3], [-0.3, -0.8]], np.ones((2, 1)), np.ones((1, 2)))
    losses = []
    for centre in (0.8, 2.0):
        moments = Moments(teacher, centre=centre)
        losses.append(float(moments.loss_of(moments_of(moments, student))))
    assert losses[0] == pytest.approx(losses[1], rel=1e-10)


def test_centre_whose_disc_leaves_the_teacher_out_is_refused_as_such():
    with pytest.raises(ProblemError, match="centre"):
        Moments(integrator(2.5), centre=1.0)


@pytest.mark.parametrize(("A", "time"), [([[0.1]], CONTINUOUS), ([[1.1]], DISCRETE)])
def test_unstable_teacher_is_refused(A, time):
    with pytest.raises(UnstableSystemError, match="FiniteWindow"):
        Moments(LinearSystem(A, [[1.0]], [[1.0]], time=time))


def test_a_cascade_whose_moments_cancel_is_refused_and_trained_by_gramians():
    """Eight stages sixteen times faster than the leak: moments of a million, of both signs, for a loss below one."""
    from numerics.evaluators import Gramians, default_evaluator

    def cascade(rate, stages=8):
        A = rate * (np.eye(stages, k=-1) - np.eye(stages))
        return teachers.state_space(A, rate * np.eye(stages)[:, :1], np.eye(stages)[-1:])

    with pytest.raises(ProblemError, match="cancel"):
        Moments(cascade(16.0))
    start, flow = initialisations.Gaussian(), learning_rules.GradientFlow()
    problem = Problem(cascade(16.0), architectures.FullRank(), start, objectives.WhiteNoise(), flow)
    assert isinstance(default_evaluator(problem, 10_000), Gramians)
    # where they are not refused they have the teacher's energy, rate binom(14, 7) / 2^15
    for rate in (0.5, 1.0, 1.5):
        silent = jnp.zeros_like(Moments(cascade(rate)).teacher_moments)
        energy = 2 * float(Moments(cascade(rate)).loss_of(silent))
        assert energy == pytest.approx(rate * 3432 / 2**15, rel=1e-6)
