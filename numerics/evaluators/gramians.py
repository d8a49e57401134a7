"""The objective's own exact loss and gradient, at a cost of several N^3."""

import equinox as eqx

from theory.learning_rules import GradientFlow, LearningRule
from theory.linear_system import LinearSystem
from theory.objectives import Objective


class Gramians(eqx.Module):
    """The exact loss and gradient that an objective defines (for white noise, from its Gramians).

    Args:
        objective: what "imitates" means.
        teacher: what is imitated.
        rule: what takes something else for the gradient, if it does (see `LearningRule.value_and_gradient`).

    >>> from theory import objectives, teachers
    >>> evaluator = Gramians(objectives.WhiteNoise(), teachers.leaky_integrator(0.2))
    >>> student = teachers.leaky_integrator(1.0)
    >>> evaluator.value_and_gradient(student.A, student.B, student.C, student.time)[0]
    Array(0.66666667, dtype=float64)
    """

    objective: Objective
    teacher: LinearSystem
    rule: LearningRule = GradientFlow()

    def value_and_gradient(self, A, B, C, time, key=None) -> tuple:
        """The loss and (dL/dA, dL/dB, dL/dC); exact, so no key is needed."""
        return self.rule.value_and_gradient(self.objective, LinearSystem(A, B, C, time=time), self.teacher)
