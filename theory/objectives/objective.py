"""What an objective must say of itself."""

import abc

import equinox as eqx
import jax
from jaxtyping import Array, Float

from theory.linear_system import LinearSystem


class Objective(eqx.Module):
    """A population loss of a student system against a teacher, exact, and differentiable in JAX."""

    equation: eqx.AbstractClassVar[str]

    @abc.abstractmethod
    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """The population loss of the student."""

    @abc.abstractmethod
    def check(self, teacher: LinearSystem) -> None:
        """Raise a ProblemError if this objective has no meaning for that teacher."""

    def value_and_gradient(self, student: LinearSystem, teacher: LinearSystem) -> tuple:
        """The loss and its gradient (dL/dA, dL/dB, dL/dC); by automatic differentiation unless known."""

        def of_matrices(matrices):
            return self.loss(LinearSystem(*matrices, time=student.time), teacher)

        return jax.value_and_grad(of_matrices)((student.A, student.B, student.C))
