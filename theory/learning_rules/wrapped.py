"""Rules made from another rule: what they share, and how they tell groups of weights apart."""

import equinox as eqx

from theory.checks import positive
from theory.errors import ProblemError
from theory.learning_rules.learning_rule import LearningRule

KINDS = ("recurrent", "input", "readout")


class Wrapped(LearningRule):
    """Another rule with something changed; all that a subclass does not change is that rule's own."""

    rule: eqx.AbstractVar[LearningRule]

    @property
    def order(self) -> int:
        """The rule's own."""
        return self.rule.order

    @property
    def gradients_per_step(self) -> int:
        """The rule's own."""
        return self.rule.gradients_per_step

    @property
    def rotation_invariant(self) -> bool:
        """The rule's own."""
        return self.rule.rotation_invariant

    @property
    def uniform(self) -> bool:
        """Not in general."""
        return False

    @property
    def linear(self) -> bool:
        """The rule's own."""
        return self.rule.linear

    @property
    def exact_gradient(self) -> bool:
        """The rule's own."""
        return self.rule.exact_gradient

    def start(self, weights):
        """The rule's own memory."""
        return self.rule.start(weights)

    def step(self, weights, memory, gradient, step_size):
        """The rule's step."""
        return self.rule.step(weights, memory, gradient, step_size)

    def value_and_gradient(self, objective, student, teacher) -> tuple:
        """What the rule itself takes."""
        return self.rule.value_and_gradient(objective, student, teacher)

    def limit(self) -> LearningRule | None:
        """The same change to what the rule tends to."""
        flow = self.rule.limit()
        return None if flow is None else eqx.tree_at(lambda own: own.rule, self, flow)

    def descended(self, weights, gradient):
        """What the rule itself follows."""
        return self.rule.descended(weights, gradient)

    def check(self, architecture, objective, teacher) -> None:
        """What the rule itself asks for."""
        self.rule.check(architecture, objective, teacher)

    def largest_step(self, curvature: float) -> float:
        """The rule's own."""
        return self.rule.largest_step(curvature)

    def chosen_step_size(self) -> float | None:
        """The rule's own."""
        return self.rule.chosen_step_size()


def kind_of(name: str) -> str:
    """The kind of a group of weights, by its name: "input", "readout", or else recurrent.

    >>> kind_of("left"), kind_of("readout")
    ('recurrent', 'readout')
    """
    return name if name in ("input", "readout") else "recurrent"


class ByKind(eqx.Module):
    """A number for every kind of weights."""

    recurrent: float
    input: float
    readout: float

    def __init__(self, what: str, recurrent: float, input: float, readout: float):
        values = [
            positive(value, f"{what} of {kind} weights", allow_zero=True)
            for kind, value in zip(KINDS, (recurrent, input, readout), strict=True)
        ]
        self.recurrent, self.input, self.readout = values

    def map(self, function, weights: dict, *others: dict) -> dict:
        """`function(number of its kind, group, ...)` for every group of weights by name."""
        return {
            name: function(getattr(self, kind_of(name)), group, *(other[name] for other in others))
            for name, group in weights.items()
        }

    def check(self, architecture, teacher) -> None:
        """Raise a ProblemError where the names of groups do not tell their kinds."""
        for name, weight in architecture.weights(3, teacher.inputs, teacher.outputs).items():
            if weight.role != kind_of(name):
                raise ProblemError(
                    f"weights {name!r} of {architecture} have the role {weight.role!r}, but a rule tells kinds of "
                    f"weights by their names, and takes these for {kind_of(name)!r}: name them after their role."
                )

    def __str__(self) -> str:
        return ", ".join(f"{kind} {getattr(self, kind):g}" for kind in KINDS)
