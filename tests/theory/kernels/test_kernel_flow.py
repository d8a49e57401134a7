"""Learning in the lazy limit, against steps of the same equations."""

import numpy as np
import pytest
import scipy.linalg

from theory.errors import ProblemError
from theory.kernels import KernelFlow, gaussian_posterior

RANDOM = np.random.default_rng(2)
FEATURES = RANDOM.normal(size=(9, 20))
WHOLE = FEATURES @ FEATURES.T
KERNEL, CROSS = WHOLE[:6, :6], WHOLE[6:, :6]
TARGETS, START, START_ELSEWHERE = RANDOM.normal(size=6), RANDOM.normal(size=6), RANDOM.normal(size=3)
FLOW = KernelFlow(KERNEL, TARGETS, START)


def weights_of_a_linear_model(steps, step_size, momentum=0.0):
    """The same by descent on weights: f = f_0 + features . w."""
    weights = previous = np.zeros(20)
    for _ in range(steps):
        error = START + FEATURES[:6] @ weights - TARGETS
        moved = weights - step_size * FEATURES[:6].T @ error / 6 + momentum * (weights - previous)
        weights, previous = moved, weights
    return weights


def test_flow_is_the_matrix_exponential_on_and_off_the_data():
    for s in (0.0, 0.1, 1.0, 30.0):
        left = FLOW.left_by_flow([s])
        decay = scipy.linalg.expm(-KERNEL * s / 6)
        np.testing.assert_allclose(FLOW.outputs(left)[0], TARGETS + decay @ (START - TARGETS), atol=1e-12)
        expected = START_ELSEWHERE + CROSS @ np.linalg.solve(KERNEL, (np.eye(6) - decay) @ (TARGETS - START))
        np.testing.assert_allclose(FLOW.elsewhere(CROSS, left, START_ELSEWHERE)[0], expected, atol=1e-11)
        error = FLOW.outputs(left)[0] - TARGETS
        assert FLOW.loss([s])[0] == pytest.approx(error @ error / 12, abs=1e-15)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_descent_and_momentum_are_those_of_the_weights(momentum):
    step = 0.5 * FLOW.largest_step_size
    left = FLOW.left_by_descent([0, 1, 7, 60], step, momentum)
    for k, row in zip((0, 1, 7, 60), left, strict=True):
        weights = weights_of_a_linear_model(k, step, momentum)
        np.testing.assert_allclose(FLOW.outputs(row[None])[0], START + FEATURES[:6] @ weights, atol=1e-11)
        found = FLOW.elsewhere(CROSS, row[None], START_ELSEWHERE)[0]
        np.testing.assert_allclose(found, START_ELSEWHERE + FEATURES[6:] @ weights, atol=1e-11)


def test_several_outputs_are_each_learned_alone_and_their_losses_add():
    targets, times = RANDOM.normal(size=(6, 2)), [0.3, 2.0]
    both = KernelFlow(KERNEL, targets, START[:, None] * [1.0, -1.0])
    one_by_one = [KernelFlow(KERNEL, targets[:, 0], START), KernelFlow(KERNEL, targets[:, 1], -START)]
    left, elsewhere = both.left_by_flow(times), RANDOM.normal(size=(3, 2))
    np.testing.assert_allclose(both.loss(times), sum(each.loss(times) for each in one_by_one), rtol=1e-12)
    for k, each in enumerate(one_by_one):
        np.testing.assert_allclose(both.outputs(left)[..., k], each.outputs(left), rtol=1e-12)
        np.testing.assert_allclose(both.elsewhere(CROSS, left)[..., k], each.elsewhere(CROSS, left), rtol=1e-11)
    found = both.test_loss(CROSS, left, elsewhere)
    np.testing.assert_allclose(found, np.mean((both.elsewhere(CROSS, left) - elsewhere) ** 2, axis=1).sum(1) / 2)


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_the_step_size_limit_is_where_training_diverges(momentum):
    limit = (1 + momentum) * FLOW.largest_step_size
    inside = weights_of_a_linear_model(3000, 0.99 * limit, momentum)
    outside = weights_of_a_linear_model(3000, 1.01 * limit, momentum)
    assert np.abs(inside).max() < 100 < np.abs(outside).max()
    with pytest.raises(ProblemError, match="diverges"):
        FLOW.left_by_descent([1], 1.01 * limit, momentum)


def test_a_singular_kernel_learns_what_it_can():
    flow = KernelFlow(np.ones((2, 2)), [1.0, 0.0])
    np.testing.assert_allclose(flow.outputs(flow.left_by_flow([1e3]))[0], [0.5, 0.5], atol=1e-12)
    np.testing.assert_allclose(flow.elsewhere([[1.0, 1.0]], flow.left_by_flow([1e3]))[0], [0.5], atol=1e-12)


def test_posterior_is_the_gaussian_conditional_and_flow_ends_in_its_mean():
    noise = 0.3
    mean, covariance = gaussian_posterior(KERNEL, CROSS, WHOLE[6:, 6:], TARGETS, noise)
    precision = np.linalg.inv(WHOLE + noise**2 * np.diag(np.r_[np.ones(6), np.zeros(3)]))  # of all nine jointly
    np.testing.assert_allclose(covariance, np.linalg.inv(precision[6:, 6:]), rtol=1e-9)
    np.testing.assert_allclose(mean, -covariance @ precision[6:, :6] @ TARGETS, rtol=1e-9)
    flow = KernelFlow(KERNEL, TARGETS)
    ended = flow.elsewhere(CROSS, flow.left_by_flow([1e6]))[0]
    np.testing.assert_allclose(gaussian_posterior(KERNEL, CROSS, WHOLE[6:, 6:], TARGETS)[0], ended, rtol=1e-9)


@pytest.mark.parametrize(
    "kernel, targets, words",
    [
        ([[1.0, 0.5], [0.0, 1.0]], [1.0, 1.0], "symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], [1.0, 1.0], "negative eigenvalue"),
        ([[1.0]], [1.0, 1.0], "shape"),
        ([[np.inf]], [1.0], "finite"),
    ],
)
def test_what_is_no_kernel_is_refused(kernel, targets, words):
    with pytest.raises(ProblemError, match=words):
        KernelFlow(kernel, targets)
