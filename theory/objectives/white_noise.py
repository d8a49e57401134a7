"""Imitation under white-noise input, at all times: the H2 distance between student and teacher."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.linear_system import LinearSystem
from theory.objectives.error_system import ErrorSystem, side_by_side
from theory.objectives.objective import Objective


class WhiteNoise(Objective):
    """The mean squared output error under white-noise input of unit intensity, in the steady state.

        L = 1/2 E |y - y*|^2 = 1/2 int_0^inf |g(t) - g*(t)|_F^2 dt = 1/2 ||H - H*||_H2^2

    with g the impulse responses, a sum over lags in discrete time. With the Gramians of

        P = gram(A, A, U U^T)      Q = gram(A^T, A^T, V^T V)
        X = gram(A, A*, U B*^T)    Y = gram(A^T, A*^T, -V^T C*)

    where `gram(A, D, F)` solves `A X + X D^T + F = 0` (in discrete time `X = A X D^T + F`), the loss and
    its exact gradients are

        L = 1/2 tr(V P V^T - 2 V X C*^T + C* P* C*^T)
        dL/dA = Q S P + Y S* X^T      dL/dU = Q U + Y B*      dL/dV = V P - C* X^T

    with S = I in continuous time and S = A, S* = A* in discrete time.

    Assumptions: student and teacher are stable. The cost is O(N^3), with no time axis and no sampling.

    >>> from theory import teachers
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> WhiteNoise().loss(student, teacher)
    Array(0.66666667, dtype=float64)

    Source: Wilson's first-order conditions of H2-optimal model reduction, D. A. Wilson,
    Proc. IEE 117 (1970) 1161.
    """

    equation = "L = 1/2 int_0^inf |g(t) - g*(t)|_F^2 dt   (mean squared error, factor 1/2, unit white noise)"

    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """Half the squared H2 distance."""
        gram = student.time.gramian
        P = gram(student.A, student.A, student.B @ student.B.T)
        X = gram(student.A, teacher.A, student.B @ teacher.B.T)
        teacher_P = gram(teacher.A, teacher.A, teacher.B @ teacher.B.T)
        return 0.5 * (
            jnp.vdot(student.C, student.C @ P)
            - 2 * jnp.vdot(teacher.C, student.C @ X)
            + jnp.vdot(teacher.C, teacher.C @ teacher_P)
        )

    def value_and_gradient(self, student: LinearSystem, teacher: LinearSystem) -> tuple:
        """The loss and (dL/dA, dL/dU, dL/dV) from the Gramians."""
        time, A, U, V = student.time, student.A, student.B, student.C
        P = time.gramian(A, A, U @ U.T)
        Q = time.gramian(A.T, A.T, V.T @ V)
        X = time.gramian(A, teacher.A, U @ teacher.B.T)
        Y = time.gramian(A.T, teacher.A.T, -V.T @ teacher.C)
        teacher_P = time.gramian(teacher.A, teacher.A, teacher.B @ teacher.B.T)
        loss = 0.5 * (
            jnp.vdot(V, V @ P) - 2 * jnp.vdot(teacher.C, V @ X) + jnp.vdot(teacher.C, teacher.C @ teacher_P)
        )
        S, teacher_S = time.gradient_factor(A), time.gradient_factor(teacher.A)
        gradient = (Q @ S @ P + Y @ teacher_S @ X.T, Q @ U + Y @ teacher.B, V @ P - teacher.C @ X.T)
        return loss, gradient

    def error_system(self, student: LinearSystem, teacher: LinearSystem) -> ErrorSystem:
        """Both under the same white noise."""
        return side_by_side(student, teacher)

    def check(self, teacher: LinearSystem) -> None:
        """The teacher must be stable.

        Raises:
            UnstableSystemError: it is not; the message gives the pole and offers a finite window.
        """
        teacher.require_stable("the white-noise loss over an infinite horizon")

    def __str__(self) -> str:
        return "white-noise input, all times"
