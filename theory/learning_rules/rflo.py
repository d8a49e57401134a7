"""Random feedback local online learning, with the feedback aligned to the readout."""

import jax.numpy as jnp

from theory.checks import instance
from theory.learning_rules.credit import LocalCredit
from theory.learning_rules.learning_rule import LearningRule


class RFLO(LocalCredit):
    """Credit decays with the leak alone: every synapse keeps a trace of its own past input, low-pass filtered.

        dL/dW is replaced by E[(V^T e(t)) p(t)^T],  dL/dU by E[(V^T e(t)) p_x(t)^T],
        dp/dt = -p + h,  dp_x/dt = -p_x + x

    so errors reach back through exp(-t) in place of exp(A^T t): `Z = V^T E (I - A)^-1` in
    `theory.objectives.error_system`, and for white noise dL/dU becomes `V^T (H(1) - H*(1))`, the error of the transfer
    function at the leak. In discrete time units have no leak, nothing is kept, and it is the one-step truncation.

    Errors are fed back through the readout's own transpose, to which random feedback aligns; that alignment is not part
    of this rule.

    Args:
        rule: what moves the weights.

    >>> from theory import teachers
    >>> from theory.learning_rules import GradientFlow
    >>> from theory.objectives import WhiteNoise
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> _, slopes = RFLO(GradientFlow()).value_and_gradient(WhiteNoise(), student, teacher)
    >>> round(float(slopes[1][0, 0]), 4)  # H(1) - H*(1) = 1/2 - 1/1.2
    -0.3333

    Source: J. M. Murray, eLife 8 (2019) e43299; population form derived here.
    """

    rule: LearningRule
    equation = "theta follows another rule, errors reaching back through the leak alone"

    def __init__(self, rule: LearningRule):
        self.rule = instance(rule, LearningRule, "rule")

    def credit(self, system, student):
        """Z."""
        whole = jnp.eye(system.A.shape[0])
        return system.time.response_to_mode(system.A, whole, student.C.T @ system.E, system.time.silent_pole)

    def __str__(self) -> str:
        return f"{self.rule} by RFLO"
