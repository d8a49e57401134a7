"""Random systems and slow, independent answers (SciPy, quadrature, differences) to test against."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import scipy.linalg
from jax.flatten_util import ravel_pytree

from theory import ContinuousTime, DiscreteTime, LinearSystem

CONTINUOUS, DISCRETE = ContinuousTime(), DiscreteTime()
TIMES = (CONTINUOUS, DISCRETE)
EPSILON = np.finfo(float).eps
QUADRATURE_ERROR = 1e-11  # what quadratures below are asked for, relative and absolute


def name_of(case) -> str | None:
    """How pytest prints a time in the name of a test."""
    return case.name if isinstance(case, ContinuousTime | DiscreteTime) else None


def random_state_matrix(seed, states, time=CONTINUOUS, margin=0.3) -> np.ndarray:
    """A random, non-normal state matrix whose least stable pole has the given margin."""
    matrix = np.random.default_rng(seed).normal(size=(states, states)) / np.sqrt(states)
    poles = np.linalg.eigvals(matrix)
    if time == CONTINUOUS:
        return matrix - (poles.real.max() + margin) * np.eye(states)
    return matrix * (1 - margin) / np.abs(poles).max()


def random_system(
    seed, states, inputs=1, outputs=1, time=CONTINUOUS, margin=0.3, name=""
) -> LinearSystem:
    """A random system with the given margin."""
    random = np.random.default_rng([seed, 1])
    return LinearSystem(
        random_state_matrix(seed, states, time, margin),
        random.normal(size=(states, inputs)),
        random.normal(size=(outputs, states)),
        time=time,
        name=name,
    )


def response(system, lag) -> np.ndarray:
    """The impulse response at one lag, by SciPy's matrix exponential or NumPy's matrix power."""
    A, B, C = (np.asarray(matrix) for matrix in (system.A, system.B, system.C))
    if system.time == CONTINUOUS:
        return C @ scipy.linalg.expm(A * lag) @ B
    return C @ np.linalg.matrix_power(A, lag) @ B


def integral_over_lags(integrand, time, duration=np.inf) -> float:
    """The integral (adaptive quadrature), or the sum, of a function of the lag."""
    if time == CONTINUOUS:
        accuracy = {"epsabs": QUADRATURE_ERROR, "epsrel": QUADRATURE_ERROR}
        return scipy.integrate.quad_vec(integrand, 0.0, duration, **accuracy)[0]
    # with the margins used here, 0.3 or more, terms beyond lag 150 are below 1e-20
    return sum(integrand(lag) for lag in range(150))


def inner_product_by_quadrature(one, other) -> float:
    """The H2 inner product from impulse responses."""
    return integral_over_lags(
        lambda lag: np.sum(response(one, lag) * response(other, lag)), one.time
    )


def loss_by_quadrature(student, teacher, duration=np.inf) -> float:
    """Half the integrated squared distance of impulse responses."""

    def squared_error(lag):
        return np.sum((response(student, lag) - response(teacher, lag)) ** 2)

    return 0.5 * integral_over_lags(squared_error, student.time, duration)


def differences(function, parameters, step=1e-3):
    """The gradient of a scalar function of a pytree by central differences of fourth order.

    Their error is of order `step^4` times a fifth derivative, 1e-12 here; the function's own rounding,
    divided by the step, adds 1e-13.
    """
    flat, restore = ravel_pytree(parameters)

    @jax.jit
    def values(flat):
        moved = flat + jnp.concatenate([k * step * jnp.eye(flat.size) for k in (-2, -1, 1, 2)])
        return jax.lax.map(lambda point: function(restore(point)), moved)

    below2, below1, above1, above2 = values(flat).reshape(4, -1)
    return restore((8 * (above1 - below1) - (above2 - below2)) / (12 * step))


def relative_error(found, expected) -> float:
    """The largest difference over all leaves of two pytrees, over the largest expected entry."""
    found, expected = (np.asarray(ravel_pytree(tree)[0]) for tree in (found, expected))
    assert found.shape == expected.shape
    return np.abs(found - expected).max() / np.abs(expected).max()
