"""Low-rank networks of any width with given overlaps: a start after a history."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from theory.architectures import Architecture, LowRank
from theory.checks import instance, positive, real_array
from theory.derivation import derive
from theory.errors import ProblemError
from theory.initialisations import Initialisation
from theory.problem import Problem
from theory.reductions import Overlaps


class WithOverlaps(Initialisation):
    """Low-rank weights in random directions, with exactly the overlaps (S, Acal, Bcal) asked for.

    A random orthonormal frame times a square root of the Gram matrix `[[Acal, S], [S^T, Bcal]]` of `[P, Q]`, where
    `P = [z, v]` are readouts and right factors, `Q = [m, u]` read-ins and left factors (`theory.reductions.Overlaps`).

    Args:
        visible: S, (q + R, p + R).
        readouts: Acal, (q + R, q + R).
        read_ins: Bcal, (p + R, p + R).

    Raises:
        ProblemError: matrices that are not the overlaps of any vectors; another architecture; a width below their
            number.

    >>> start = WithOverlaps([[1.0, 0.0], [0.0, 0.5]], jnp.eye(2), jnp.eye(2))
    >>> weights = start.draw(0, LowRank(1), 9, 1, 1)
    >>> [round(float(x), 9) for x in (weights["right"][:, 0] @ weights["left"][:, 0], (weights["input"] ** 2).sum())]
    [0.5, 1.0]
    """

    visible: tuple
    readouts: tuple
    read_ins: tuple

    def __init__(self, visible, readouts, read_ins):
        given = (("visible", visible), ("readouts", readouts), ("read_ins", read_ins))
        S, A, B = (np.asarray(real_array(values, name, 2)) for name, values in given)
        if A.shape != (len(S), len(S)) or B.shape != (S.shape[1], S.shape[1]):
            raise ProblemError(f"overlaps of shapes {S.shape}, {A.shape} and {B.shape} do not belong together.")
        smallest = float(np.linalg.eigvalsh(np.block([[A, S], [S.T, B]]))[0])
        if smallest < -1e-9 * max(np.trace(A), np.trace(B)):
            raise ProblemError(f"no vectors have these overlaps: their Gram matrix has the eigenvalue {smallest:.3g}.")
        self.visible, self.readouts, self.read_ins = (tuple(map(tuple, M.tolist())) for M in (S, A, B))

    @property
    def recurrent_multiple(self) -> None:
        """Random recurrent weights."""
        return None

    def draw(
        self, seed: int, architecture: Architecture, width: int, inputs: int, outputs: int
    ) -> dict[str, Array]:
        """One draw of the directions."""
        S, A, B = map(np.array, (self.visible, self.readouts, self.read_ins))
        rank = architecture.rank if isinstance(architecture, LowRank) else 0
        if S.shape != (outputs + rank, inputs + rank) or not rank or width < sum(S.shape):
            raise ProblemError(
                f"overlaps of shape {S.shape} are of low-rank networks of width {sum(S.shape)} or more, not of "
                f"{architecture} with {inputs} inputs, {outputs} outputs and width {width}."
            )
        values, directions = np.linalg.eigh(np.block([[A, S], [S.T, B]]))
        root = np.sqrt(np.clip(values, 0.0, None))[:, None] * directions.T
        key = jax.random.fold_in(jax.random.key(seed), width)
        frame = jnp.linalg.qr(jax.random.normal(key, (width, sum(S.shape))))[0]
        P, Q = jnp.split(frame @ root, [len(S)], axis=1)
        return {"input": Q[:, :inputs], "left": Q[:, inputs:], "readout": P[:, :outputs].T, "right": P[:, outputs:]}

    def __str__(self) -> str:
        return f"random directions with overlaps S = {self.visible}, A = {self.readouts}, B = {self.read_ins}"


class AfterLearning(Initialisation):
    """A low-rank network that has learned something else before: overlaps as theory ends them, random directions.

    Args:
        problem: what was learned, of a low-rank network under gradient flow.
        training_time: for how long.
    """

    problem: Problem
    training_time: float

    def __init__(self, problem: Problem, training_time: float):
        self.problem = instance(problem, Problem, "problem")
        self.training_time = positive(training_time, "training_time")

    @property
    def recurrent_multiple(self) -> None:
        """Random recurrent weights."""
        return None

    def draw(
        self, seed: int, architecture: Architecture, width: int, inputs: int, outputs: int
    ) -> dict[str, Array]:
        """One draw of the directions, with the overlaps that the same seed's network has by then."""
        path = derive(self.problem, Overlaps()).solve(self.training_time, width, seed, 2)
        overlaps = Overlaps().overlaps(self.problem, path.state.values[-1])
        return WithOverlaps(*overlaps).draw(seed, architecture, width, inputs, outputs)

    def __str__(self) -> str:
        return f"as left by {self.training_time:g} of training on {self.problem.teacher}"
