"""Bounds of rounding, against arithmetic of 50 digits."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from numerics.dynamics.rounding_error import NoBound, with_rounding
from theory.nonlinearities import ErrorFunction, HyperbolicTangent

mpmath.mp.dps = 50
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.normal(size=(12, 12))


def network(phi):
    return lambda z: -z + jnp.asarray(WEIGHTS) @ phi(z)


def exact_network(phi, z):
    rates = [phi(mpmath.mpf(float(x))) for x in z]
    return [-mpmath.mpf(float(x)) + mpmath.fdot((mpmath.mpf(float(b)), r) for b, r in zip(row, rates, strict=True))
            for x, row in zip(z, WEIGHTS, strict=True)]  # fmt: skip


EXACT = {
    ErrorFunction(): lambda x: mpmath.erf(mpmath.mpf(float(np.sqrt(np.pi) / 2)) * x),
    HyperbolicTangent(): mpmath.tanh,
}


@pytest.mark.parametrize("phi", EXACT, ids=str)
@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0, 5.0])
def test_error_of_a_network_is_within_its_bound(phi, size):
    bounded = jax.jit(with_rounding(network(phi)))
    ratios = []
    for _ in range(10):
        z = size * RANDOM.normal(size=12)
        value, bound = bounded(z)
        exact = exact_network(EXACT[phi], z)
        errors = [abs(float(mpmath.mpf(float(v)) - e)) for v, e in zip(value, exact, strict=True)]
        ratios.append(np.array(errors) / np.asarray(bound))
    assert np.max(ratios) < 1
    assert np.max(ratios) > 1e-3  # a bound that says something


ELEMENTARY = {
    "exp": (jnp.exp, mpmath.exp, 700.0),
    "expm1": (jnp.expm1, mpmath.expm1, 1.0),
    "log": (lambda x: jnp.log(1 + x), lambda x: mpmath.log(1 + x), 0.99),
    "sin": (jnp.sin, mpmath.sin, 100.0),
    "cos": (jnp.cos, mpmath.cos, 100.0),
    "tan": (jnp.tan, mpmath.tan, 10.0),
    "arcsin": (jnp.arcsin, mpmath.asin, 1.0),
    "arccos": (jnp.arccos, mpmath.acos, 1.0),
    "arctan": (jnp.arctan, mpmath.atan, 5.0),
    "sinh": (jnp.sinh, mpmath.sinh, 50.0),
    "cosh": (jnp.cosh, mpmath.cosh, 50.0),
    "tanh": (jnp.tanh, mpmath.tanh, 20.0),
    "arcsinh": (jnp.arcsinh, mpmath.asinh, 5.0),
    "logistic": (jax.nn.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), 20.0),
    "erf": (jax.scipy.special.erf, mpmath.erf, 5.0),
    "rsqrt": (lambda x: jax.lax.rsqrt(1 + x), lambda x: 1 / mpmath.sqrt(1 + x), 0.99),
    "cbrt": (lambda x: jnp.cbrt(1 + x), lambda x: mpmath.cbrt(1 + x), 0.99),
    "cube": (lambda x: x**3, lambda x: x**3, 5.0),
    "power": (lambda x: (x + 2) ** -0.2, lambda x: (x + 2) ** (-mpmath.mpf(0.2)), 0.99),
}


@pytest.mark.parametrize("name", ELEMENTARY)
def test_error_of_elementary_functions_is_within_its_bound(name):
    function, exact, size = ELEMENTARY[name]
    x = np.concatenate([size * RANDOM.uniform(-1, 1, 300), 1e-6 * RANDOM.normal(size=100)])
    value, bound = jax.jit(with_rounding(function))(x)
    errors = [abs(float(mpmath.mpf(float(v)) - exact(mpmath.mpf(float(a))))) for v, a in zip(value, x, strict=True)]
    assert (np.array(errors) <= np.asarray(bound)).all(), np.max(np.array(errors) / np.asarray(bound))


def test_cancellation_widens_the_bound():
    value, bound = with_rounding(lambda x: (x + 1e8) - 1e8)(jnp.array([0.1]))
    assert abs(value[0] - 0.1) > 1e-10
    assert abs(value[0] - 0.1) <= bound[0] < 1e-7


def test_jacobian_has_a_bound_as_well():
    jacobian = jax.jacfwd(network(ErrorFunction()))
    z = RANDOM.normal(size=12)
    value, bound = with_rounding(jacobian)(z)
    slope = [mpmath.exp(-(mpmath.mpf(float(np.sqrt(np.pi) / 2)) * mpmath.mpf(float(x))) ** 2) for x in z]
    # the slope of erf(c x) is 2 c / sqrt(pi) exp(-(c x)^2); c as rounded in the program
    factor = 2 * mpmath.mpf(float(np.sqrt(np.pi) / 2)) / mpmath.sqrt(mpmath.pi)
    worst = 0.0
    for i in range(12):
        for j in range(12):
            exact = mpmath.mpf(float(WEIGHTS[i, j])) * factor * slope[j] - (i == j)
            worst = max(worst, abs(float(mpmath.mpf(float(value[i, j])) - exact)) / float(bound[i, j]))
    assert worst < 1


def test_inaccurate_functions_have_no_bound():
    for function in (jnp.log1p, jax.scipy.special.erfc, jnp.exp2):
        with pytest.raises(NoBound):
            with_rounding(function)(jnp.full(3, 0.5))


@pytest.mark.parametrize(
    "function",
    [
        jnp.sign, jnp.floor, jnp.round, jnp.abs, lambda x: jnp.maximum(x, 0), lambda x: jnp.where(x > 0, x, -1.0),
        lambda x: jnp.heaviside(x, 0.5) - x, jax.nn.relu, lambda x: x.astype("int64").astype("float64"),
        lambda x: x.astype("float32").astype("float64"), lambda x: x[jnp.argmax(x)] + x,
    ],
)  # fmt: skip
def test_what_is_not_smooth_has_no_bound(function):
    with pytest.raises(NoBound):
        with_rounding(function)(jnp.ones(3))


def test_foreign_calls_have_no_bound():
    def foreign(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    with pytest.raises(NoBound, match="callback"):
        with_rounding(foreign)(jnp.ones(3))
