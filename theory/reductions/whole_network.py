"""No reduction at all: the whole network's weights, followed by an adaptive integrator."""

from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from theory.checks import count
from theory.problem import Problem
from theory.reductions.own_architecture import OwnArchitecture


class WholeNetwork(OwnArchitecture):
    """Population simulation: every weight of a network of some width is an order parameter.

    It applies to every problem, at the price of `O(width^3)` a step, and is never chosen by itself: ask for it where no
    reduction applies, for instance to follow a population of independent units. What it adds to
    `numerics.simulate` is an error that is controlled, and a path that theory's other tools take.

    Args:
        width: of the network.

    >>> from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.4), architectures.ExponentialRate(),
    ...     initialisations.Gaussian(0.3, 0.3), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> path = derive(problem, WholeNetwork(width=3)).solve(training_time=30.0, width=3, records=3)
    >>> bool(path.loss[-1] < 0.1 * path.loss[0])
    True
    """

    name = "whole network"
    kind = "exact"
    reference = "no reduction"
    width: int

    def __init__(self, width: int):
        self.width = count(width, "width")

    def obstacle(self, problem: Problem) -> None:
        """Nothing is in its way."""
        return None

    def least_width(self, problem: Problem) -> int:
        """Its width."""
        return self.width

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """The weights of a draw.

        Raises:
            ProblemError: another width than its own.
        """
        count(
            width,
            "width",
            least=self.width,
            most=self.width,
            because="WholeNetwork(width) follows that width.",
        )
        return ravel_pytree(problem.draw(width, seed))[0]

    def restrict(self, problem: Problem, weights: dict, initial: dict) -> Float[Array, " state"]:
        """The weights themselves, flat."""
        return ravel_pytree(weights)[0]

    def silent_recurrence(self, problem: Problem) -> None:
        """Nothing is left out."""
        return None

    def assumptions(self, problem: Problem) -> tuple[str, ...]:
        """None but its width."""
        return (f"a network of width {self.width}, all of whose weights are followed",)
