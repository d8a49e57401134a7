"""What is observed of a student: loss, impulse response, transfer function, as functions of (A, B, C)."""

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.moments import Moments
from theory.objectives import WhiteNoise
from theory.problem import Problem
from theory.time import ContinuousTime


def lag_grid(teacher: LinearSystem, points: int = 51) -> np.ndarray:
    """The lags at which impulse responses are compared: five times the teacher's slowest decay.

    >>> from theory import teachers
    >>> lag_grid(teachers.leaky_integrator(0.2))[[0, -1]]
    array([ 0., 25.])
    """
    margin = teacher.margin()
    if isinstance(teacher.time, ContinuousTime):
        return np.linspace(0.0, 5.0 / margin if margin > 0 else 10.0, points)
    last = int(np.ceil(-5.0 / np.log1p(-margin))) if 0 < margin < 1 else 10
    return np.unique(np.linspace(0, max(last, 5), points).round().astype(int))


def frequency_grid(teacher: LinearSystem, points: int = 41) -> np.ndarray:
    """The frequencies at which transfer functions are compared, in radians per unit of time."""
    if isinstance(teacher.time, ContinuousTime):
        slowest = max(teacher.margin(), 0.01)
        return np.geomspace(0.1 * slowest, 10.0 * max(1.0, slowest), points)
    return np.linspace(0.0, np.pi, points)


def as_data(tree):
    """A pytree with its Python floats as arrays, so that one compiled program serves all their values."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf) if isinstance(leaf, float) else leaf, tree)


class Observer(eqx.Module):
    """Loss, impulse response and transfer function of a student on fixed grids.

    With moments, all three come from one set of them (matrix-vector products only, see `theory.moments`);
    without, from the system itself, exactly and at a higher cost.

    Args:
        problem: whose students are to be observed.
        moments: None takes those of the teacher under the white-noise objective, where they are the cheaper
            way; False takes none.
        units: of the students, which decides what is cheaper.
    """

    moments: Moments | None
    response_basis: Array | None
    transfer_basis: Array | None
    lags: tuple = eqx.field(static=True)
    frequencies: tuple = eqx.field(static=True)

    def __init__(
        self, problem: Problem, moments: Moments | Literal[False] | None = None, units: float = np.inf
    ):
        teacher = problem.teacher
        lags, frequencies = lag_grid(teacher), frequency_grid(teacher)
        self.lags, self.frequencies = tuple(lags.tolist()), tuple(frequencies.tolist())
        self.moments = self.response_basis = self.transfer_basis = None
        if moments is None and isinstance(problem.objective, WhiteNoise):
            try:
                moments = Moments(teacher)
                moments = moments if moments.cheaper(units) else False
            except ProblemError:  # too many would be needed: a very slow teacher
                moments = False
        if moments:
            self.moments = moments
            points = teacher.time.frequency_points(frequencies)
            self.response_basis = jnp.asarray(self.moments.impulse_response_basis(lags))
            self.transfer_basis = jnp.asarray(self.moments.transfer_function_basis(points))

    def gradient(self, problem: Problem, A, B, C) -> tuple:
        """(dL/dA, dL/dB, dL/dC) of one student's population loss."""
        if self.moments is None:
            student = LinearSystem(A, B, C, time=problem.teacher.time)
            return problem.objective.value_and_gradient(student, problem.teacher)[1]
        return self.moments.value_and_gradient(A, B, C)[1]

    def __call__(self, problem: Problem, A, B, C) -> dict[str, Array]:
        """The observables of one student, and `remainder`: how much the moments left out weigh."""
        time = problem.teacher.time
        if self.moments is None:
            student = LinearSystem(A, B, C, time=time)
            return {
                "loss": problem.objective.loss(student, problem.teacher),
                "impulse_response": student.impulse_response(np.asarray(self.lags)),
                "transfer_function": student.frequency_response(np.asarray(self.frequencies)),
                "remainder": jnp.zeros(()),
            }
        m = self.moments.moments(A, B, C)
        return {
            "loss": self.moments.loss_of(m),
            "impulse_response": jnp.einsum("lk,kqp->lqp", self.response_basis, m),
            "transfer_function": jnp.einsum("fk,kqp->fqp", self.transfer_basis, m),
            "remainder": self.moments.remainder(m),
        }
