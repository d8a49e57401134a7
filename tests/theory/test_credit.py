"""Rules of other credit assignment: each against what it computes, written out another way, and where each ends."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from numerics import simulate
from numerics.evaluators import Gramians, Sampled
from tests.theory.systems import CONTINUOUS, DISCRETE, TIMES, matrices, name_of, random_system, relative_error
from theory import LinearSystem, Problem, derive, teachers
from theory.architectures import FullRank
from theory.errors import NotDerivableError, ProblemError
from theory.escape import escape_rate
from theory.initialisations import Gaussian
from theory.learning_rules import (
    RFLO,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    IgnoringRecurrence,
    Truncated,
    WeightDecay,
)
from theory.objectives import FiniteWindow, OrnsteinUhlenbeckInput, WhiteNoise
from theory.plateaus import plateaus
from theory.reductions import AlignedPole

FLOW, WHITE = GradientFlow(), WhiteNoise()
in_both_times = pytest.mark.parametrize("time", TIMES, ids=name_of)


def pair(time):
    return random_system(2, 3, 2, 3, time), random_system(3, 2, 2, 3, time)


def taken(rule, student, teacher, objective=WHITE):
    return jax.jit(lambda student: rule.value_and_gradient(objective, student, teacher)[1])(student)


COLOURED = OrnsteinUhlenbeckInput(2.0, time=DISCRETE)


@pytest.mark.parametrize(
    ("time", "objective"),
    [(CONTINUOUS, WHITE), pytest.param(DISCRETE, WHITE, marks=pytest.mark.full), (DISCRETE, COLOURED)],
    ids=name_of,
)
def test_truncation_is_the_gradient_with_the_past_before_the_window_held_fixed(time, objective):
    student, teacher = pair(time)
    window = 2 if time == DISCRETE else 1.3

    def joint(parameters):
        return objective.error_system(LinearSystem(*parameters, time=time), teacher)

    past = joint(matrices(student)).covariance()

    def loss(parameters):
        # e(t) = E (propagator s(t - window) + what the noise has added since), the first of fixed covariance
        system = joint(parameters)
        forth, stationary = time.propagator(system.A, window), system.covariance()
        now = forth @ past @ forth.T + stationary - forth @ stationary @ forth.T
        return 0.5 * jnp.trace(system.E @ now @ system.E.T)

    expected = jax.jit(jax.grad(loss))(matrices(student))
    assert relative_error(taken(Truncated(FLOW, window), student, teacher, objective), expected) < 1e-11  # rounding
    whole = taken(FLOW, student, teacher, objective)
    assert relative_error(expected, whole) > 0.1
    long = taken(Truncated(FLOW, 60), student, teacher, objective)
    assert relative_error(long, whole) < 1e-10  # exp(-0.6 x 60)


def test_one_step_truncation_is_error_fed_back_times_activity_before_in_discrete_time():
    student, teacher = pair(DISCRETE)
    A, B, C = map(np.asarray, matrices(student))
    A_, B_, C_ = map(np.asarray, matrices(teacher))
    P, X = np.zeros((3, 3)), np.zeros((3, 2))
    for k in range(400):
        h, z = np.linalg.matrix_power(A, k) @ B, np.linalg.matrix_power(A_, k) @ B_
        P, X = P + h @ h.T, X + h @ z.T
    error_before = C @ A @ P - C_ @ A_ @ X.T  # E e_t h_{t-1}^T
    expected = C.T @ error_before, C.T @ (C @ B - C_ @ B_), C @ P - C_ @ X.T
    for rule in (Truncated(FLOW, 1), RFLO(FLOW)):  # without a leak nothing is kept
        assert relative_error(taken(rule, student, teacher), expected) < 1e-12  # rounding


def test_rflo_is_error_fed_back_times_traces_that_the_leak_keeps():
    student, teacher = pair(CONTINUOUS)
    A, B, C = map(np.asarray, matrices(student))
    A_, B_, C_ = map(np.asarray, matrices(teacher))
    n, m, p = 3, 2, 2
    # states: h, z, a trace of each unit, a trace of each input
    M = np.zeros((2 * n + m + p,) * 2)
    M[:n, :n], M[n : n + m, n : n + m] = A, A_
    M[n + m : 2 * n + m, :n] = np.eye(n)
    M[n + m :, n + m :] -= np.eye(n + p)
    drive = np.concatenate([B, B_, np.zeros((n, p)), np.eye(p)])
    S = scipy.linalg.solve_continuous_lyapunov(M, -drive @ drive.T)
    error = np.concatenate([C, -C_], axis=1) @ S[: n + m]  # E e s^T
    expected = C.T @ error[:, n + m : 2 * n + m], C.T @ error[:, 2 * n + m :], error[:, :n]
    assert relative_error(taken(RFLO(FLOW), student, teacher), expected) < 1e-12  # rounding


@in_both_times
def test_ignoring_recurrence_is_the_limit_of_short_windows_in_the_recurrence(time):
    student, teacher = pair(time)
    found, whole = taken(IgnoringRecurrence(FLOW), student, teacher), taken(FLOW, student, teacher)
    assert relative_error(found[1:], whole[1:]) < 1e-13
    if time == CONTINUOUS:
        short = taken(Truncated(FLOW, 1e-4), student, teacher)[0] / 1e-4
        assert relative_error(short, found[0]) < 1e-3  # first order in K


def one_pole(rule, rate=0.2, scale=0.3) -> Problem:
    return Problem(teachers.leaky_integrator(rate), FullRank(), Gaussian(scale, scale), WHITE, rule)


BALL = HeavyBall(friction=1.0, step_size=0.1)
RULES = [Truncated(BALL, 2.0), RFLO(BALL), IgnoringRecurrence(WeightDecay(BALL, recurrent=0.1))]


@pytest.mark.parametrize("rule", [pytest.param(r, marks=pytest.mark.full) for r in RULES[:2]] + RULES[2:], ids=str)
def test_networks_trained_by_it_move_as_the_confined_network_does(rule):
    problem = one_pole(rule)
    dynamics = derive(problem)
    assert dynamics.equations == {} and dynamics.conserved == ()
    networks = simulate(problem, 5, seeds=[4], training_time=3.0, records=3, progress=False)
    path = dynamics.solve(3.0, width=5, seed=4, records=3)
    np.testing.assert_allclose(networks.loss[0], path.loss, rtol=1e-11)  # rounding
    with pytest.raises(NotDerivableError, match="gradient flow"):
        derive(problem, AlignedPole())


def test_what_needs_the_gradient_or_a_steady_state_is_refused():
    problem = one_pole(Truncated(GradientDescent(0.1), 2.0))
    exact = Gramians(problem.objective, problem.teacher)
    for evaluator in (exact, Sampled(problem.teacher, 2, 5.0)):
        with pytest.raises(ProblemError, match="leave the evaluator out"):
            simulate(problem, 4, seeds=1, training_time=1.0, evaluator=evaluator, progress=False)
    for question in (lambda: plateaus(problem, 0), lambda: escape_rate(problem, problem.draw(2, 0))):
        with pytest.raises(NotDerivableError, match="descent on the loss"):
            question()
    with pytest.raises(ProblemError, match="steady state"):
        dataclasses.replace(problem, objective=FiniteWindow(5.0))
    with pytest.raises(ProblemError, match="assigned twice"):
        one_pole(Truncated(RFLO(FLOW), 1.0))
    with pytest.raises(ProblemError, match="whole number of steps"):
        Problem(random_system(1, 2, time=DISCRETE), FullRank(), Gaussian(), WHITE, Truncated(FLOW, 1.5))
