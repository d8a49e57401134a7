"""Losses under coloured input, against integrals over frequencies and published variances."""

import numpy as np
import pytest

from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    TIMES,
    differences,
    matrices,
    name_of,
    random_system,
    relative_error,
    transfers,
    value_and_gradient_by,
    with_matrices,
)
from theory import LinearSystem, teachers
from theory.errors import ProblemError, UnstableSystemError
from theory.objectives import ColouredInput, OrnsteinUhlenbeckInput


def by_frequencies(objective, student, teacher, copies: bool) -> float:
    """`1/2 int |(H - H*) F|^2 dw / 2 pi`."""
    F = LinearSystem(objective.A, objective.B, objective.C, time=objective.time)

    def power(frequencies):
        points = 1j * frequencies if student.time == CONTINUOUS else np.exp(1j * frequencies)
        shaped = transfers(F, points)
        if copies:
            shaped = shaped * np.eye(student.inputs)
        return np.sum(np.abs((transfers(student, points) - transfers(teacher, points)) @ shaped) ** 2, axis=(1, 2))

    if student.time == DISCRETE:  # periodic: the mean over equally spaced points is exact to rounding
        return 0.5 * power(2 * np.pi * np.arange(512) / 512).mean()
    # w = tan(x/2): a smooth periodic function again
    x = 2 * np.pi * (np.arange(4096) + 0.5) / 4096 - np.pi
    return 0.5 * np.mean(power(np.tan(x / 2)) / (2 * np.cos(x / 2) ** 2))


@pytest.mark.parametrize("time", TIMES, ids=name_of)
@pytest.mark.parametrize("copies", [True, False], ids=["one filter for all inputs", "a joint filter"])
def test_loss_is_the_filtered_distance_of_transfer_functions(time, copies):
    student, teacher = random_system(2, 5, 2, 3, time), random_system(3, 3, 2, 3, time)
    objective = ColouredInput(random_system(4, 2, 1 if copies else 3, 1 if copies else 2, time))
    loss, gradient = value_and_gradient_by(objective, student, teacher)
    assert float(loss) == pytest.approx(by_frequencies(objective, student, teacher, copies), rel=1e-11)  # rounding
    if time == DISCRETE and not copies:  # the contract looks at continuous time

        def of(parameters):
            return value_and_gradient_by(objective, with_matrices(student, parameters), teacher)[0]

        assert relative_error(gradient, differences(of, matrices(student))) < 1e-8  # the differences' own


def test_one_pole_under_ornstein_uhlenbeck_input_has_the_stated_loss():
    a, c, c_teacher, k = 1.7, 0.6, 0.2, 1 / 0.8

    def f(c, d):
        return k * (c + d + 2 * k) / (2 * (c + d) * (c + k) * (d + k))

    student, teacher = LinearSystem([[-c]], [[1.0]], [[a]]), teachers.leaky_integrator(c_teacher)
    found = float(OrnsteinUhlenbeckInput(0.8).loss(student, teacher))
    expected = f(c, c) * a**2 / 2 - f(c, c_teacher) * a + f(c_teacher, c_teacher) / 2
    assert found == pytest.approx(expected, rel=1e-13)
    white = a**2 / (4 * c) - a / (c + c_teacher) + 1 / (4 * c_teacher)
    gaps = [float(OrnsteinUhlenbeckInput(tau).loss(student, teacher)) - white for tau in (1e-3, 5e-4)]
    assert gaps[0] / gaps[1] == pytest.approx(2.0, rel=0.01)  # first order in tau


def test_variances_under_first_order_autoregressive_input_are_the_published_ones():
    rho, pole = 0.6, 0.8
    objective = ColouredInput(LinearSystem([[rho]], [[np.sqrt(1 - rho**2)]], [[1.0]], time=DISCRETE))
    silent = LinearSystem([[0.5]], [[0.0]], [[1.0]], time=DISCRETE)

    def variance(pole):
        return 2 * objective.loss(LinearSystem(pole[None, None], [[1.0]], [[1.0]], time=DISCRETE), silent)

    # Zucchet & Orvieto 2024: variance of a unit, and of its sensitivity to its own pole
    expected = (1 + rho * pole) / ((1 - pole * rho) * (1 - pole**2))
    assert float(variance(np.asarray(pole))) == pytest.approx(expected, rel=1e-12)
    sensitivity = LinearSystem([[pole, 0.0], [1.0, pole]], [[1.0], [0.0]], [[0.0, 1.0]], time=DISCRETE)
    stated = ((1 + pole**2) * (1 - pole**2 * rho**2) + 2 * (1 - pole**2) * pole * rho) / (
        (1 - pole**2) ** 3 * (1 - pole * rho) ** 2
    )
    assert 2 * float(objective.loss(sensitivity, silent)) == pytest.approx(stated, rel=1e-12)


def test_what_makes_no_sense_is_refused():
    slow = LinearSystem([[-0.5]], [[1.0]], [[1.0]])
    with pytest.raises(UnstableSystemError):
        ColouredInput(LinearSystem([[0.1]], [[1.0]], [[1.0]]))
    with pytest.raises(ProblemError, match="discrete time, the input's filter in continuous time"):
        ColouredInput(slow).check(random_system(1, 2, time=DISCRETE))
    two = LinearSystem(-np.eye(2), np.eye(2), np.eye(2))
    with pytest.raises(ProblemError, match="2 outputs, the teacher 1 inputs"):
        ColouredInput(two).check(teachers.leaky_integrator(0.2))
    with pytest.raises(UnstableSystemError):
        ColouredInput(slow).check(LinearSystem([[0.25]], [[1.0]], [[1.0]]))
    with pytest.raises(ProblemError, match="correlation_time"):
        OrnsteinUhlenbeckInput(0.0)
