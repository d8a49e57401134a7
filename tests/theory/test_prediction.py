"""Teacher forcing, partial forcing and rollouts, against lagged covariances, Kalman's predictor and simulation."""

import jax
import numpy as np
import pytest

from tests.theory.systems import CONTINUOUS, DISCRETE, random_system, value_and_gradient_by
from theory import LinearSystem, teachers
from theory.errors import ProblemError, UnstableSystemError
from theory.objectives import Rollout, TeacherForcing
from theory.students.generalised_forcing import forced_loss

TEACHER = random_system(3, 3, 2, 2, DISCRETE)


def covariances(lags: int) -> np.ndarray:
    """`<y_{t+k} y_t^T>` of the teacher's outputs, by summing over its past."""
    A, B, C = map(np.asarray, (TEACHER.A, TEACHER.B, TEACHER.C))
    responses = [C @ np.linalg.matrix_power(A, k) @ B for k in range(300)]
    return np.stack([sum(r @ s.T for r, s in zip(responses[k:], responses, strict=False)) for k in range(lags + 1)])


def regression(propagator) -> LinearSystem:
    """The student without states of its own: it predicts the next output from this one."""
    return LinearSystem(np.zeros((2, 2)), propagator, np.eye(2), time=DISCRETE)


PROPAGATOR = np.array([[0.5, -0.3], [0.2, 0.4]])


@pytest.mark.parametrize("steps", [1, 4])
def test_rollout_of_a_network_of_the_observed_is_that_of_lagged_covariances(steps):
    expected = forced_loss(PROPAGATOR, covariances(steps), 0.0)[0]  # without the factor 1/2
    found = float(Rollout(steps).loss(regression(PROPAGATOR), TEACHER))
    assert found == pytest.approx(expected / 2, rel=1e-12)


def test_forced_loss_is_the_limit_of_long_windows_of_a_network_of_the_observed():
    forcing = 0.4
    found = float(TeacherForcing(forcing).loss(regression(PROPAGATOR), TEACHER))
    gaps = [forced_loss(PROPAGATOR, covariances(K), forcing)[0] / 2 - found for K in (20, 40)]
    # errors start at zero: their share of the window falls as 1/K, once K is beyond every memory
    assert gaps[0] / gaps[1] == pytest.approx(2.0, abs=0.01) and abs(gaps[1]) < 0.05 * found
    one_step = forced_loss(PROPAGATOR, covariances(1), 1.0)[0] / 2
    assert float(TeacherForcing().loss(regression(PROPAGATOR), TEACHER)) == pytest.approx(one_step, rel=1e-12)


def test_losses_of_a_student_with_states_are_those_of_a_long_simulation():
    """Written out step by step, over 50,000 steps: correlated errors leave a relative scatter near .01."""
    student = random_system(7, 4, 2, 2, DISCRETE, margin=0.5)
    student = LinearSystem(student.A, 0.3 * student.B, student.C, time=DISCRETE)
    A, B, C = map(np.asarray, (student.A, student.B, student.C))
    A_, B_, C_ = map(np.asarray, (TEACHER.A, TEACHER.B, TEACHER.C))
    random = np.random.default_rng(0)
    z, h, partly = np.zeros(3), np.zeros(4), np.zeros(4)
    truth, heard, pulled = [], [], []
    for noise in random.normal(size=(50_000, 2)):
        truth.append(C_ @ z)
        heard.append(h)
        pulled.append(C @ partly)
        h, partly = A @ h + B @ truth[-1], A @ partly + B @ (0.4 * truth[-1] + 0.6 * C @ partly)
        z = A_ @ z + B_ @ noise
    truth, heard, pulled = (np.array(part) for part in (truth, heard, pulled))
    expected = [0.5 * np.mean(np.sum((pulled - truth) ** 2, axis=1)), 0.0]
    own = heard
    for ahead in range(3):
        error = own[: len(own) - ahead] @ C.T - truth[ahead:]
        expected[1] += np.mean(np.sum(error**2, axis=1)) / 6
        own = own @ (A + B @ C).T
    found = [float(objective.loss(student, TEACHER)) for objective in (TeacherForcing(0.4), Rollout(3))]
    np.testing.assert_allclose(found, expected, rtol=0.03)


def test_best_student_under_teacher_forcing_is_kalmans_predictor():
    # one output whose zero (.5) is stable: the past of y tells the states, and only the last noise is not known
    A, B, C = np.array([[0.9, 0.3], [-0.3, 0.9]]), np.array([[1.0], [0.2]]), np.array([[1.0, 0.4]])
    zero = np.linalg.eigvals(A - A @ B @ C / (C @ B))
    assert np.abs(zero).max() < 1
    teacher = LinearSystem(A, B, C, time=DISCRETE)
    gain = A @ B / (C @ B)
    predictor = LinearSystem(A - gain @ C, gain, C, time=DISCRETE)
    loss, gradient = value_and_gradient_by(TeacherForcing(), predictor, teacher)
    assert float(loss) == pytest.approx(float((C @ B)[0, 0]) ** 2 / 2, rel=1e-12)
    assert max(np.abs(part).max() for part in jax.tree.leaves(gradient)) < 1e-10  # rounding of large Gramians


def test_what_makes_no_sense_is_refused():
    for objective in (TeacherForcing(0.5), Rollout(2)):
        with pytest.raises(ProblemError, match="discrete time; the teacher is continuous"):
            objective.check(random_system(1, 2, time=CONTINUOUS))
        with pytest.raises(ProblemError, match="as many inputs: the teacher has 2 inputs and 3 outputs"):
            objective.check(random_system(1, 3, 2, 3, DISCRETE))
        with pytest.raises(UnstableSystemError):
            objective.check(teachers.state_space([[1.1]], [[1.0]], [[1.0]], time=DISCRETE))
    for forcing in (0.0, 1.2):
        with pytest.raises(ProblemError, match=f"forcing = {forcing:g}"):
            TeacherForcing(forcing)
    with pytest.raises(ProblemError, match="steps"):
        Rollout(0)
