"""Only the output at the end of a sequence counts."""

from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.checks import count
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.objectives.objective import Objective
from theory.time import DiscreteTime


class FinalTime(Objective):
    """The squared error of the last output of a sequence of T whitened inputs, from rest, in discrete time.

        h_{t+1} = A h_t + B x_t,  h_1 = 0,   y_T = C h_{T+1} = sum_t C A^{T-t} B x_t
        L = 1/2 E |y_T - y*_T|^2 = 1/2 sum_{k<T} |C A^k B - C* A*^k B*|_F^2

    for inputs white over time and space. Any task with input-output correlations `Sigma_{Y X_t}` has a teacher: with
    `C* A*^{T-t} B* = Sigma_{Y X_t}`, `teachers.delay_line`. Teachers and students need not be stable.

    In continuous time the output at a time T alone, from rest, has the loss of `FiniteWindow(T)`.

    Args:
        length: T, in steps.

    >>> from theory import DiscreteTime, teachers
    >>> sum_of_all = teachers.state_space([[1.0]], [[1.0]], [[1.0]], time=DiscreteTime())
    >>> forgets = teachers.state_space([[0.0]], [[1.0]], [[1.0]], time=DiscreteTime())
    >>> float(FinalTime(length=5).loss(forgets, sum_of_all))
    2.0

    Source: Proca, Domine, Shanahan & Mediano, ICML 2025, PMLR 267.
    """

    needs_stability: ClassVar[bool] = False
    length: int = eqx.field(static=True)
    equation = "L = 1/2 E |y_T - y*_T|^2   (the last output alone, factor 1/2, whitened inputs, from rest)"

    def __init__(self, length: int):
        self.length = count(length, "length")

    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """Half the squared distance of the first T lags."""

        def lag(states, _):
            own, theirs = states
            error = student.C @ own - teacher.C @ theirs
            return (student.A @ own, teacher.A @ theirs), jnp.sum(error**2)

        return 0.5 * jnp.sum(jax.lax.scan(lag, (student.B, teacher.B), None, length=self.length)[1])

    def check(self, teacher: LinearSystem) -> None:
        """The teacher must live in discrete time."""
        if not isinstance(teacher.time, DiscreteTime):
            raise ProblemError(
                "FinalTime is an objective of discrete time; the teacher is continuous: there the output at one time "
                "alone has the loss objectives.FiniteWindow(duration)."
            )

    def __str__(self) -> str:
        return f"last output of sequences of {self.length} steps"
