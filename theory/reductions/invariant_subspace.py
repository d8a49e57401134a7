"""The invariant subspace: a rotation-equivariant network moves as a narrow one of the same architecture."""

import math

import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from theory.architectures.axes import rotated, width_axes
from theory.checks import count
from theory.problem import Problem
from theory.reductions.own_architecture import OwnArchitecture

# below this part of the largest, an eigenvalue of a Gram matrix is rounding, not a direction
_REACHED = 1e-14


class InvariantSubspace(OwnArchitecture):
    """Weights that start in a subspace of hidden space stay in it, in every architecture without preferred axes.

    Let rotating all axes of hidden units, in all weights alike, rotate the system (`rotation_equivariant`). Then the
    loss L is invariant, and its gradient at weights that a rotation fixes is fixed by it too. Let S be spanned by the
    columns of all weights with one axis of units, and let those with two (N x N) start at multiples of the identity.
    Reflecting any direction orthogonal to S fixes such weights, and so their gradients: S is never left, and N x N
    weights do not couple it to the rest, which no input reaches and no output shows. In an orthonormal basis of S the
    network is a network of the *same architecture* with dim S units, under the same flow.

    For dense networks dim S is p + q (`Confinement`, which has closed forms as well), for rank R it is p + q + 2 R.
    A random draw enters through the Gram matrix of those columns alone.

    Assumptions: A within S is made of the weights within S, as it is in every shipped architecture of that kind; any
    loss on the outputs; a rule that commutes with rotations (gradient flow and descent do; Adam and sign
    descent do not). As in `Confinement`, rounding can leave the subspace at saddles.

    Source: derived here.
    """

    name = "invariant subspace"
    kind = "exact"
    reference = "derived here"

    def obstacle(self, problem: Problem) -> str | None:
        """An architecture with preferred axes, a random N x N weight, or a rule that is not rotation-invariant."""
        architecture = problem.architecture
        if not architecture.rotation_equivariant:
            return f"the architecture {architecture} treats hidden units one by one, not hidden space"
        square = [name for name, axes in _axes(problem).items() if len(axes) == 2]
        if square and problem.initialisation.recurrent_multiple is None:
            return f"the weights {', '.join(square)} do not start at a multiple of the identity"
        if not problem.learning_rule.rotation_invariant:
            return f"{problem.learning_rule} treats weights one by one and leaves the subspace"
        return None

    def units(self, problem: Problem) -> int:
        """The dimension of S: the number of columns of weights with one axis of units."""
        specified = problem.architecture.weights(1, problem.teacher.inputs, problem.teacher.outputs)
        return sum(
            math.prod(specified[name].shape) for name, axes in _axes(problem).items() if len(axes) == 1
        )

    def least_width(self, problem: Problem) -> int:
        """The dimension of S."""
        return self.units(problem)

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """The order parameters of a draw: its weights in a basis of S.

        Raises:
            ProblemError: a width below the dimension of S.
        """
        units = self.units(problem)
        count(width, "width", least=units, because=f"The invariant subspace has {units} dimensions.")
        initial = problem.draw(width, seed)
        return self.restrict(problem, initial, initial)

    def subspace(self, problem: Problem, initial: dict) -> Float[Array, "width unit"]:
        """The orthonormal basis of S in which `start` expresses a draw; zero columns where it has fewer dimensions."""
        columns = []
        for name, axes in sorted(_axes(problem).items()):
            if len(axes) == 1:
                values = jnp.moveaxis(initial[name], axes[0], 0)
                columns.append(values.reshape(len(values), -1))
        vectors = jnp.concatenate(columns, axis=1)
        values, directions = jnp.linalg.eigh(vectors.T @ vectors)
        reached = values > _REACHED * values[-1]
        return jnp.where(reached, vectors @ directions / jnp.sqrt(jnp.where(reached, values, 1.0)), 0.0)

    def restrict(self, problem: Problem, weights: dict, initial: dict) -> Float[Array, " state"]:
        """The order parameters of a network that started from `initial`: its weights in the basis of S."""
        basis, axes = self.subspace(problem, initial), _axes(problem)
        narrow = {name: rotated(group, axes[name], basis.T) for name, group in weights.items()}
        own = problem.initialisation.recurrent_multiple
        for name in narrow:  # directions of S that the draw does not reach keep what N x N weights have there
            if len(axes[name]) == 2:
                missing = jnp.diag((jnp.abs(basis).max(axis=0) == 0).astype(float))
                narrow[name] += own * missing
        return ravel_pytree(narrow)[0]

    def silent_recurrence(self, problem: Problem) -> None:
        """No silent units are followed: what grows outside S depends on the architecture."""
        return None

    def assumptions(self, problem: Problem) -> tuple[str, ...]:
        """What must hold of architecture and start."""
        return (
            f"{problem.architecture}: rotating hidden space rotates the system",
            f"exact at every width from {self.units(problem)} on, for all training times",
            "N x N weights start at a multiple of the identity (0 included)",
        )


def _axes(problem: Problem) -> dict:
    return width_axes(problem.architecture, problem.teacher.inputs, problem.teacher.outputs)
