"""Rules that assign credit otherwise than by the gradient: what they share."""

import abc

from theory.errors import ProblemError
from theory.learning_rules.gradient_flow import GradientFlow
from theory.learning_rules.learning_rule import LearningRule
from theory.learning_rules.wrapped import Wrapped


class OtherCredit(Wrapped):
    """Another rule that takes something else for the gradient.

    What it takes is the gradient of no function: it may have stationary points where the loss has none, curves of them,
    and descend to nowhere. Plateaus, curvatures and conservation laws of the loss say nothing about it; reductions to
    a subspace of hidden space remain exact where what it takes turns with hidden space.
    """

    exact_gradient = False

    @abc.abstractmethod
    def value_and_gradient(self, objective, student, teacher) -> tuple:
        """The loss, and what takes the place of its gradient in (A, B, C)."""

    def check(self, architecture, objective, teacher) -> None:
        """One assignment of credit at a time."""
        super().check(architecture, objective, teacher)
        if not self.rule.exact_gradient:
            raise ProblemError(f"{self}: credit is assigned twice. Wrap a rule that takes the gradient.")


class LocalCredit(OtherCredit):
    """Credit along lags: it needs the joint system of student and teacher (`theory.objectives.error_system`)."""

    @abc.abstractmethod
    def credit(self, system, student):
        """Z, how errors reach the student's states (see `ErrorSystem`), (unit, state)."""

    def value_and_gradient(self, objective, student, teacher) -> tuple:
        """The loss, and what takes the place of its gradient."""
        system = objective.error_system(student, teacher)
        return system.loss(), system.gradient(self.credit(system, student))

    def check(self, architecture, objective, teacher) -> None:
        """An objective in a steady state."""
        super().check(architecture, objective, teacher)
        if objective.error_system(*[teacher] * 2) is None:
            raise ProblemError(
                f"{self.rule} with other credit is known for inputs in a steady state; the objective is {objective}. "
                "Use objectives.WhiteNoise() or ColouredInput(...)."
            )


def credited(rule: LearningRule) -> LearningRule:
    """The rule, or gradient flow if both take the gradient: what functions of the credit alone are filed under."""
    return GradientFlow() if rule.exact_gradient else rule
