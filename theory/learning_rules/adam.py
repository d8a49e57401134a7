"""Adam: descent by running means of the gradient, over those of its square."""

import jax
import jax.numpy as jnp

from theory.checks import positive
from theory.errors import ProblemError
from theory.learning_rules.learning_rule import LearningRule


class Adam(LearningRule):
    """`theta <- theta - step_size m / (sqrt(v) + epsilon)`, weight by weight.

        m <- beta_1 m + (1 - beta_1) g,    v <- beta_2 v + (1 - beta_2) g^2

    both divided by what they lack for starting at zero, `1 - beta^steps`. Where a gradient keeps its sign and size a
    weight moves by the step size, as under `SignDescent`; it has the same preferred axes.

    Args:
        step_size: the learning rate.
        beta_1, beta_2: what is kept of the running means at a step, from 0 to below 1.
        epsilon: below which a gradient counts as small.

    Raises:
        ProblemError: numbers out of range.

    >>> import jax.numpy as jnp
    >>> adam = Adam(step_size=0.1)
    >>> round(float(adam.step(jnp.array(1.0), adam.start(jnp.array(1.0)), lambda w: 5 * w, 0.1)[0]), 6)
    0.9

    Source: Kingma & Ba, arXiv 1412.6980, algorithm 1.
    """

    step_size: float
    beta_1: float
    beta_2: float
    epsilon: float
    equation = "theta <- theta - step_size m / (sqrt(v) + epsilon),   m, v: running means of dL/dtheta and its square"
    order = 1
    gradients_per_step = 1
    rotation_invariant = False
    uniform = False
    linear = False
    exact_gradient = True

    def __init__(self, step_size: float, beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-8):
        self.step_size, self.epsilon = positive(step_size, "step_size"), positive(epsilon, "epsilon")
        self.beta_1, self.beta_2 = (
            positive(beta, name, allow_zero=True) for beta, name in ((beta_1, "beta_1"), (beta_2, "beta_2"))
        )
        for beta in (self.beta_1, self.beta_2):
            if beta >= 1:
                raise ProblemError(f"a running mean that keeps {beta:g} of itself never moves: take less than 1.")

    def start(self, weights):
        """Running means of zero, and no step taken."""
        zero = jax.tree.map(jnp.zeros_like, weights)
        return zero, zero, jnp.zeros((), dtype=jnp.int32)

    def step(self, weights, memory, gradient, step_size):
        """One step."""
        mean, square, taken = memory
        slope, taken = gradient(weights), taken + 1
        mean = jax.tree.map(lambda m, g: self.beta_1 * m + (1 - self.beta_1) * g, mean, slope)
        square = jax.tree.map(lambda v, g: self.beta_2 * v + (1 - self.beta_2) * g**2, square, slope)

        def moved(w, m, v):
            known = (1 - jnp.asarray(beta, w.dtype) ** taken for beta in (self.beta_1, self.beta_2))
            first, second = known
            return w - step_size * (m / first) / (jnp.sqrt(v / second) + self.epsilon)

        return jax.tree.map(moved, weights, mean, square), (mean, square, taken)

    def chosen_step_size(self) -> float:
        """The learning rate."""
        return self.step_size

    def __str__(self) -> str:
        return f"Adam, step size {self.step_size:g}"
