"""The largest step size at which training is stable, predicted by the theory before any training."""

import dataclasses
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from theory.architectures import FullRank
from theory.derivation import derive
from theory.errors import ProblemError
from theory.flow import recorded_steps
from theory.initialisations import Gaussian
from theory.learning_rules import GradientFlow
from theory.observation import as_data
from theory.problem import Problem
from theory.reductions import Confinement, InvariantSubspace

_MANY_STEPS = 2e7


def largest_curvature(problem: Problem, training_time: float, width: int) -> float | None:
    """The largest curvature of the loss along the path that theory predicts, or None where it cannot say.

    For a dense network it is read off the confined problem, which has the same solution whatever
    the initial recurrence; for others, off their invariant subspace where they have one. With momentum the path is that
    of gradient flow, which ends in the same minimum.
    """
    rule = problem.learning_rule
    flow = GradientFlow() if rule.limit() is None and rule.linear and rule.exact_gradient else rule.limit()
    if flow is None or not flow.rotation_invariant or not isinstance(problem.initialisation, Gaussian):
        return None
    if not isinstance(problem.architecture, FullRank):
        reduction = InvariantSubspace()
        quiet = dataclasses.replace(problem, learning_rule=flow)
        if reduction.obstacle(quiet) is not None:
            return None
        least = reduction.least_width(quiet)
        return derive(quiet, reduction).largest_curvature(training_time, max(width, least))
    start = problem.initialisation
    still = Gaussian(start.input, start.readout, 0.0, start.recurrent_identity)
    quiet = dataclasses.replace(problem, initialisation=still, learning_rule=flow)
    least = problem.teacher.inputs + problem.teacher.outputs
    return derive(quiet, Confinement()).largest_curvature(training_time, max(width, least))


def steps_for(
    problem: Problem, training_time: float, width: int, records: int, step_size: float | None
) -> tuple[float, np.ndarray]:
    """The step size in use and after how many steps to record.

    Without a step size given, gradient flow takes one of 1.5 over the largest curvature; its steps are
    shortened so that records fall on whole ones. A rule with a step size of its own keeps it, and the
    records move to the nearest whole steps.

    Raises:
        ProblemError: a step size above the stability limit (the message gives the limit), or none given where
            theory cannot choose one.
    """
    rule, interval = problem.learning_rule, training_time / (records - 1)
    own = rule.chosen_step_size()
    if own is not None and step_size is not None and step_size != own:
        raise ProblemError(
            f"the learning rule {rule} has a step size of its own; step_size = {step_size:g} contradicts it."
        )
    curvature = largest_curvature(problem, training_time, width)
    step = own if own is not None else step_size
    if step is None:
        if curvature is None:
            raise ProblemError(
                f"theory gives no stability limit for the architecture {problem.architecture}: give "
                "simulate a step_size (and halve it once to see that nothing changes)."
            )
        step = min(1.5 / curvature, interval)
    if curvature is not None and step > rule.largest_step(curvature):
        raise ProblemError(
            f"step size {step:g} exceeds the stability limit {rule.largest_step(curvature):.4g} of "
            f"{rule} for this problem, where the largest curvature is {curvature:.4g}."
        )
    if step_size is None and training_time / step > _MANY_STEPS:
        raise ProblemError(
            f"the stability limit asks for {training_time / step:.2g} steps of {step:.2g} (largest curvature "
            f"{curvature:.3g}): weights this large make the loss this steep. Start from smaller weights, or give "
            "step_size to insist."
        )
    if own is None:
        step = interval / math.ceil(interval / step * (1 - 1e-9))
    return step, recorded_steps(training_time, records, step)


def stable_step_sizes(problem: Problem, weights: dict, step_sizes, steps: int = 3000) -> np.ndarray:
    """Which step sizes of gradient descent stay near a minimum, by trying: a mask, (step size,).

    Every weight is moved by a random 1e-6 of the largest; a step size is stable if the weights end no further from the
    minimum than ten times that. Steps 1% above the limit grow by `1.02^steps`.

    Args:
        problem: what is learned.
        weights: of a network at a minimum of its loss.
        step_sizes: to try, (step size,).
        steps: of each.
    """
    flat, _ = ravel_pytree(weights)
    start = flat + 1e-6 * jnp.abs(flat).max() * jax.random.normal(jax.random.key(0), flat.shape)
    ends = _descend(as_data(problem), weights, start, jnp.asarray(step_sizes), jnp.asarray(steps))
    return np.linalg.norm(ends - flat, axis=1) < 10 * np.linalg.norm(start - flat)


@eqx.filter_jit
def _descend(problem: Problem, weights: dict, start, step_sizes, steps):
    _, restore = ravel_pytree(weights)

    def end(step):
        def descend(_, x):
            return x - step * ravel_pytree(problem.gradient(restore(x)))[0]

        return jax.lax.fori_loop(0, steps, descend, start)

    return jax.vmap(end)(step_sizes)
