"""Random systems, compiled functions to share (compiling is what takes the time), and slow,
independent answers by SciPy, quadrature and differences to test against."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from theory import ContinuousTime, DiscreteTime, LinearSystem
from theory.objectives import WhiteNoise

CONTINUOUS, DISCRETE = ContinuousTime(), DiscreteTime()
TIMES = (CONTINUOUS, DISCRETE)
EPSILON = np.finfo(float).eps
QUADRATURE_ERROR = 1e-13  # rounding of sums over lags; see `integral_over_lags`

# the time to compile is what tests take: they share this, and keep to five states against three
value_and_gradient_by = jax.jit(
    lambda objective, student, teacher: objective.value_and_gradient(student, teacher)
)


def white_noise_loss(student, teacher):
    """The loss from Gramians."""
    return value_and_gradient_by(WhiteNoise(), student, teacher)[0]


def white_noise_gradient(student, teacher):
    """Its gradient (dL/dA, dL/dB, dL/dC) from Gramians."""
    return value_and_gradient_by(WhiteNoise(), student, teacher)[1]


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


def random_system(seed, states, inputs=1, outputs=1, time=CONTINUOUS, margin=0.3) -> LinearSystem:
    """A random system with the given margin."""
    random = np.random.default_rng([seed, 1])
    return LinearSystem(
        random_state_matrix(seed, states, time, margin),
        random.normal(size=(states, inputs)),
        random.normal(size=(outputs, states)),
        time=time,
    )


def matrices(system) -> tuple:
    """(A, B, C), the parameters that gradients are taken in."""
    return system.A, system.B, system.C


def with_matrices(system, parameters) -> LinearSystem:
    """The same kind of system with other matrices."""
    return LinearSystem(*parameters, time=system.time)


def embedded(system, states=5) -> LinearSystem:
    """A larger system with the same response: it has further states, which no input reaches."""
    n, further = system.states, states - system.states
    margin = 0.5 if system.time == CONTINUOUS else 0.7
    junk = random_state_matrix(99, further, system.time, margin)
    A = jax.scipy.linalg.block_diag(system.A, junk).at[:n, n:].set(0.3)
    B = jnp.pad(system.B, ((0, further), (0, 0)))
    C = jnp.pad(system.C, ((0, 0), (0, further)), constant_values=0.7)
    return LinearSystem(A, B, C, time=system.time)


def responses(system, lags) -> np.ndarray:
    """The impulse response (lag, output, input) as NumPy's sum over modes; needs a full set of them."""
    A, B, C = (np.asarray(matrix) for matrix in matrices(system))
    poles, modes = np.linalg.eig(A)
    lags = np.asarray(lags)[:, None]
    factors = np.exp(poles * lags) if system.time == CONTINUOUS else poles**lags
    weighted = factors[:, :, None] * np.linalg.solve(modes, B.astype(complex))
    return (C @ modes @ weighted).real


def transfers(system, points) -> np.ndarray:
    """The transfer function (point, output, input) by NumPy's solve."""
    A, B, C = (np.asarray(matrix) for matrix in matrices(system))
    return C @ np.linalg.solve(np.asarray(points)[:, None, None] * np.eye(len(A)) - A, B[None])


def integral_over_lags(integrand, time, duration=60.0):
    """The integral, or the sum, of a function of lags (their axis first) that decays at rate 0.6 or faster.

    What lies beyond lag 60 is below exp(-36). Gauss-Legendre quadrature with 12 points on panels of half a
    time constant is exact for polynomials of degree 23; for exponentials exp(mu t) with |mu| < 8 its error
    is below (8/4)^24 / 24!, 3e-17. Sums over 60 steps at margin 0.3 or more end at 0.7^120 = 3e-19.
    """
    if time == DISCRETE:
        return np.sum(integrand(np.arange(60)), axis=0)
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(0.0, duration, int(np.ceil(2 * duration)) + 1)
    half = np.diff(edges)[:, None] / 2
    lags = edges[:-1, None] + half * (1 + nodes)
    return np.tensordot((half * weights).ravel(), integrand(lags.ravel()), axes=1)


def loss_by_quadrature(student, teacher, duration=60.0) -> float:
    """Half the integrated squared distance of impulse responses."""

    def squared_error(lags):
        return np.sum((responses(student, lags) - responses(teacher, lags)) ** 2, axis=(1, 2))

    return 0.5 * float(integral_over_lags(squared_error, student.time, duration))


def differences(function, parameters, step=1e-3):
    """The gradient of a (compiled) scalar function of a pytree by fourth-order central differences.

    Their error is of order `step^4` times a fifth derivative, 1e-12 times numbers of order one here;
    the function's own rounding, divided by the step, adds 1e-13.
    """
    flat, restore = ravel_pytree(parameters)
    flat = np.asarray(flat)

    def slope(shift):
        def at(k):
            return float(function(restore(jnp.asarray(flat + k * shift))))

        return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)

    return restore(jnp.asarray([slope(shift) for shift in step * np.eye(flat.size)]))


def relative_error(found, expected) -> float:
    """The largest difference over all leaves of two pytrees, over the largest expected entry."""
    found, expected = (np.asarray(ravel_pytree(tree)[0]) for tree in (found, expected))
    assert found.shape == expected.shape
    return np.abs(found - expected).max() / np.abs(expected).max()
