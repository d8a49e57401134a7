"""Continuous and discrete time: everything that depends on which of the two it is, in one place.

A time says how recurrent weights become a state matrix, when a system is stable, what its Gramian
equation and impulse response are. All else in the toolkit is written once, for both.
"""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array, Complex, Float

from theory.errors import ProblemError
from theory.matrix_equations import stein, sylvester


def _identity_like(matrix):
    if isinstance(matrix, sympy.MatrixBase):
        return sympy.eye(matrix.shape[0])
    if isinstance(matrix, sympy.MatrixExpr):
        return sympy.Identity(matrix.shape[0])
    return jnp.eye(matrix.shape[0], dtype=matrix.dtype)


class Time(eqx.Module):
    """What a kind of time must say of itself. Methods take arrays, or SymPy matrices where noted."""

    equation: eqx.AbstractClassVar[str]
    name: eqx.AbstractClassVar[str]
    unit: eqx.AbstractClassVar[str]
    silent_pole: eqx.AbstractClassVar[int]

    @abc.abstractmethod
    def state_matrix(self, recurrent):
        """The state matrix A that recurrent weights W give (arrays or SymPy)."""

    @abc.abstractmethod
    def gramian_residual(self, A, D, X, F):
        """What vanishes when X is the cross Gramian of A and D with source F (arrays or SymPy)."""

    @abc.abstractmethod
    def gramian(self, A, D, F):
        """The cross Gramian X of A and D with source F: the solution of `gramian_residual = 0`."""

    @abc.abstractmethod
    def gradient_factor(self, A):
        """The matrix S in dL/dA = Q S P + Y S* X^T (see `theory.white_noise`)."""

    @abc.abstractmethod
    def response_to_mode(self, A, B, C, pole):
        """`C X B`, X the inner product of `exp(A t)` (or A^k) with the mode of that pole (both)."""

    @abc.abstractmethod
    def margin(self, poles):
        """How far inside the stability region each pole lies: positive means stable."""

    @abc.abstractmethod
    def impulse_response(self, A, B, C, lags):
        """Impulse response at the given lags, shape (lag, output, input)."""

    @abc.abstractmethod
    def propagator(self, A, duration):
        """How states move on over a duration without input: `exp(A duration)`, or a power of A."""

    @abc.abstractmethod
    def frequency_points(self, frequencies):
        """The points of the complex plane at which a transfer function has those frequencies."""

    @abc.abstractmethod
    def timescale(self, pole):
        """The decay time of a real, stable pole."""

    @abc.abstractmethod
    def pole_of_rate(self, rate, functions):
        """The pole that decays at that rate; `functions` is the `theory.namespace` of the numbers."""

    @abc.abstractmethod
    def pole_of_rate_and_angle(self, rate, angle, functions) -> tuple:
        """Real and imaginary part of the pole that decays at that rate and turns by that angle per unit of time."""

    @abc.abstractmethod
    def unit_energy(self, rate, functions):
        """`int |exp(pole t)|^2 dt` of a pole that decays at that rate, a sum over lags in discrete time."""


class ContinuousTime(Time):
    """Continuous time, `dh/dt = -h + W h + U x`, `y = V h`; the leak's time constant is the unit.

    The impulse response is `V exp(A t) U` with `A = W - I`; a system is stable when every pole has a
    negative real part.

    >>> float(ContinuousTime().margin(-0.25))
    0.25
    """

    equation = "dh/dt = -h + W h + U x(t),   y = V h,   A = W - I"
    name = "continuous"
    unit = "leak time constants"
    silent_pole = -1

    def state_matrix(self, recurrent):
        """A = W - I."""
        return recurrent - _identity_like(recurrent)

    def gramian_residual(self, A, D, X, F):
        """A X + X D^T + F."""
        return A @ X + X @ D.T + F

    def gramian(self, A, D, F) -> Float[Array, "n m"]:
        """The integral of `exp(A t) F exp(D^T t)` over t >= 0."""
        return sylvester(A, D, F)

    def gradient_factor(self, A):
        """The identity."""
        return _identity_like(A)

    def response_to_mode(self, A, B, C, pole):
        """Integral of `C exp(A t) B exp(pole t)` = C (-pole I - A)^-1 B."""
        if isinstance(A, sympy.MatrixBase):
            return C @ (-pole * _identity_like(A) - A).inv() @ B
        return C @ jnp.linalg.solve(-pole * _identity_like(A) - A, B)

    def margin(self, poles):
        """Minus the real part."""
        return -np.real(poles)

    def impulse_response(self, A, B, C, lags) -> Float[Array, "lag output input"]:
        """`C exp(A t) B` at increasing lags t >= 0 (concrete numbers, not traced)."""
        lags = np.asarray(lags, dtype=float)
        if lags.ndim != 1 or lags.size == 0 or lags[0] < 0 or (np.diff(lags) <= 0).any():
            raise ProblemError("lags must be a non-empty, increasing, one-dimensional array from 0 on.")
        steps = np.diff(lags, prepend=0.0)
        # propagate from lag to lag; equal steps share one matrix exponential
        _, first, which = np.unique(np.round(steps, 12), return_index=True, return_inverse=True)
        propagators = jax.vmap(lambda step: jax.scipy.linalg.expm(A * step, max_squarings=48))(
            jnp.asarray(steps[first])
        )

        def advance(state, index):
            state = propagators[index] @ state
            return state, C @ state

        return jax.lax.scan(advance, B, jnp.asarray(which))[1]

    def propagator(self, A, duration) -> Float[Array, "n n"]:
        """`exp(A duration)`."""
        return jax.scipy.linalg.expm(A * duration, max_squarings=48)

    def frequency_points(self, frequencies) -> Complex[Array, " frequency"]:
        """`s = i omega`, omega in radians per leak time constant."""
        return 1j * jnp.asarray(frequencies)

    def timescale(self, pole):
        """`-1 / pole`."""
        return -1.0 / pole

    def pole_of_rate(self, rate, functions):
        """`-rate`."""
        return -rate

    def pole_of_rate_and_angle(self, rate, angle, functions) -> tuple:
        """`-rate` and the angle."""
        return -rate, angle

    def unit_energy(self, rate, functions):
        """`1 / (2 rate)`."""
        return functions.reciprocal(2 * rate)


class DiscreteTime(Time):
    """Discrete time, `h_{t+1} = W h_t + U x_t`, `y_t = V h_t`.

    The impulse response `g_k = V W^k U` acts at lag k + 1; a system is stable when every pole lies
    inside the unit circle.

    >>> float(DiscreteTime().margin(0.75))
    0.25
    """

    equation = "h_{t+1} = W h_t + U x_t,   y_t = V h_t,   A = W"
    name = "discrete"
    unit = "time steps"
    silent_pole = 0

    def state_matrix(self, recurrent):
        """A = W."""
        return recurrent

    def gramian_residual(self, A, D, X, F):
        """A X D^T + F - X."""
        return A @ X @ D.T + F - X

    def gramian(self, A, D, F) -> Float[Array, "n m"]:
        """The sum over k >= 0 of `A^k F (D^T)^k`."""
        return stein(A, D, F)

    def gradient_factor(self, A):
        """A itself."""
        return A

    def response_to_mode(self, A, B, C, pole):
        """Sum over k of `C A^k B pole^k` = C (I - pole A)^-1 B."""
        if isinstance(A, sympy.MatrixBase):
            return C @ (_identity_like(A) - pole * A).inv() @ B
        return C @ jnp.linalg.solve(_identity_like(A) - pole * A, B)

    def margin(self, poles):
        """One minus the modulus."""
        return 1.0 - np.abs(poles)

    def impulse_response(self, A, B, C, lags) -> Float[Array, "lag output input"]:
        """`C A^k B` at increasing whole lags k >= 0 (concrete numbers, not traced)."""
        lags = np.asarray(lags)
        if lags.ndim != 1 or lags.size == 0 or lags[0] < 0 or (np.diff(lags) <= 0).any():
            raise ProblemError("lags must be a non-empty, increasing, one-dimensional array from 0 on.")
        if not np.array_equal(lags, np.round(lags)):
            raise ProblemError("in discrete time the lags are whole numbers of steps.")

        def advance(state, _):
            return A @ state, C @ state

        responses = jax.lax.scan(advance, B, None, length=int(lags[-1]) + 1)[1]
        return responses[lags.astype(int)]

    def propagator(self, A, duration) -> Float[Array, "n n"]:
        """`A^duration`."""
        return jnp.linalg.matrix_power(A, duration)

    def frequency_points(self, frequencies) -> Complex[Array, " frequency"]:
        """`z = exp(i omega)`, omega in radians per step."""
        return jnp.exp(1j * jnp.asarray(frequencies))

    def timescale(self, pole):
        """`-1 / log(pole)`, in steps."""
        return -1.0 / np.log(pole)

    def pole_of_rate(self, rate, functions):
        """`exp(-rate)`."""
        return functions.exp(-rate)

    def pole_of_rate_and_angle(self, rate, angle, functions) -> tuple:
        """The parts of `exp(-rate + i angle)`."""
        modulus = functions.exp(-rate)
        return functions.multiply(modulus, functions.cos(angle)), functions.multiply(modulus, functions.sin(angle))

    def unit_energy(self, rate, functions):
        """`1 / (1 - exp(-2 rate))`."""
        return functions.reciprocal(functions.plus(-functions.exp(-2 * rate), 1))
