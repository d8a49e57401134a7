"""Sign descent: every weight moves by the same amount."""

import jax
import jax.numpy as jnp

from theory.checks import positive
from theory.learning_rules.learning_rule import LearningRule


class SignDescent(LearningRule):
    """`theta <- theta - step_size sign(dL/dtheta)`, weight by weight; what Adam's first step does.

    It has preferred axes, those of single units: rotating hidden space and taking a step do not commute, so nothing
    confines a network to the span of its initial read-in and readout. A recurrence whose N^2 weights all move by eta
    moves its eigenvalue by up to N eta a step, and a read-in or readout its norm by eta sqrt(N)
    (`theory.one_pole.sign_descent_speeds`): dynamics are alike at all widths where the recurrent step is eta / N and
    that of read-in and readout eta / sqrt(N), which `GroupRates` sets.

    Args:
        step_size: the amount.

    >>> import jax.numpy as jnp
    >>> SignDescent(step_size=0.1).step(jnp.array([1.0, 0.0]), (), lambda w: 7 * w, 0.1)[0]
    Array([0.9, 0. ], dtype=float64)

    Source: J. Bernstein, Y.-X. Wang, K. Azizzadenesheli & A. Anandkumar, ICML 2018, PMLR 80, 560.
    """

    step_size: float
    equation = "theta <- theta - step_size sign(dL / d theta)"
    order = 1
    gradients_per_step = 1
    rotation_invariant = False
    uniform = False
    linear = False
    exact_gradient = True

    def __init__(self, step_size: float):
        self.step_size = positive(step_size, "step_size")

    def step(self, weights, memory, gradient, step_size):
        """One step."""
        return jax.tree.map(lambda w, g: w - step_size * jnp.sign(g), weights, gradient(weights)), memory

    def chosen_step_size(self) -> float:
        """The amount by which every weight moves."""
        return self.step_size

    def __str__(self) -> str:
        return f"sign descent, step size {self.step_size:g}"
