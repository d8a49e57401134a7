"""The rule that ignores recurrence."""

from theory.checks import instance
from theory.learning_rules.credit import OtherCredit
from theory.learning_rules.learning_rule import LearningRule


class IgnoringRecurrence(OtherCredit):
    """Recurrent weights learn from what the readout reports at the same instant, as if nothing reverberated.

        dL/dA is replaced by C^T dL/dC = C^T E[e(t) h(t)^T]

    the product of the error, fed back through the readout, and the present activity, a Hebbian rule; read-in and
    readout take their exact gradients. It is the limit of a window K -> 0 of `Truncated`, divided by K.

    It is right about nothing but the readout: wherever the readout is at its best, the recurrence stands still,
    whatever it is. For one pole these false solutions are the line `a = 2c/(c + c*)`, and `c + a/2` is conserved on the
    way there (`theory.one_pole.ignoring_recurrence_end`).

    Args:
        rule: what moves the weights.

    >>> from theory import teachers
    >>> from theory.learning_rules import GradientFlow
    >>> from theory.objectives import WhiteNoise
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> _, slopes = IgnoringRecurrence(GradientFlow()).value_and_gradient(WhiteNoise(), student, teacher)
    >>> [round(float(slope[0, 0]), 4) for slope in slopes]
    [-0.3333, -0.3333, -0.3333]

    Source: derived here.
    """

    rule: LearningRule
    equation = "theta follows another rule, with dL/dA replaced by C^T dL/dC"

    def __init__(self, rule: LearningRule):
        self.rule = instance(rule, LearningRule, "rule")

    def value_and_gradient(self, objective, student, teacher) -> tuple:
        """The loss, and its gradient but for that in A."""
        loss, (_, slope_B, slope_C) = objective.value_and_gradient(student, teacher)
        return loss, (student.C.T @ slope_C, slope_B, slope_C)

    def __str__(self) -> str:
        return f"{self.rule}, ignoring recurrence"
