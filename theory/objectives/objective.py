"""What an objective must say of itself."""

import abc
from typing import ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float

from theory.linear_system import LinearSystem
from theory.objectives.error_system import ErrorSystem


class Objective(eqx.Module):
    """A population loss of a student system against a teacher, exact, and differentiable in JAX.

    Attributes:
        equation: the loss, in print.
        needs_stability: whether the loss is infinite wherever the student's poles are not stable.
        imitates: whether a copy of the teacher has no loss.
    """

    equation: eqx.AbstractClassVar[str]
    needs_stability: ClassVar[bool] = True
    imitates: ClassVar[bool] = True

    @abc.abstractmethod
    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """The population loss of the student."""

    @abc.abstractmethod
    def check(self, teacher: LinearSystem) -> None:
        """Raise a ProblemError if this objective has no meaning for that teacher."""

    def error_system(self, student: LinearSystem, teacher: LinearSystem) -> ErrorSystem | None:
        """Student, teacher and what drives them as one system under white noise; None without a steady state."""
        return None

    def value_and_gradient(self, student: LinearSystem, teacher: LinearSystem) -> tuple:
        """The loss and its gradient (dL/dA, dL/dB, dL/dC); by automatic differentiation unless known."""

        def of_matrices(matrices):
            return self.loss(LinearSystem(*matrices, time=student.time), teacher)

        return jax.value_and_grad(of_matrices)((student.A, student.B, student.C))
