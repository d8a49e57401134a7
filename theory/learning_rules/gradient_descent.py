"""Plain gradient descent."""

import jax

from theory.checks import positive
from theory.learning_rules.gradient_flow import GradientFlow
from theory.learning_rules.learning_rule import LearningRule


class GradientDescent(LearningRule):
    """Gradient descent, `theta <- theta - step_size dL/dtheta`; `training_time = step_size x steps`.

    It departs from gradient flow at first order in the step size and is stable below
    `2 / (largest curvature)`. With `numerics.evaluators.Sampled` as evaluator it is stochastic gradient descent: the
    gradient is then that of random minibatches, as noisy as they are small.

    Args:
        step_size: the learning rate.

    >>> import jax.numpy as jnp
    >>> float(GradientDescent(step_size=0.1).step(jnp.array(1.0), (), lambda w: w, 0.1)[0])
    0.9
    """

    step_size: float
    equation = "theta <- theta - step_size dL / d theta"
    order = 1
    gradients_per_step = 1
    rotation_invariant = True
    uniform = True
    linear = True
    exact_gradient = True

    def __init__(self, step_size: float):
        self.step_size = positive(step_size, "step_size")

    def step(self, weights, memory, gradient, step_size):
        """One descent step."""
        return jax.tree.map(lambda w, g: w - step_size * g, weights, gradient(weights)), memory

    def limit(self) -> LearningRule:
        """Gradient flow."""
        return GradientFlow()

    def largest_step(self, curvature: float) -> float:
        """2 over the curvature."""
        return 2.0 / curvature

    def chosen_step_size(self) -> float:
        """The learning rate."""
        return self.step_size

    def __str__(self) -> str:
        return f"gradient descent, step size {self.step_size:g}"
