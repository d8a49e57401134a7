"""Imitation under white-noise input over a finite window: for systems that are not stable."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.checks import positive
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.objectives.objective import Objective
from theory.time import ContinuousTime


class FiniteWindow(Objective):
    """The loss over lags up to a finite duration T: it exists for unstable teachers and students too.

        L = 1/2 int_0^T |g(t) - g*(t)|_F^2 dt

    From the error system E = (diag(A, A*), [U; B*], [V, -C*]), by Van Loan's block exponential

        exp([[-A_e, B_e B_e^T], [0, A_e^T]] T) = [[., G], [0, F]],    int_0^T e^{A_e t} B_e B_e^T e^{A_e^T t} dt = F^T G

    Assumptions: continuous time; `|A| T` of a few hundred at most (e^{-A T} must not overflow).

    Args:
        duration: the window T, in leak time constants.

    >>> from theory import teachers
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> FiniteWindow(duration=100.0).loss(student, teacher)
    Array(0.66666667, dtype=float64)

    Source: C. F. Van Loan, IEEE Trans. Automat. Contr. 23 (1978) 395.
    """

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
        block = jnp.block([[-A, B @ B.T], [jnp.zeros((n, n)), A.T]])
        exponential = jax.scipy.linalg.expm(block * self.duration, max_squarings=48)
        gramian = exponential[n:, n:].T @ exponential[:n, n:]
        return 0.5 * jnp.trace(C @ gramian @ C.T)

    def check(self, teacher: LinearSystem) -> None:
        """The teacher must live in continuous time."""
        if not isinstance(teacher.time, ContinuousTime):
            raise ProblemError("FiniteWindow is an objective of continuous time; the teacher is discrete.")

    def __str__(self) -> str:
        return f"white-noise input, window of {self.duration:g} leak time constants"
