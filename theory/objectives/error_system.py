"""Student, teacher and what drives them, as one system under white noise."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.linear_system import LinearSystem
from theory.time import Time


class ErrorSystem(NamedTuple):
    """The stationary system whose states s hold those of the student, the teacher and a shaping filter of the input.

        ds/dt = A s + B xi     (s_{t+1} = A s_t + B xi_t),    xi white of unit intensity
        error e = y - y* = E s,    input x = X s + D xi,    student's states h = s[student]

    The loss is `1/2 E |e|^2 = 1/2 tr(E P E^T)`, P the covariance of s, and whatever assigns credit follows from it: if
    the error at time t reaches the student's states a lag k before through `M_k`, then with `Z = sum_k M_k E A^k` (an
    integral in continuous time)

        dL/dA = Z S P[:, student],    dL/dB = Z (S P X^T + B D^T),    dL/dC = E P[:, student]

    with S = I in continuous time and S = A in discrete time, where an error is of states a step later.
    Back-propagation through time has `M_k = (A_student^T)^k C^T`.
    """

    A: Float[Array, "state state"]
    B: Float[Array, "state noise"]
    E: Float[Array, "output state"]
    X: Float[Array, "input state"]
    D: Float[Array, "input noise"]
    student: slice
    time: Time

    def covariance(self) -> Float[Array, "state state"]:
        """P."""
        return self.time.gramian(self.A, self.A, self.B @ self.B.T)

    def loss(self) -> Float[Array, ""]:
        """`1/2 tr(E P E^T)`."""
        return 0.5 * jnp.vdot(self.E, self.E @ self.covariance())

    def back_propagated(self, student: LinearSystem) -> Float[Array, "unit state"]:
        """Z of back-propagation through time: the integral of `exp(A^T t) C^T E exp(A t)`."""
        return self.time.gramian(student.A.T, self.A.T, student.C.T @ self.E)

    def gradient(self, Z: Float[Array, "unit state"]) -> tuple:
        """What takes the place of (dL/dA, dL/dB, dL/dC) where credit is assigned by Z."""
        P = self.covariance()
        seen = self.time.gradient_factor(self.A) @ P
        return Z @ seen[:, self.student], Z @ (seen @ self.X.T + self.B @ self.D.T), self.E @ P[:, self.student]


def side_by_side(student: LinearSystem, teacher: LinearSystem) -> ErrorSystem:
    """Student and teacher under the same white noise."""
    n, m, p = student.states, teacher.states, teacher.inputs
    return ErrorSystem(
        A=jnp.block([[student.A, jnp.zeros((n, m))], [jnp.zeros((m, n)), teacher.A]]),
        B=jnp.concatenate([student.B, teacher.B]),
        E=jnp.concatenate([student.C, -teacher.C], axis=1),
        X=jnp.zeros((p, n + m)),
        D=jnp.eye(p),
        student=slice(0, n),
        time=student.time,
    )
