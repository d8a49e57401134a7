"""Plain gradient descent."""

import jax

from theory.checks import positive
from theory.learning_rules.learning_rule import LearningRule


class GradientDescent(LearningRule):
    """Gradient descent, `theta <- theta - step_size dL/dtheta`; `training_time = step_size x steps`.

    It departs from gradient flow at first order in the step size and is stable below
    `2 / (largest curvature)`.

    Args:
        step_size: the learning rate.

    >>> import jax.numpy as jnp
    >>> float(GradientDescent(step_size=0.1).step(jnp.array(1.0), lambda w: w, 0.1))
    0.9
    """

    step_size: float
    equation = "theta <- theta - step_size dL / d theta"
    order = 1
    stability_interval = 2.0
    gradients_per_step = 1
    rotation_invariant = True

    def __init__(self, step_size: float):
        self.step_size = positive(step_size, "step_size")

    def step(self, weights, gradient, step_size):
        """One descent step."""
        return jax.tree.map(lambda w, g: w - step_size * g, weights, gradient(weights))

    def chosen_step_size(self) -> float:
        """The learning rate."""
        return self.step_size

    def __str__(self) -> str:
        return f"gradient descent, step size {self.step_size:g}"
