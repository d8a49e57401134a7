"""Training: many steps of a learning rule on a batch of networks, in one compiled loop."""

import zlib

import equinox as eqx
import jax
import jax.numpy as jnp

from theory.architectures import Architecture
from theory.learning_rules import LearningRule
from theory.time import Time


def training_keys(seeds):
    """For each network the key of its own random stream, apart from the one its initial weights came from."""
    stream = zlib.crc32(b"training")
    return jnp.stack([jax.random.fold_in(jax.random.key(seed), stream) for seed in seeds])


def begun(rule: LearningRule, weights: dict) -> tuple:
    """The state of training before its first step: weights (seed, ...), and the rule's memory of each network."""
    return weights, jax.vmap(rule.start)(weights)


@eqx.filter_jit
def advance(
    architecture: Architecture,
    rule: LearningRule,
    time: Time,
    evaluator,
    state: tuple,
    step_size,
    steps,
    keys,
    first,
) -> tuple:
    """The weights of a batch of networks (leading axis: seed), and what their rule remembers, after a number of steps.

    Every network is trained in its full weights. The number of steps is not compiled in: one program serves
    every stretch of training. Step k takes its randomness from `fold_in(key, k)` (all gradients within it the same),
    so results do not depend on the stretches into which training is cut.

    Args:
        architecture, rule, time: how weights make a system, and how they move.
        evaluator: gives the loss and its gradient in (A, B, C); see `numerics.evaluators`.
        state: weights, arrays by name (seed, ...), and the rule's memory of them, see `begun`.
        step_size: training time of a step.
        steps: how many to take (an array, so that another number needs no new program).
        keys: a random key for each network, see `training_keys`; exact evaluators draw nothing.
        first: how many steps were taken before.
    """

    def gradient(own: dict, key) -> dict:
        matrices, pull_back = jax.vjp(lambda w: architecture.matrices(w, time), own)
        _, slope = evaluator.value_and_gradient(*matrices, time, key)
        return pull_back(slope)[0]

    def train(own: tuple, key) -> tuple:
        def step(number, own):
            of_step = jax.random.fold_in(key, first + number)
            return rule.step(*own, lambda w: gradient(w, of_step), step_size)

        return jax.lax.fori_loop(0, steps, step, own)

    return jax.vmap(train)(state, keys)
