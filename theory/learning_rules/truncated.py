"""Truncated back-propagation through time."""

from theory.checks import count, instance, positive
from theory.errors import ProblemError
from theory.learning_rules.credit import LocalCredit
from theory.learning_rules.learning_rule import LearningRule
from theory.time import DiscreteTime


class Truncated(LocalCredit):
    """Errors are propagated back over a window K and no further, for recurrence and read-in alike.

        Z = int_0^K exp(A^T t) C^T E exp(A t) dt        (a sum over K steps in discrete time)

    in `theory.objectives.error_system`, so that with the Gramians Q and Y of `WhiteNoise` dL/dA and dL/dB keep their
    form, but for

        Q_K = Q - exp(A^T K) Q exp(A K),    Y_K = Y - exp(A^T K) Y exp(A* K)

    The readout sees no lags, and its gradient is exact. With K = 1 in discrete time it is the one-step truncation, the
    product of the error, fed back through the readout, and the activity one step before.

    A network that has learned the teacher makes no error and stays. Where read-in and readout are at their best for a
    wrong recurrence, the recurrence drifts towards the truth at a speed that falls as K^2
    (`theory.one_pole.truncated_drift`): nearly a line of false solutions, the one of `IgnoringRecurrence`.

    Args:
        rule: what moves the weights.
        window: K, in units of the time: whole steps in discrete time.

    Raises:
        ProblemError: a window that is not positive; in discrete time, not whole.

    >>> from theory import teachers
    >>> from theory.learning_rules import GradientFlow
    >>> from theory.objectives import WhiteNoise
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> rules = [Truncated(GradientFlow(), window) for window in (0.1, 1.0, 10.0)]
    >>> [round(float(rule.value_and_gradient(WhiteNoise(), student, teacher)[1][0][0, 0]), 3) for rule in rules]
    [-0.033, -0.269, -0.444]

    Source: R. J. Williams & J. Peng, Neural Computation 2 (1990) 490; population form derived here.
    """

    rule: LearningRule
    window: float
    equation = "theta follows another rule, errors back-propagated over a window only"

    def __init__(self, rule: LearningRule, window: float):
        self.rule = instance(rule, LearningRule, "rule")
        self.window = positive(window, "window")

    def credit(self, system, student):
        """Z."""
        time, whole = system.time, system.back_propagated(student)
        window = round(self.window) if isinstance(time, DiscreteTime) else self.window
        before, joint = time.propagator(student.A, window), time.propagator(system.A, window)
        return whole - before.T @ whole @ joint

    def check(self, architecture, objective, teacher) -> None:
        """Whole steps in discrete time."""
        super().check(architecture, objective, teacher)
        if isinstance(teacher.time, DiscreteTime):
            if self.window != round(self.window):
                raise ProblemError(f"window = {self.window:g}, but in discrete time it is a whole number of steps.")
            count(round(self.window), "window")

    def __str__(self) -> str:
        return f"{self.rule}, back-propagation truncated at {self.window:g}"
