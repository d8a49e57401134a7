"""Training: many steps of a learning rule on a batch of networks, in one compiled loop."""

import equinox as eqx
import jax

from theory.architectures import Architecture
from theory.learning_rules import LearningRule
from theory.time import Time


@eqx.filter_jit
def advance(
    architecture: Architecture,
    rule: LearningRule,
    time: Time,
    evaluator,
    weights: dict,
    step_size,
    steps,
) -> dict:
    """The weights of a batch of networks (leading axis: seed) after a number of steps.

    Every network is trained in its full weights. The number of steps is not compiled in: one program serves
    every stretch of training.

    Args:
        architecture, rule, time: how weights make a system, and how they move.
        evaluator: gives the loss and its gradient in (A, B, C); see `numerics.evaluators`.
        weights: arrays by name, (seed, ...).
        step_size: training time of a step.
        steps: how many to take (an array, so that another number needs no new program).
    """

    def gradient(own: dict) -> dict:
        matrices, pull_back = jax.vjp(lambda w: architecture.matrices(w, time), own)
        _, slope = evaluator.value_and_gradient(*matrices, time)
        return pull_back(slope)[0]

    def train(own: dict) -> dict:
        return jax.lax.fori_loop(0, steps, lambda _, w: rule.step(w, gradient, step_size), own)

    return jax.vmap(train)(weights)
