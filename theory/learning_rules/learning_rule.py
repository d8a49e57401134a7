"""What a learning rule must say of itself."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp


class LearningRule(eqx.Module):
    """How weights move, given the gradient of the loss.

    `order` is the order in the step size at which a trained network departs from gradient flow, and
    `stability_interval` the largest step size times curvature at which steps stay stable;
    `rotation_invariant` says that rotating the hidden units and taking a step commute, that all weights are
    treated alike (as one flat vector), and that a weight at zero without a gradient stays there.
    """

    equation: eqx.AbstractClassVar[str]
    order: eqx.AbstractClassVar[int]
    stability_interval: eqx.AbstractClassVar[float]
    gradients_per_step: eqx.AbstractClassVar[int]
    rotation_invariant: eqx.AbstractClassVar[bool]

    @abc.abstractmethod
    def step(self, weights, gradient: Callable, step_size):
        """The weights one step later.

        Args:
            weights: a pytree of arrays.
            gradient: maps weights to the gradient of the loss, a pytree of the same structure.
            step_size: training time that the step advances.
        """

    def growth(self, rate, duration):
        """The factor by which a weight grows where its gradient is `-rate` times itself.

        `exp(rate duration)` under gradient flow; for a rule of finite steps its factor of one step to the power of
        their number: `(1 + h rate)^(duration / h)` under gradient descent.

        Args:
            rate: per unit of training time, an array; negative where the weight decays.
            duration: training time.
        """
        step = self.chosen_step_size()
        if step is None:
            return jnp.exp(rate * duration)
        factor, steps = self.step(jnp.ones_like(rate), lambda weight: -rate * weight, step), duration / step
        sign = jnp.where((factor < 0) & (jnp.round(steps) % 2 == 1), -1.0, 1.0)
        return sign * jnp.abs(factor) ** steps

    def chosen_step_size(self) -> float | None:
        """The step size the rule prescribes, or None where it is only a matter of accuracy."""
        return None
