"""The white-noise loss through the impulse response on a time grid, differentiated by JAX."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from theory.checks import positive
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.time import ContinuousTime


class TimeGrid(eqx.Module):
    """Impulse responses compared on a uniform grid of lags, by Simpson's rule.

        L = 1/2 sum_j w_j |g(t_j) - g*(t_j)|^2,    x(t + dt) = sum_{k<=4} (A dt)^k / k! x(t)

    the fourth-order Runge-Kutta propagator, four matrix-vector products a step. The error is of fourth
    order in the step, plus what the responses hold beyond the horizon; unlike moments it needs no
    disc of convergence and works for unstable systems.

    Args:
        teacher: the system to imitate, in continuous time.
        horizon: last lag, in leak time constants.
        step: spacing of the grid.

    Raises:
        ProblemError: a discrete teacher (its impulse response is a grid already), a step beyond the horizon.

    >>> from theory import teachers
    >>> grid = TimeGrid(teachers.leaky_integrator(0.2), horizon=60.0, step=0.05)
    >>> student = teachers.leaky_integrator(1.0)
    >>> grid.value_and_gradient(student.A, student.B, student.C)[0]
    Array(0.666666..., dtype=float64)
    """

    target: Float[Array, "lag output input"]
    quadrature: Float[Array, " lag"]
    step: float = eqx.field(static=True)

    def __init__(self, teacher: LinearSystem, horizon: float, step: float):
        if not isinstance(teacher.time, ContinuousTime):
            raise ProblemError("TimeGrid is for continuous time; in discrete time use Moments or Gramians.")
        horizon, step = positive(horizon, "horizon"), positive(step, "step")
        intervals = 2 * round(horizon / step / 2)
        if intervals < 2:
            raise ProblemError(f"step = {step:g} leaves no grid within the horizon {horizon:g}.")
        self.step = horizon / intervals
        weights = np.full(intervals + 1, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        self.quadrature = jnp.asarray(weights * self.step / 3.0)
        self.target = teacher.impulse_response(self.step * np.arange(intervals + 1))

    def loss(self, A, B, C) -> Float[Array, ""]:
        """The loss of a student with those matrices."""

        def advance(x, _):
            increment, state = x, x
            for k in range(1, 5):
                increment = (self.step / k) * (A @ increment)
                state = state + increment
            return state, C @ x

        _, response = jax.lax.scan(advance, B, None, length=self.quadrature.size)
        return 0.5 * jnp.einsum("l,lqp->", self.quadrature, (response - self.target) ** 2)

    def value_and_gradient(self, A, B, C, time=None, key=None) -> tuple:
        """The loss and (dL/dA, dL/dB, dL/dC); exact, so no key is needed."""
        return jax.value_and_grad(self.loss, argnums=(0, 1, 2))(A, B, C)
