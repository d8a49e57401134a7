"""Sensitivity of a unit to its pole: published formulas, sums, simulated units, and the Hessian of a loss."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.signal

from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.objectives import WhiteNoise
from theory.time import DiscreteTime
from theory.unit_sensitivity import sensitivity, state_variance

POLES = [0.0, 0.3, -0.7, 0.95, 0.6 * np.exp(0.4j), 0.9 * np.exp(2.0j)]


@pytest.mark.parametrize("rho", [0.0, 0.5, -0.3, 0.95])
def test_published_formulas(rho):
    """The three that are printed: variance for real and complex poles, sensitivity for real ones."""
    real = np.array([-0.9, -0.2, 0.0, 0.5, 0.99])
    np.testing.assert_allclose(
        state_variance(real, rho), (1 + rho * real) / ((1 - rho * real) * (1 - real**2)), rtol=1e-13
    )
    l2, above = real**2, 2 * (1 - real**2) * real * rho
    published = ((1 + l2) * (1 - l2 * rho**2) + above) / ((1 - l2) ** 3 * (1 - real * rho) ** 2)
    np.testing.assert_allclose(sensitivity(real, rho), published, rtol=1e-12)
    complex_poles = np.array([0.5j, 0.9 * np.exp(1j)])
    size = np.abs(complex_poles) ** 2
    published = (1 - rho**2 * size) / (np.abs(1 - rho * complex_poles) ** 2 * (1 - size))
    np.testing.assert_allclose(state_variance(complex_poles, rho), published, rtol=1e-13)


@pytest.mark.parametrize("rho", [0.0, 0.8])
@pytest.mark.parametrize("pole", POLES)
def test_sums_over_lags(pole, rho):
    """`sum_jk l^j conj(l^k) rho^|j-k|` and that of the derivatives, to lags where .95^700 = 3e-16."""
    lags = np.arange(700)
    weights = lags * np.asarray(pole, complex) ** np.maximum(lags - 1, 0)
    correlation = rho ** np.abs(lags[:, None] - lags)
    states = np.asarray(pole, complex) ** lags
    assert state_variance(pole, rho) == pytest.approx((states @ correlation @ states.conj()).real, rel=1e-9)
    assert sensitivity(pole, rho) == pytest.approx((weights @ correlation @ weights.conj()).real, rel=1e-9)


def test_simulated_units():
    """Half a million steps of a unit and of its derivative: standard error about 2%, three of them allowed."""
    rho, pole = 0.9, 0.8
    noise = np.random.default_rng(0).normal(size=500_000) * np.sqrt(1 - rho**2)
    x = scipy.signal.lfilter([1.0], [1.0, -rho], noise)
    h = scipy.signal.lfilter([0.0, 1.0], [1.0, -pole], x)
    derivative = scipy.signal.lfilter([0.0, 1.0], [1.0, -pole], h)
    assert np.mean(h[1000:] ** 2) == pytest.approx(state_variance(pole, rho), rel=0.06)
    assert np.mean(derivative[1000:] ** 2) == pytest.approx(sensitivity(pole, rho), rel=0.06)
    assert np.mean(derivative[1000:] ** 2) > 1.5 * sensitivity(pole, 0.8)  # another input would be told apart


def test_it_is_the_curvature_of_the_loss_at_the_teachers_pole():
    """Hessian of the white-noise loss of a complex unit, both parts of its state read out."""
    pole = 0.7 * np.exp(0.5j)

    def system(parts):
        x, y = parts
        A = jnp.stack([jnp.stack([x, -y]), jnp.stack([y, x])])
        return LinearSystem(A, jnp.array([[1.0], [0.0]]), jnp.eye(2), time=DiscreteTime())

    at = jnp.array([pole.real, pole.imag])
    teacher = system(at)
    hessian = jax.jacfwd(jax.jacrev(lambda parts: WhiteNoise().loss(system(parts), teacher)))(at)
    np.testing.assert_allclose(hessian, sensitivity(pole) * np.eye(2), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("pole", "rho", "word"), [(1.0, 0.0, "modulus 1"), (0.5, 1.0, "correlation = 1")])
def test_no_steady_state_is_refused(pole, rho, word):
    with pytest.raises(ProblemError, match=word):
        sensitivity(pole, rho)
