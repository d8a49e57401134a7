"""What an observer sees of a student, by moments and by the system itself, on grids that fit the teacher."""

import equinox as eqx
import numpy as np
import pytest

from tests.theory.systems import (
    DISCRETE,
    TIMES,
    loss_by_quadrature,
    matrices,
    name_of,
    random_system,
    responses,
    transfers,
)
from theory import LinearSystem, Problem, architectures, initialisations, learning_rules, objectives
from theory.observation import Observer, frequency_grid, lag_grid

observed = eqx.filter_jit(lambda observer, problem, *parameters: observer(problem, *parameters))


def problem(teacher, objective):
    return Problem(
        teacher=teacher,
        architecture=architectures.FullRank(),
        initialisation=initialisations.Gaussian(),
        objective=objective,
        learning_rule=learning_rules.GradientFlow(),
    )


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_observables_by_moments_are_those_of_the_system(time):
    teacher, student = random_system(1, 3, 2, 3, time), random_system(2, 5, 2, 3, time)
    ours = problem(teacher, objectives.WhiteNoise())
    observer = Observer(ours)
    seen = observed(observer, ours, *matrices(student))
    assert seen["remainder"] < 1e-8
    expected = responses(student, observer.lags)
    np.testing.assert_allclose(seen["impulse_response"], expected, rtol=0, atol=1e-9)
    points = np.asarray(time.frequency_points(np.asarray(observer.frequencies)))
    # moments left out are 1e-8 and below
    np.testing.assert_allclose(seen["transfer_function"], transfers(student, points), rtol=0, atol=1e-7)
    assert float(seen["loss"]) == pytest.approx(loss_by_quadrature(student, teacher), rel=1e-9)


def test_observables_in_a_finite_window_are_those_of_the_system():
    teacher, student = random_system(1, 3, 2, 3, margin=-0.1), random_system(2, 5, 2, 3)
    ours = problem(teacher, objectives.FiniteWindow(5.0))
    observer = Observer(ours)
    seen = observed(observer, ours, *matrices(student))
    expected = responses(student, observer.lags)
    np.testing.assert_allclose(seen["impulse_response"], expected, rtol=0, atol=1e-13)  # rounding
    assert float(seen["loss"]) == pytest.approx(loss_by_quadrature(student, teacher, 5.0), rel=1e-11)


@pytest.mark.parametrize(
    ("A", "time", "slowest"),
    [([[-0.05]], TIMES[0], 0.05), ([[-0.1, 2.0], [-2.0, -0.1]], TIMES[0], 0.1)]
    + [([[0.95]], DISCRETE, -np.log(0.95)), ([[-0.5]], DISCRETE, np.log(2))],
)
def test_lags_reach_where_the_slowest_mode_has_fallen_to_a_hundredth(A, time, slowest):
    lags = lag_grid(LinearSystem(A, np.ones((len(A), 1)), np.ones((1, len(A))), time=time))
    assert lags[0] == 0 and (np.diff(lags) > 0).all()
    step = 1.0 if time == DISCRETE else 0.0
    assert np.exp(-slowest * lags[-1]) < 0.01 < np.exp(-slowest * (lags[-1] - step)) * 2


@pytest.mark.parametrize("A", [[[0.2]], [[0.0]]])
def test_lags_of_a_teacher_that_never_decays_are_ten_units_long(A):
    assert lag_grid(LinearSystem(A, [[1.0]], [[1.0]]))[-1] == 10.0


def test_frequencies_hold_the_slowest_and_the_fastest_modes():
    slow = frequency_grid(LinearSystem([[-0.05]], [[1.0]], [[1.0]]))
    assert slow[0] < 0.05 < 1.0 < slow[-1] and (np.diff(slow) > 0).all()
    discrete = frequency_grid(LinearSystem([[0.5]], [[1.0]], [[1.0]], time=DISCRETE))
    assert discrete[0] == 0 and discrete[-1] == pytest.approx(np.pi)
