"""Predicting several steps ahead: the student feeds on its own predictions."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.checks import count
from theory.linear_system import LinearSystem
from theory.objectives.objective import Objective
from theory.objectives.teacher_forcing import check_prediction, forced_covariance


class Rollout(Objective):
    """The student hears the teacher up to now, then runs freely for k steps, all of which are scored alike.

        L = 1/(2k) sum_{j<k} E |C (A + B C)^j h_t - y*_{t+j}|^2

    with h_t the state of a student that was forced until t - 1 (see `TeacherForcing`), whose prediction of y*_t is the
    first of the k. With k = 1 it is teacher forcing.

    Assumptions: discrete time, a steady state: teacher and the student's A are stable.
    `theory.students.Rollout` is the special case of a network without states of its own, A = 0 and C = I.

    Args:
        steps: k.

    >>> from theory import DiscreteTime, teachers
    >>> teacher = teachers.state_space([[0.9]], [[1.0]], [[1.0]], time=DiscreteTime())
    >>> student = teachers.state_space([[0.0]], [[0.9]], [[1.0]], time=DiscreteTime())
    >>> round(float(Rollout(steps=2).loss(student, teacher)), 4)  # (1 + 1 + .81)/4: noise of one step, and of two
    0.7025

    Source: the training of arXiv 2306.04406 without forcing; population form derived here.
    """

    imitates: ClassVar[bool] = False
    steps: int = eqx.field(static=True)
    equation = "L = 1/(2k) sum_{j<k} E |y_{t+j} - y*_{t+j}|^2,   the student on its own from t on   (factor 1/2)"

    def __init__(self, steps: int):
        self.steps = count(steps, "steps")

    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """Half the mean squared error, averaged over the steps."""
        P = forced_covariance(student, teacher)
        closed = student.A + student.B @ student.C

        def ahead(carried, _):
            theirs, own, fresh = carried
            error = jnp.concatenate([-theirs, own], axis=1)
            squared = jnp.vdot(error, error @ P) + fresh
            return (theirs @ teacher.A, own @ closed, fresh + jnp.sum((theirs @ teacher.B) ** 2)), squared

        start = (teacher.C, student.C, jnp.zeros((), P.dtype))
        return 0.5 * jnp.mean(jax.lax.scan(ahead, start, None, length=self.steps)[1])

    def check(self, teacher: LinearSystem) -> None:
        """A stable teacher in discrete time that has as many outputs as inputs."""
        check_prediction(self, teacher)

    def __str__(self) -> str:
        return f"rollout over {self.steps} steps"
