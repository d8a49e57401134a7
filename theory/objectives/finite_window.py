"""Imitation under white-noise input over a finite window: for systems that are not stable."""

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.checks import positive
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.objectives.objective import Objective
from theory.time import ContinuousTime

_MOST_DOUBLINGS = 24  # |A| T up to 1e7


class FiniteWindow(Objective):
    """The loss over lags up to a finite duration T: it exists for unstable teachers and students too.

        L = 1/2 int_0^T |g(t) - g*(t)|_F^2 dt

    from the Gramian `G(T) = int_0^T e^{A t} B B^T e^{A^T t} dt` of the error system
    (A, B, C) = (diag(A, A*), [U; B*], [V, -C*]): `L = 1/2 tr C G(T) C^T`. Over a short window h, |A| h <= 1, it
    comes from Van Loan's block exponential

        exp([[-A, B B^T], [0, A^T]] h) = [[., K], [0, F]],    G(h) = F^T K,   e^{A h} = F^T

    and then doubles, `G(2h) = G(h) + e^{A h} G(h) e^{A^T h}`: a sum of positive terms, without the
    cancellation that the block exponential of a long window suffers.

    It is also the loss of the output at the time T alone, of systems that start at rest.

    Assumptions: continuous time. What grows must not overflow: unstable poles times T below some 300.

    Args:
        duration: the window T, in leak time constants.

    >>> from theory import teachers
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> FiniteWindow(duration=100.0).loss(student, teacher)
    Array(0.66666667, dtype=float64)

    Source: C. F. Van Loan, IEEE Trans. Automat. Contr. 23 (1978) 395.
    """

    needs_stability: ClassVar[bool] = False
    duration: float
    equation = "L = 1/2 int_0^T |g(t) - g*(t)|_F^2 dt   (mean squared error, factor 1/2, unit white noise)"

    def __init__(self, duration: float):
        self.duration = positive(duration, "duration")

    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """Half the squared distance of the impulse responses over the window."""
        A = jax.scipy.linalg.block_diag(student.A, teacher.A)
        B = jnp.concatenate([student.B, teacher.B])
        C = jnp.concatenate([student.C, -teacher.C], axis=1)
        n = A.shape[0]
        size = jax.lax.stop_gradient(jnp.abs(A).sum(axis=0).max() * self.duration)
        doublings = jnp.clip(jnp.ceil(jnp.log2(size)), 0, _MOST_DOUBLINGS)
        window = self.duration * 2.0**-doublings
        block = jnp.block([[-A, B @ B.T], [jnp.zeros((n, n)), A.T]])
        exponential = jax.scipy.linalg.expm(block * window)
        propagator = exponential[n:, n:].T

        # a fixed number of turns, the last ones idle: reverse-mode differentiation needs it
        def double(carry, turn):
            gramian, propagator = carry
            doubled = gramian + propagator @ gramian @ propagator.T, propagator @ propagator
            return jax.tree.map(lambda a, b: jnp.where(turn < doublings, a, b), doubled, carry), None

        start = (propagator @ exponential[:n, n:], propagator)
        (gramian, _), _ = jax.lax.scan(double, start, jnp.arange(_MOST_DOUBLINGS))
        return 0.5 * jnp.trace(C @ gramian @ C.T)

    def check(self, teacher: LinearSystem) -> None:
        """The teacher must live in continuous time."""
        if not isinstance(teacher.time, ContinuousTime):
            raise ProblemError("FiniteWindow is an objective of continuous time; the teacher is discrete.")

    def __str__(self) -> str:
        return f"white-noise input, window of {self.duration:g} leak time constants"
