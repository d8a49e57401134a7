"""Gradient flow: descent in the limit of small steps."""

import jax
import jax.numpy as jnp

from theory.learning_rules.learning_rule import LearningRule


def _moved(weights, direction, amount):
    return jax.tree.map(lambda w, d: w + jnp.asarray(amount, w.dtype) * d, weights, direction)


_REACH = (0.0, 1 / 2, 1 / 2, 1.0)
_PARTS = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
_STABLE = 2.785  # of the classical Runge-Kutta method, on the real axis


class GradientFlow(LearningRule):
    """Gradient flow, `dtheta/ds = -dL/dtheta`, every weight group at the same rate.

    Trained networks follow it by the classical fourth-order Runge-Kutta method on all their weights.

    >>> import jax.numpy as jnp
    >>> float(GradientFlow().step(jnp.array(1.0), (), lambda w: w, 0.1)[0])
    0.904837...
    """

    equation = "d theta / d s = - dL / d theta"
    order = 4
    gradients_per_step = 4
    rotation_invariant = True
    uniform = True
    linear = True
    exact_gradient = True

    def step(self, weights, memory, gradient, step_size):
        """One Runge-Kutta step."""

        def stage(carried, coefficients):
            slope, total = carried
            reach, part = coefficients
            slope = gradient(_moved(weights, slope, -step_size * reach))
            return (slope, _moved(total, slope, part)), None

        nothing = jax.tree.map(jnp.zeros_like, weights)
        # a loop, so that the gradient is compiled once and its memory taken once
        (_, total), _ = jax.lax.scan(stage, (nothing, nothing), (jnp.array(_REACH), jnp.array(_PARTS)))
        return _moved(weights, total, -step_size), memory

    def limit(self) -> LearningRule:
        """Itself."""
        return self

    def largest_step(self, curvature: float) -> float:
        """2.785 over the curvature."""
        return _STABLE / curvature

    def __str__(self) -> str:
        return "gradient flow"
