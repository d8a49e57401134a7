"""Weight decay, kind by kind."""

from theory.checks import instance
from theory.learning_rules.learning_rule import LearningRule
from theory.learning_rules.wrapped import ByKind, Wrapped


class WeightDecay(Wrapped):
    """Another rule on the loss plus `mu/2 |theta|^2`, with a mu for each kind of weights.

    The gradient becomes `dL/dtheta + mu theta` wherever the rule takes one: under gradient flow and descent weights
    decay; Adam divides the decay as it divides the gradient.

    Decay moves what is learned, and not always towards forgetting: decaying everything *lengthens* the memory of a
    network that learns to integrate (`theory.one_pole.decay_shift`).

    Args:
        rule: what moves the weights.
        recurrent, input, readout: mu of the weights of that kind: `input` and `readout` by those names, all others
            are recurrent.

    Raises:
        ProblemError: a mu that is negative or not finite.

    >>> import jax.numpy as jnp
    >>> from theory.learning_rules import GradientDescent
    >>> rule = WeightDecay(GradientDescent(0.1), recurrent=1.0)
    >>> weights = {"recurrent": jnp.ones(1), "input": jnp.ones(1)}
    >>> moved, _ = rule.step(weights, (), lambda w: {name: 0 * w[name] for name in w}, 0.1)
    >>> float(moved["recurrent"][0]), float(moved["input"][0])
    (0.9, 1.0)
    """

    rule: LearningRule
    decay: ByKind
    equation = "theta follows another rule on L + mu/2 |theta|^2, mu by kind of weights"

    def __init__(self, rule: LearningRule, recurrent: float = 0.0, input: float = 0.0, readout: float = 0.0):
        self.rule = instance(rule, LearningRule, "rule")
        self.decay = ByKind("decay", recurrent, input, readout)

    def _with_decay(self, weights, gradient):
        return self.decay.map(lambda mu, g, w: g + mu * w, gradient, weights)

    def step(self, weights, memory, gradient, step_size):
        """The rule's step on the loss with its penalty."""
        return self.rule.step(weights, memory, lambda w: self._with_decay(w, gradient(w)), step_size)

    def descended(self, weights, gradient):
        """The gradient of the loss with its penalty."""
        return self.rule.descended(weights, self._with_decay(weights, gradient))

    def check(self, architecture, objective, teacher) -> None:
        """Groups must be named after their kinds."""
        super().check(architecture, objective, teacher)
        self.decay.check(architecture, teacher)

    def __str__(self) -> str:
        return f"{self.rule} with weight decay ({self.decay})"
