"""The white-noise loss and its exact gradient, each found in two other ways; what its flow conserves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    QUADRATURE_ERROR,
    TIMES,
    differences,
    loss_by_quadrature,
    matrices,
    name_of,
    random_system,
    relative_error,
    white_noise_gradient,
    white_noise_loss,
    with_matrices,
)
from theory.objectives import WhiteNoise

in_both_times = pytest.mark.parametrize("time", TIMES, ids=name_of)
in_all_shapes = pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 3)])


def student_and_teacher(inputs, outputs, time, seed=1):
    """Five states against three."""
    student = random_system(seed, 5, inputs, outputs, time)
    return student, random_system(seed + 100, 3, inputs, outputs, time)


@in_both_times
@in_all_shapes
def test_loss_is_half_the_squared_distance_of_impulse_responses(inputs, outputs, time):
    student, teacher = student_and_teacher(inputs, outputs, time)
    expected = loss_by_quadrature(student, teacher)
    assert float(white_noise_loss(student, teacher)) == pytest.approx(expected, rel=10 * QUADRATURE_ERROR)


def test_loss_against_a_silent_student_is_half_the_teachers_power():
    # the doctest's pair has the other closed form, 1/4 - 1/(1 + c) + 1/(4 c)
    student, teacher = student_and_teacher(2, 3, CONTINUOUS)
    silent = with_matrices(student, (student.A, student.B, 0 * student.C))
    A, B, C = matrices(teacher)
    empty = with_matrices(student, (student.A, 0 * student.B, student.C))
    power = loss_by_quadrature(with_matrices(teacher, (A, B, 0 * C)), teacher)
    for quiet in (silent, empty):
        assert float(white_noise_loss(quiet, teacher)) == pytest.approx(power, rel=10 * QUADRATURE_ERROR)


@in_both_times
@in_all_shapes
def test_gradient_equals_finite_differences(inputs, outputs, time):
    student, teacher = student_and_teacher(inputs, outputs, time)
    expected = differences(
        lambda parameters: white_noise_loss(with_matrices(student, parameters), teacher),
        matrices(student),
    )
    # the differences' own error: a fifth derivative grows as the margin, 0.3, to the power -6
    assert relative_error(white_noise_gradient(student, teacher), expected) < 1e-7


def test_gradient_is_that_of_the_impulse_response_on_a_time_grid():
    student, teacher = student_and_teacher(2, 3, CONTINUOUS)
    lags = np.linspace(0.0, 60.0, 601)
    target = teacher.impulse_response(lags)

    def loss(parameters, weights):
        error = with_matrices(student, parameters).impulse_response(lags) - target
        return 0.5 * jnp.vdot(weights, jnp.sum(error**2, axis=(1, 2)))

    gradient = jax.jit(jax.grad(loss))
    fine = gradient(matrices(student), scipy.integrate.simpson(np.eye(601), x=lags))
    every_second = np.zeros(601)
    every_second[::2] = scipy.integrate.simpson(np.eye(301), x=lags[::2])
    coarse = gradient(matrices(student), every_second)
    # Simpson's rule is of fourth order: a grid twice as fine errs by a sixteenth, and so by a fifteenth of
    # what the halving changed; higher orders may add half of that
    change = relative_error(coarse, fine)
    assert 1e-6 < change < 1e-3
    assert relative_error(fine, white_noise_gradient(student, teacher)) < change / 10


def test_gradient_is_that_of_the_sum_over_steps_in_discrete_time():
    student, teacher = student_and_teacher(2, 3, DISCRETE)
    lags = np.arange(60)  # the terms beyond are below 0.7^120 = 3e-19
    target = teacher.impulse_response(lags)

    def loss(parameters):
        error = with_matrices(student, parameters).impulse_response(lags) - target
        return 0.5 * jnp.sum(error**2)

    expected = jax.jit(jax.grad(loss))(matrices(student))
    assert relative_error(white_noise_gradient(student, teacher), expected) < 1e-12  # rounding


def test_gradient_and_loss_vmap_under_jit():
    pairs = [student_and_teacher(2, 3, CONTINUOUS, seed) for seed in (1, 2, 3)]
    teacher = pairs[0][1]
    stacked = tuple(
        jnp.stack(group) for group in zip(*(matrices(student) for student, _ in pairs), strict=True)
    )

    @jax.jit
    @jax.vmap
    def loss_and_gradient(parameters):
        return WhiteNoise().value_and_gradient(with_matrices(teacher, parameters), teacher)

    losses, gradients = loss_and_gradient(stacked)
    for k, (student, _) in enumerate(pairs):
        # the same numbers, added up in another order
        assert float(losses[k]) == pytest.approx(float(white_noise_loss(student, teacher)), rel=1e-12)
        one = jax.tree.map(lambda group, k=k: group[k], gradients)
        assert relative_error(one, white_noise_gradient(student, teacher)) < 1e-12


@in_both_times
@in_all_shapes
def test_flow_conserves_the_balance_of_a_dense_network(inputs, outputs, time):
    # C = U U^T + W W^T - V^T V - W^T W along dW/ds = -dL/dW, and so on, at any point
    for seed in (1, 2):
        student, teacher = student_and_teacher(inputs, outputs, time, seed)
        A, U, V = matrices(student)
        W = A + np.eye(5) if time == CONTINUOUS else A
        dW, dU, dV = (-gradient for gradient in white_noise_gradient(student, teacher))

        def drift(term):
            return term + term.T

        read_in, readout = drift(dU @ U.T), drift(dV.T @ V)
        recurrent = drift(dW @ W.T) - drift(dW.T @ W)
        size = np.abs(np.stack([read_in, readout, recurrent])).max()
        assert np.abs(read_in - readout + recurrent).max() < 1e-12 * size  # rounding
        assert np.abs(read_in - readout).max() > 1e-3 * size  # neither part is conserved by itself


def test_objective_prints_what_it_is():
    assert str(WhiteNoise()) == "white-noise input, all times"
    assert "factor 1/2" in WhiteNoise.equation
