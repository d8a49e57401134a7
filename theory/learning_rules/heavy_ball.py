"""The heavy ball: weights with inertia and friction."""

import math

import jax
import jax.numpy as jnp

from theory.checks import positive
from theory.errors import ProblemError
from theory.learning_rules.learning_rule import LearningRule


class HeavyBall(LearningRule):
    """Momentum: weights of mass one that roll down the loss against friction.

        d^2 theta / ds^2 + friction d theta / ds = - dL / d theta

    in steps `v <- (1 - friction h) v - h dL/dtheta`, `theta <- theta + h v`, with h the step size. In the words of
    deep learning that is a learning rate of h^2 and a momentum of 1 - friction h; here training time is h x steps, in
    which the steps tend to that equation at first order in h.

    Small weights leave a plateau of escape rate r at the positive root of `k^2 + friction k = r`,

        k = (-friction + sqrt(friction^2 + 4 r)) / 2

    which tends to r / friction under strong friction (gradient flow, in the time s / friction) and to sqrt(r) under
    none (`theory.one_pole.heavy_ball_rate`). Steps on a curvature r are stable while `r h^2 + 2 friction h < 4`.

    Args:
        friction: per unit of training time.
        step_size: training time of a step, at most 1 / friction.

    Raises:
        ProblemError: numbers that are not positive; a step size beyond 1 / friction, where the momentum is negative.

    >>> import jax.numpy as jnp
    >>> ball = HeavyBall(friction=1.0, step_size=0.1)
    >>> at_rest = ball.start(jnp.array(1.0))
    >>> [round(float(x), 4) for x in ball.step(jnp.array(1.0), at_rest, lambda w: w, 0.1)]
    [0.99, -0.1]

    Source: B. T. Polyak, USSR Comput. Math. Math. Phys. 4 (1964) 1; N. Qian, Neural Networks 12 (1999) 145.
    """

    friction: float
    step_size: float
    equation = "d^2 theta / ds^2 + friction d theta / ds = - dL / d theta   (semi-implicit Euler steps)"
    order = 1
    gradients_per_step = 1
    rotation_invariant = True
    uniform = False
    linear = True
    exact_gradient = True

    def __init__(self, friction: float, step_size: float):
        self.friction = positive(friction, "friction", allow_zero=True)
        self.step_size = positive(step_size, "step_size")
        if self.friction * self.step_size > 1:
            raise ProblemError(
                f"step_size = {step_size:g} is beyond 1/friction = {1 / self.friction:g}, where the momentum, "
                "1 - friction step_size, is negative."
            )

    def start(self, weights):
        """At rest."""
        return jax.tree.map(jnp.zeros_like, weights)

    def step(self, weights, memory, gradient, step_size):
        """One step of velocity, then of weights."""
        kept = 1 - self.friction * step_size
        velocity = jax.tree.map(
            lambda v, g: jnp.asarray(kept, v.dtype) * v - step_size * g, memory, gradient(weights)
        )
        return jax.tree.map(lambda w, v: w + step_size * v, weights, velocity), velocity

    def largest_step(self, curvature: float) -> float:
        """The positive root of `curvature h^2 + 2 friction h = 4`."""
        return (math.sqrt(self.friction**2 + 4 * curvature) - self.friction) / curvature

    def chosen_step_size(self) -> float:
        """Its step size."""
        return self.step_size

    def __str__(self) -> str:
        return f"heavy ball, friction {self.friction:g}, step size {self.step_size:g}"
