"""Lyapunov spectra of systems whose exponents are known."""

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.dynamics.lyapunov import lyapunov_spectrum, lyapunov_spectrum_of_map
from theory.errors import DivergedError, ProblemError


def lorenz(x):
    return jnp.array([10 * (x[1] - x[0]), x[0] * (28 - x[2]) - x[1], x[0] * x[1] - 8 / 3 * x[2]])


def check_lorenz(duration, paths):
    starts = np.random.default_rng(0).normal(size=(paths, 3)) + [0, 0, 25]
    found = lyapunov_spectrum(lorenz, starts, duration, 0.01, 20.0)
    # 0.9056, 0, -14.5723 (Sprott 2003); their sum is minus the constant divergence, 41/3
    assert (np.abs(found.exponents - [0.9056, 0.0, -14.5723]) < 4 * found.errors + 5e-5).all(), found
    assert found.exponents.sum() == pytest.approx(-41 / 3, abs=1e-3)
    return found


def test_lorenz():
    assert (check_lorenz(100.0, 8).errors[:2] < 0.03).all()


@pytest.mark.full
def test_lorenz_over_a_long_time():
    assert (check_lorenz(2000.0, 8).errors < 0.003).all()


def test_a_linear_system_that_is_not_normal():
    A = np.array([[-0.2, 5.0, 0.0], [0.0, -0.5, 2.0], [0.0, 0.0, -1.5]])
    found = lyapunov_spectrum(lambda x: jnp.asarray(A) @ x, np.ones((1, 3)), 40.0, 0.02, 80.0)
    assert (np.abs(found.exponents - [-0.2, -0.5, -1.5]) < 3 * found.errors + 1e-9).all(), found
    assert (found.errors < 1e-6).all()


def test_error_of_the_step_is_of_fourth_order():
    wrong = [
        lyapunov_spectrum(lambda x: -2.0 * x, np.ones((1, 1)), 20.0, h, 1.0).exponents[0] + 2 for h in (0.1, 0.05)
    ]
    assert wrong[0] / wrong[1] == pytest.approx(16, rel=0.1)


def test_maps():
    # the baker's exponents, and the logistic map at 4, whose exponent is log 2
    found = lyapunov_spectrum_of_map(lambda x: jnp.array([2.0, 1 / 3]) * x, np.ones((2, 2)), 100, 50)
    assert found.exponents == pytest.approx(np.log([2.0, 1 / 3]), abs=1e-12)
    starts = np.random.default_rng(1).uniform(0.1, 0.9, size=(16, 1))
    chaotic = lyapunov_spectrum_of_map(lambda x: 4 * x * (1 - x), starts, 4000, 100)
    assert abs(chaotic.exponents[0] - np.log(2)) < 4 * chaotic.errors[0] < 0.02


def test_what_diverges_and_what_is_too_short_is_refused():
    with pytest.raises(DivergedError, match="finite numbers"):
        lyapunov_spectrum(lambda x: x**3, np.ones((1, 1)), 100.0, 0.1, 0.0)
    with pytest.raises(ProblemError, match="fewer than 20 steps"):
        lyapunov_spectrum(lambda x: -x, np.ones((1, 1)), 1.0, 0.1, 0.0)
