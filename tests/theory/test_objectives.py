"""The loss over a finite window against quadrature, and what each objective refuses."""

import numpy as np
import pytest

from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    differences,
    loss_by_quadrature,
    matrices,
    random_system,
    relative_error,
    value_and_gradient_by,
    white_noise_gradient,
    white_noise_loss,
    with_matrices,
)
from theory import LinearSystem
from theory.errors import ProblemError, UnstableSystemError
from theory.objectives import FiniteWindow, WhiteNoise


def loss_in_window(duration, student, teacher):
    return value_and_gradient_by(FiniteWindow(duration), student, teacher)[0]


def gradient_in_window(duration, student, teacher):
    return value_and_gradient_by(FiniteWindow(duration), student, teacher)[1]


def student_and_teacher(margin=0.3):
    """Five states against three, two inputs, three outputs; with a negative margin the teacher grows."""
    return random_system(1, 5, 2, 3), random_system(101, 3, 2, 3, margin=margin)


def fast_and_slow(teacher_rates=(0.05, 2.5)):
    """A network with a random recurrence, and a teacher whose modes are not its axes."""
    random = np.random.default_rng(2)
    W = 0.7 * random.normal(size=(5, 5)) / np.sqrt(5)
    basis = np.linalg.qr(random.normal(size=(3, 3)))[0]
    A = basis @ -np.diag([*teacher_rates, 1.0]) @ basis.T
    student = LinearSystem(W - np.eye(5), random.normal(size=(5, 2)), random.normal(size=(3, 5)))
    return student, LinearSystem(A, random.normal(size=(3, 2)), random.normal(size=(3, 3)))


class TestFiniteWindow:
    @pytest.mark.parametrize("margin", [0.3, 0.0, -0.2], ids=["stable", "integrates", "grows"])
    def test_loss_is_half_the_squared_distance_of_impulse_responses_up_to_its_end(self, margin):
        student, teacher = student_and_teacher(margin)
        expected = loss_by_quadrature(student, teacher, duration=6.0)
        found = float(loss_in_window(6.0, student, teacher))
        assert found == pytest.approx(expected, rel=1e-11)  # rounding of a block exponential

    @pytest.mark.parametrize("duration", [6.0, 20.0, 80.0])
    def test_loss_of_fast_and_slow_modes_keeps_its_digits_in_long_windows(self, duration):
        student, teacher = fast_and_slow()
        expected = loss_by_quadrature(student, teacher, duration)
        assert float(loss_in_window(duration, student, teacher)) == pytest.approx(expected, rel=1e-10)

    def test_loss_and_gradient_tend_to_those_of_white_noise_in_long_windows(self):
        student, teacher = student_and_teacher()
        expected = float(white_noise_loss(student, teacher))
        gaps = [expected - float(loss_in_window(T, student, teacher)) for T in (6.0, 20.0)]
        # what the window misses falls as the slowest mode's square, exp(-0.6 T)
        assert 0 < gaps[1] < 10 * np.exp(-0.6 * 14.0) * gaps[0]
        assert float(loss_in_window(80.0, student, teacher)) == pytest.approx(expected, rel=1e-10)
        found = gradient_in_window(80.0, student, teacher)
        assert relative_error(found, white_noise_gradient(student, teacher)) < 1e-9

    def test_gradient_equals_finite_differences_though_the_teacher_grows(self):
        student, teacher = student_and_teacher(margin=-0.2)
        expected = differences(
            lambda parameters: loss_in_window(6.0, with_matrices(student, parameters), teacher),
            matrices(student),
        )
        assert relative_error(gradient_in_window(6.0, student, teacher), expected) < 1e-8

    def test_accepts_a_teacher_that_grows(self):
        FiniteWindow(duration=6.0).check(student_and_teacher(margin=-0.2)[1])

    def test_refuses_a_discrete_teacher(self):
        with pytest.raises(ProblemError, match="continuous time; the teacher is discrete"):
            FiniteWindow(duration=6.0).check(random_system(1, 2, time=DISCRETE))

    @pytest.mark.parametrize("duration", [0.0, -1.0, np.inf, np.nan, "long"])
    def test_refuses_a_duration_that_is_not_positive_and_finite(self, duration):
        with pytest.raises(ProblemError, match="duration"):
            FiniteWindow(duration=duration)

    def test_prints_its_duration(self):
        assert "window of 6 leak time constants" in str(FiniteWindow(6))
        assert "int_0^T" in FiniteWindow.equation


class TestWhiteNoise:
    @pytest.mark.parametrize(
        ("A", "time", "pole"),
        [([[0.25]], CONTINUOUS, "0.25"), ([[0.0]], CONTINUOUS, "0"), ([[-1.5]], DISCRETE, "-1.5")],
    )
    def test_refuses_a_teacher_that_is_not_stable_with_its_pole_and_the_way_out(self, A, time, pole):
        teacher = LinearSystem(A, [[1.0]], [[1.0]], time=time)
        with pytest.raises(UnstableSystemError, match=rf"pole at {pole} .*infinite.*FiniteWindow"):
            WhiteNoise().check(teacher)

    def test_accepts_every_stable_teacher(self):
        for time in (CONTINUOUS, DISCRETE):
            WhiteNoise().check(random_system(1, 3, 2, 3, time, margin=1e-4))

    def test_loss_of_a_student_that_grows_is_not_a_finite_number(self):
        student, teacher = student_and_teacher()
        growing = with_matrices(student, (student.A + 0.31 * np.eye(5), student.B, student.C))
        assert not np.isfinite(white_noise_loss(growing, teacher))
