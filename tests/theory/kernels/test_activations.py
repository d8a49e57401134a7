"""Gaussian duals against quadrature in two dimensions."""

from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest

from tests.theory.kernels.brute_force import dual, quadrature
from theory.errors import ProblemError
from theory.kernels import Erf, FromFunction, Identity, ReLU, Tanh
from theory.kernels.activations.hermite_series import HermiteSeries
from theory.kernels.arcsine import arcsine

CASES = [(1.0, 1.0, 0.5), (0.3, 2.0, -0.7), (4.0, 0.01, 0.15), (2.0, 2.0, 2.0), (1.0, 3.0, 0.0)]


def softplus(z):
    return jnp.logaddexp(z, 0.0)


def duals(activation, a, b, s):
    rows, columns = (activation.features(jnp.array([variance])) for variance in (a, b))
    if isinstance(activation, HermiteSeries):  # as many terms on either side
        both = activation.features(jnp.array([a, b]))
        rows, columns = (tuple(leaf[..., [i]] for leaf in both) for i in (0, 1))
    return [float(each[0, 0]) for each in activation.duals(rows, columns, jnp.array([[s]]))]


@pytest.mark.parametrize("a, b, s", CASES)
@pytest.mark.parametrize("activation", [Identity(), ReLU(), Erf()], ids=str)
def test_closed_forms_are_the_textbooks_and_their_moments_the_case_of_equals(activation, a, b, s):
    np.testing.assert_allclose(duals(activation, a, b, s), dual(activation, a, b, s), rtol=1e-13, atol=1e-15)
    moments = [float(moment) for moment in activation.moments(jnp.array(a))]
    np.testing.assert_allclose(moments, dual(activation, a, a, a), rtol=1e-13)


@pytest.mark.parametrize("a, b, s", CASES)
def test_erf_in_closed_form_is_erf_by_series_and_by_quadrature(a, b, s):
    by_series = FromFunction(Erf().function)
    error = by_series.error(np.array([a, b]))
    assert error < 1e-9
    np.testing.assert_allclose(duals(by_series, a, b, s), duals(Erf(), a, b, s), atol=error)
    np.testing.assert_allclose(quadrature(by_series, a, b, s), duals(Erf(), a, b, s), atol=1e-11)


@pytest.mark.parametrize("a, b, s", CASES)
@pytest.mark.parametrize("activation", [Tanh(), FromFunction(softplus)], ids=str)
def test_series_agree_with_quadrature_to_their_stated_error(activation, a, b, s):
    error = activation.error(np.array([a, b]))
    assert error < 1e-9
    np.testing.assert_allclose(duals(activation, a, b, s), quadrature(activation, a, b, s), atol=error + 1e-12)


def test_where_the_series_is_cut_the_stated_error_says_so_and_the_kernel_stays_positive():
    rectifier = FromFunction(ReLU().function)
    for a, b, s in ((1.0, 1.0, 0.5), (0.3, 2.0, -0.7), (1.0, 1.0, 1.0)):
        error = rectifier.error(np.array([a, b]))
        gap = np.abs(np.subtract(duals(rectifier, a, b, s), duals(ReLU(), a, b, s)))
        assert 1e-6 < error and gap.max() < error
    points = np.random.default_rng(0).normal(size=(40, 3))
    covariance = jnp.asarray(points @ points.T)
    features = rectifier.features(jnp.diag(covariance))
    for kernel in rectifier.duals(features, features, covariance):
        assert np.linalg.eigvalsh(kernel)[0] > -1e-12


def test_second_dual_is_the_derivative_of_the_first():
    for activation in (Identity(), ReLU(), Erf(), Tanh()):
        a, b, s, h = 1.3, 0.8, 0.4, 1e-5
        slope = (duals(activation, a, b, s + h)[0] - duals(activation, a, b, s - h)[0]) / (2 * h)
        assert slope == pytest.approx(duals(activation, a, b, s)[1], abs=1e-9)


def test_homogeneous_activations_scale_as_they_say():
    for activation in (Identity(), ReLU()):
        assert activation.homogeneous
        K, D = duals(activation, 1.0, 0.5, 0.3)
        scaled = duals(activation, 9.0 * 1.0, 4.0 * 0.5, 6.0 * 0.3)
        np.testing.assert_allclose(scaled, (6.0 * K, D), rtol=1e-13)


def test_odd_is_what_the_function_is():
    assert Tanh().odd and Erf().odd and Identity().odd
    assert not ReLU().odd and not FromFunction(softplus).odd


def test_zero_variance_is_a_silent_unit():
    for activation in (Identity(), ReLU(), Erf(), Tanh()):
        K, D = duals(activation, 0.0, 1.0, 0.0)
        assert K == pytest.approx(0.0, abs=1e-15) and np.isfinite(D)


def test_arcsine_is_the_librarys_to_rounding():
    x = np.concatenate([np.linspace(-1, 1, 20001), [0.5, -0.5, 1e-300, 0.0, 1 - 1e-16]])
    np.testing.assert_allclose(arcsine(jnp.asarray(x)), np.arcsin(x), rtol=5e-16)
    beyond = jnp.array([-1 - 1e-15, 1 + 1e-15])  # correlations of 1 but for rounding
    np.testing.assert_array_equal(arcsine(beyond), [-np.pi / 2, np.pi / 2])


def test_erf_of_large_variances_loses_no_more_digits_than_rounding_the_variance_does():
    a, b, s = 1e8, 1e8 + 7, 1e8 - 1  # exact numbers; but sqrt(a) sqrt(b) is rounded by eps a, of ab - s^2 = 9a
    exact = 4 / np.pi / np.sqrt(float(1 + 2 * (a + b) + 4 * float(Fraction(a) * Fraction(b) - Fraction(s) ** 2)))
    assert duals(Erf(), a, b, s)[1] == pytest.approx(exact, rel=1e-8)


def test_what_is_no_function_is_refused():
    with pytest.raises(ProblemError, match="function"):
        FromFunction("tanh")
