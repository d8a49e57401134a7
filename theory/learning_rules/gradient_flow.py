"""Gradient flow: descent in the limit of small steps."""

import jax

from theory.learning_rules.learning_rule import LearningRule


def _moved(weights, direction, amount):
    return jax.tree.map(lambda w, d: w + amount * d, weights, direction)


class GradientFlow(LearningRule):
    """Gradient flow, `dtheta/ds = -dL/dtheta`, every weight group at the same rate.

    Trained networks follow it by the classical fourth-order Runge-Kutta method on all their weights.

    >>> import jax.numpy as jnp
    >>> float(GradientFlow().step(jnp.array(1.0), lambda w: w, 0.1))
    0.904837...
    """

    equation = "d theta / d s = - dL / d theta"
    order = 4
    stability_interval = 2.785
    gradients_per_step = 4
    rotation_invariant = True

    def step(self, weights, gradient, step_size):
        """One Runge-Kutta step."""
        k1 = gradient(weights)
        k2 = gradient(_moved(weights, k1, -step_size / 2))
        k3 = gradient(_moved(weights, k2, -step_size / 2))
        k4 = gradient(_moved(weights, k3, -step_size))
        total = jax.tree.map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, k1, k2, k3, k4)
        return _moved(weights, total, -step_size)

    def __str__(self) -> str:
        return "gradient flow"
