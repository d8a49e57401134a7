"""Imitation under coloured input, of any rational spectrum."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.checks import instance
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.objectives.error_system import ErrorSystem
from theory.objectives.objective import Objective
from theory.time import Time


class ColouredInput(Objective):
    """The mean squared output error under stationary Gaussian input that a filter F shapes from unit white noise.

        L = 1/2 E |y - y*|^2 = 1/2 ||(H - H*) F||_H2^2,    input spectrum F(i w) F(i w)^H

    from the Gramian of filter, student and teacher as one system (`theory.objectives.error_system`), whose gradient is
    exact: `dL/dA = Z S P_student`, with Z the integral of `exp(A^T t) C^T E exp(A t)`.

    Frequencies that the input lacks teach nothing: what is learned of them is left to the architecture.

    Assumptions: student, teacher and filter are stable. In continuous time the filter is strictly proper, so that the
    input has a finite variance: no white part. In discrete time any rational spectrum can be made, for its phase does
    not matter.

    Args:
        filter: the shaping filter, in the teacher's time, driven by white noise of unit intensity. With one output
            every input gets an independent copy; otherwise it has one output for each input of the teacher.

    Raises:
        UnstableSystemError: the filter is not stable.

    >>> from theory import teachers
    >>> slow, fast = (LinearSystem([[-k]], [[k]], [[1.0]]) for k in (0.5, 1e5))
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> [round(float(ColouredInput(each).loss(student, teacher)), 4) for each in (slow, fast)]  # white: 2/3
    [0.5397, 0.6667]

    Source: H2 norms of weighted errors, e.g. Anic, Beattie, Gugercin & Antoulas, Automatica 49 (2013) 1275.
    """

    A: tuple
    B: tuple
    C: tuple
    time: Time
    equation = "L = 1/2 E |y - y*|^2 = 1/2 ||(H - H*) F||_H2^2   (mean squared error, factor 1/2, input shaped by F)"

    def __init__(self, filter: LinearSystem):
        instance(filter, LinearSystem, "filter")
        filter.require_stable("a stationary input")
        # numbers rather than arrays: what is compiled for an objective is filed under it
        self.A, self.B, self.C = (tuple(map(tuple, matrix.tolist())) for matrix in (filter.A, filter.B, filter.C))
        self.time = filter.time

    def error_system(self, student: LinearSystem, teacher: LinearSystem) -> ErrorSystem:
        """Filter, student and teacher."""
        F, G, X = (jnp.array(matrix) for matrix in (self.A, self.B, self.C))
        if len(self.C) == 1:
            F, G, X = (jnp.kron(jnp.eye(teacher.inputs), matrix) for matrix in (F, G, X))
        k, n, m = F.shape[0], student.states, teacher.states
        return ErrorSystem(
            A=jnp.block(
                [
                    [F, jnp.zeros((k, n + m))],
                    [student.B @ X, student.A, jnp.zeros((n, m))],
                    [teacher.B @ X, jnp.zeros((m, n)), teacher.A],
                ]
            ),
            B=jnp.concatenate([G, jnp.zeros((n + m, G.shape[1]))]),
            E=jnp.concatenate([jnp.zeros((teacher.outputs, k)), student.C, -teacher.C], axis=1),
            X=jnp.concatenate([X, jnp.zeros((teacher.inputs, n + m))], axis=1),
            D=jnp.zeros((teacher.inputs, G.shape[1])),
            student=slice(k, k + n),
            time=student.time,
        )

    def loss(self, student: LinearSystem, teacher: LinearSystem) -> Float[Array, ""]:
        """Half the squared, filtered H2 distance."""
        return self.error_system(student, teacher).loss()

    def value_and_gradient(self, student: LinearSystem, teacher: LinearSystem) -> tuple:
        """The loss and (dL/dA, dL/dB, dL/dC) from Gramians."""
        system = self.error_system(student, teacher)
        return system.loss(), system.gradient(system.back_propagated(student))

    def check(self, teacher: LinearSystem) -> None:
        """A stable teacher in the filter's time, with an input for each of its outputs.

        Raises:
            ProblemError: another time, another number of inputs.
            UnstableSystemError: the teacher is not stable.
        """
        teacher.require_stable("the loss in a steady state")
        if teacher.time != self.time:
            raise ProblemError(
                f"the teacher lives in {teacher.time.name} time, the input's filter in {self.time.name} time."
            )
        if len(self.C) not in (1, teacher.inputs):
            raise ProblemError(
                f"the filter has {len(self.C)} outputs, the teacher {teacher.inputs} inputs: give it as many, or one."
            )

    def __str__(self) -> str:
        return f"coloured input, shaped by {len(self.A)} states, all times"
