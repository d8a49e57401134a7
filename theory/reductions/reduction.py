"""What a reduction must say of itself."""

import abc
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

import equinox as eqx
import sympy
from jaxtyping import Array, Float

from theory.architectures import FullRank
from theory.learning_rules import LearningRule
from theory.problem import Problem

if TYPE_CHECKING:
    from theory.learning_dynamics import LearningDynamics


class OrderParameter(NamedTuple):
    """One coordinate of a reduced problem: its symbol and what it means."""

    symbol: sympy.Symbol
    meaning: str


class VectorField(NamedTuple):
    """The equations of motion as a function: `function(state, parameters)` is d state / d training_time.

    `function` is one object for all problems of a kind, so that JAX compiles it once; what differs
    between problems is in `parameters`.
    """

    function: Callable
    parameters: object


class Reduction(eqx.Module):
    """One way to shrink a problem to few coordinates, its order parameters.

    `kind` is "exact" where trained networks follow it at every width, "asymptotic" where they do so in
    a limit that `assumptions` names.
    """

    name: eqx.AbstractClassVar[str]
    kind: eqx.AbstractClassVar[Literal["exact", "asymptotic"]]
    reference: eqx.AbstractClassVar[str]

    @abc.abstractmethod
    def obstacle(self, problem: Problem) -> str | None:
        """Why this reduction does not apply to the problem, in a sentence; None if it does."""

    def least_width(self, problem: Problem) -> int:
        """The narrowest network that the reduction is of."""
        return problem.teacher.inputs + problem.teacher.outputs

    @abc.abstractmethod
    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """The initial order parameters of the network that `problem.draw(width, seed)` starts from."""

    @abc.abstractmethod
    def vector_field(self, problem: Problem) -> VectorField:
        """The equations of motion of the order parameters."""

    @abc.abstractmethod
    def network(self, problem: Problem, state: Float[Array, " state"]) -> dict:
        """The narrow dense network that stands for the wide one: "recurrent", "input", "readout"."""

    def named(self, problem: Problem) -> Callable | None:
        """What turns order parameters into weights by name, for learning rules that tell them apart.

        One object for all problems of a kind, as in `VectorField`. None where the order parameters are no weights: the
        reduction is then of gradient flow alone.
        """
        return None

    def matrices(self, problem: Problem, state: Float[Array, " state"]) -> tuple:
        """(A, B, C) of the student's system at given order parameters."""
        return FullRank().matrices(self.network(problem, state), problem.teacher.time)

    def silent_recurrence(self, problem: Problem) -> float | None:
        """The recurrence onto itself of a unit that the narrow network leaves out; None where it leaves out none."""
        return problem.initialisation.recurrent_identity

    def basis(self, initial: dict) -> Float[Array, "width unit"] | None:
        """Orthonormal directions of a draw's hidden space in which the narrow network is written.

        None where the narrow network is part of no draw in particular.

        Args:
            initial: "recurrent", "input" and "readout" of the draw.
        """
        return None

    @abc.abstractmethod
    def dynamics(self, problem: Problem) -> "LearningDynamics":
        """The equations, with all that is known of them."""


def under_rule(rule: LearningRule, equations: dict, weights: dict) -> dict:
    """Equations of gradient flow as a rule's own flow has them; none where it is no flow of the weights alone.

    Args:
        rule: how weights move.
        equations: {symbol of a weight: its rate under gradient flow}.
        weights: the symbols of each group of weights by name.
    """
    flow = rule.limit()
    if flow is None:
        return {}
    symbols = {name: sympy.Matrix(list(group)) for name, group in weights.items()}
    gradient = {name: group.applyfunc(lambda x: -equations[x]) for name, group in symbols.items()}
    followed = flow.descended(symbols, gradient)
    return {x: -slope for name in symbols for x, slope in zip(symbols[name], followed[name], strict=True)}
