"""Learning curves against regression on draws, and against the formula of independent points."""

import numpy as np
import pytest
from scipy.optimize import brentq

from theory.errors import ProblemError
from theory.kernels import Erf, LearningCurve, RecurrentLayer, RecurrentNetwork, all_pairs


def test_single_times_have_the_published_formula():
    """Canatar, Bordelon & Pehlevan (2021), eqs. 4 and 5, in their own variables."""
    random = np.random.default_rng(0)
    features, ridge, n = random.normal(size=(60, 20)) * 0.8 ** np.arange(20), 0.3, 9.0
    kernel, targets = features @ features.T, features @ random.normal(size=20)
    eigenvalues, vectors = np.linalg.eigh(kernel / 60)
    eta, power = eigenvalues[-20:], (vectors[:, -20:].T @ targets) ** 2 / 60
    kappa = brentq(lambda k: ridge + np.sum(k * eta / (k + n * eta)) - k, ridge, 100.0)
    gamma = np.sum(n * eta**2 / (kappa + n * eta) ** 2)
    expected = np.sum(power * kappa**2 / (kappa + n * eta) ** 2) / (1 - gamma) / 2
    found = LearningCurve(kernel[:, None, :, None], targets[:, None], ridge).loss([n])[0]
    assert found == pytest.approx(expected, rel=1e-8)


def test_trajectories_are_learned_as_regression_on_draws_of_them_and_not_as_independent_times():
    """Sequences of a nonlinear teacher. What the formula neglects, fluctuations of Gamma, is below 2% at this ridge."""
    random = np.random.default_rng(0)
    sequences, times, ridge = 240, 4, 1.0
    inputs = random.normal(size=(sequences, times, 2))
    kernel = all_pairs(RecurrentNetwork(RecurrentLayer(Erf(), 1.2, 1.0, 0.1)), inputs).ntk
    targets, state = np.zeros((sequences, times)), np.zeros(sequences)
    for t in range(times):
        state = 0.7 * state + np.tanh(inputs[:, t, 0])
        targets[:, t] = state
    numbers, draws = [4, 8, 16], 150
    direct = np.zeros((len(numbers), draws))
    for row, n in zip(direct, numbers, strict=True):
        for draw in range(draws):
            chosen = random.integers(0, sequences, n)
            own = kernel[chosen][:, :, chosen].reshape(n * times, -1) + ridge * np.eye(n * times)
            weights = np.linalg.solve(own, targets[chosen].ravel())
            learned = kernel[:, :, chosen].reshape(sequences * times, -1) @ weights
            row[draw] = np.mean((learned - targets.ravel()) ** 2) / 2
    mean, error = direct.mean(1), direct.std(1) / np.sqrt(draws)
    found = LearningCurve(kernel, targets, ridge, modes=120).loss(numbers)
    flat = kernel.reshape(targets.size, 1, targets.size, 1)
    rival = LearningCurve(flat, targets.reshape(-1, 1), ridge, modes=120).loss([n * times for n in numbers])
    assert (np.abs(found - mean) < 3 * error + 0.02 * mean).all()
    assert (mean[2:] - rival[2:] > 3 * error[2:] + 0.02 * mean[2:]).all()


def test_few_modes_are_enough_and_no_sequence_leaves_the_target():
    random = np.random.default_rng(1)
    inputs = random.normal(size=(60, 3, 1))
    kernel = all_pairs(RecurrentNetwork(RecurrentLayer(Erf(), 1.2)), inputs).ntk
    targets = inputs.cumsum(1)[..., 0]
    whole, few = (LearningCurve(kernel, targets, 0.3, modes).loss([0, 4]) for modes in (None, 60))
    assert whole[0] == pytest.approx(np.mean(targets**2) / 2, rel=1e-3)  # but for what Theta hardly expresses
    np.testing.assert_allclose(few, whole, rtol=0.02)


def test_refusals():
    with pytest.raises(ProblemError, match="shape"):
        LearningCurve(np.ones((2, 1, 2, 1)), np.ones((3, 1)), 1.0)
    with pytest.raises(ProblemError, match="ridge"):
        LearningCurve(np.ones((2, 1, 2, 1)), np.ones((2, 1)), 0.0)
