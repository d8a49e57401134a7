"""Learning rates of their own for each kind of weights."""

import jax

from theory.checks import instance
from theory.errors import ProblemError
from theory.learning_rules.learning_rule import LearningRule
from theory.learning_rules.weight_decay import WeightDecay
from theory.learning_rules.wrapped import ByKind, Wrapped


class GroupRates(Wrapped):
    """Another rule under which weights of a kind move so many times as fast: `dtheta/ds = - rate dL/dtheta`.

    A rate multiplies the gradient where steps are linear in it, and the step itself where they are not (Adam, sign
    descent). A rate of 0 leaves weights as they were drawn: GroupRates(rule, recurrent=0.0) trains read-in and readout
    of a fixed recurrence. Another parameterisation is a choice of rates: `Conventions.learning_rates` gives them.

    In function space rates change the metric and not the loss: that of a pole is multiplied by the rate of the
    recurrent weights.

    Args:
        rule: what moves the weights.
        recurrent, input, readout: the rate of the weights of that kind: `input` and `readout` by those names, all
            others are recurrent.

    Raises:
        ProblemError: a rate that is negative or not finite; a rule with weight decay, which goes outside.

    >>> import jax.numpy as jnp
    >>> from theory.learning_rules import SignDescent
    >>> rule = GroupRates(SignDescent(0.1), recurrent=0.5)
    >>> moved, _ = rule.step({"recurrent": jnp.ones(1), "input": jnp.ones(1)}, (), lambda w: w, 0.1)
    >>> float(moved["recurrent"][0]), float(moved["input"][0])
    (0.95, 0.9)
    """

    rule: LearningRule
    rates: ByKind
    equation = "theta follows another rule, each kind of weights at a rate of its own"

    def __init__(self, rule: LearningRule, recurrent: float = 1.0, input: float = 1.0, readout: float = 1.0):
        self.rule = instance(rule, LearningRule, "rule")
        if isinstance(rule, WeightDecay):
            raise ProblemError(
                "rates of weights that decay are ambiguous: does the decay take the rate? Put the decay outside, "
                "WeightDecay(GroupRates(...), ...): there it does."
            )
        self.rates = ByKind("rate", recurrent, input, readout)

    def _times_rates(self, weights):
        return self.rates.map(lambda rate, group: rate * group, weights)

    def step(self, weights, memory, gradient, step_size):
        """The rule's step, each kind at its own rate."""
        if self.linear:
            return self.rule.step(weights, memory, lambda w: self._times_rates(gradient(w)), step_size)
        moved, memory = self.rule.step(weights, memory, gradient, step_size)
        way = self._times_rates(jax.tree.map(lambda new, old: new - old, moved, weights))
        return jax.tree.map(lambda w, d: w + d, weights, way), memory

    def descended(self, weights, gradient):
        """The gradient times the rates."""
        return self.rule.descended(weights, self._times_rates(gradient))

    def check(self, architecture, objective, teacher) -> None:
        """Groups must be named after their kinds."""
        super().check(architecture, objective, teacher)
        self.rates.check(architecture, teacher)

    def __str__(self) -> str:
        return f"{self.rule} at rates ({self.rates})"
