"""Predicting the teacher's next output from its past: one-step teacher forcing, and partly forced."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.checks import positive
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.objectives.objective import Objective
from theory.time import DiscreteTime


class TeacherForcing(Objective):
    """The student hears the teacher's output, or part of it and part of its own prediction, and predicts the next.

        z_{t+1} = A* z_t + B* xi_t,   y*_t = C* z_t                          (teacher, driven by unseen white noise)
        h_{t+1} = A h_t + B [f y*_t + (1 - f) y_t],   y_t = C h_t            (student)
        L = 1/2 E |y_t - y*_t|^2

    y_t knows the teacher's outputs up to t - 1. With the forcing f = 1 it is teacher forcing: predictions are one step
    ahead, and the best student is the teacher's Kalman predictor. With f < 1 the student is pulled towards the data by
    the part f only, as by generalised teacher forcing; as f goes to zero it runs freely, and all it can do is to say
    nothing. The loss never vanishes: what the noise adds in a step is not to be known.

    Assumptions: discrete time, a steady state: the teacher is stable, and so is `A + (1 - f) B C` of the student, where
    it is not the loss is infinite. `theory.students.GeneralisedForcing` is the special case of a network without states
    of its own, A = 0 and C = I.

    Args:
        forcing: f, above 0 and up to 1.

    Raises:
        ProblemError: a forcing out of range.

    >>> from theory import DiscreteTime, teachers
    >>> teacher = teachers.state_space([[0.9]], [[1.0]], [[1.0]], time=DiscreteTime())
    >>> student = teachers.state_space([[0.0]], [[0.9]], [[1.0]], time=DiscreteTime())
    >>> float(TeacherForcing().loss(student, teacher))  # all but the noise of one step, 1/2, is predicted
    0.5

    Source: R. J. Williams & D. Zipser, Neural Computation 1 (1989) 270; Hess, Monfared, Brenner & Durstewitz, ICML
    2023 (arXiv 2306.04406), for the part f; population form derived here.
    """

    needs_stability: ClassVar[bool] = False
    imitates: ClassVar[bool] = False
    forcing: float
    equation = "L = 1/2 E |y - y*|^2,   the student driven by f y* + (1 - f) y   (mean squared error, factor 1/2)"

    def __init__(self, forcing: float = 1.0):
        self.forcing = positive(forcing, "forcing")
        if self.forcing > 1:
            raise ProblemError(f"forcing = {self.forcing:g}, but it must be at most 1: all the teacher's.")

    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """Half the mean squared error of the prediction."""
        P = forced_covariance(student, teacher, self.forcing)
        error = jnp.concatenate([-teacher.C, student.C], axis=1)
        return 0.5 * jnp.vdot(error, error @ P)

    def check(self, teacher: LinearSystem) -> None:
        """A stable teacher in discrete time that has as many outputs as inputs."""
        check_prediction(self, teacher)

    def __str__(self) -> str:
        forced = "teacher forcing" if self.forcing == 1 else f"teacher forcing by the part {self.forcing:g}"
        return f"{forced}, one step ahead"


def forced_covariance(student: LinearSystem, teacher: LinearSystem, forcing=1.0) -> Float[Array, "state state"]:
    """The covariance of (z, h), teacher and forced student, in the steady state."""
    heard, closed = forcing * student.B @ teacher.C, student.A + (1 - forcing) * student.B @ student.C
    A = jnp.block([[teacher.A, jnp.zeros((teacher.states, student.states))], [heard, closed]])
    B = jnp.concatenate([teacher.B, jnp.zeros((student.states, teacher.inputs))])
    return teacher.time.gramian(A, A, B @ B.T)


def check_prediction(objective: Objective, teacher: LinearSystem) -> None:
    """Raise a ProblemError for a teacher whose outputs no student of its shape can hear and predict."""
    name = type(objective).__name__
    if not isinstance(teacher.time, DiscreteTime):
        raise ProblemError(f"{name} is an objective of discrete time; the teacher is continuous.")
    if teacher.inputs != teacher.outputs:
        raise ProblemError(
            f"under {name} the student hears the teacher's outputs, so it needs as many inputs: the teacher has "
            f"{teacher.inputs} inputs and {teacher.outputs} outputs. Give it noise of another shape, B* times a root."
        )
    teacher.require_stable("the loss in a steady state")
