"""Runge and Kutta's fourth-order method with steps of one size."""

import equinox as eqx
import jax


class RungeKutta(eqx.Module):
    """One step of `dx/dt = f(x)` over a time h, as a map: `x -> x + h f + ... `, with an error of order h^5.

    Args:
        velocity: f.
        size: h.

    >>> RungeKutta(lambda x: -x, 0.1)(1.0)
    0.90483750...
    """

    velocity: object
    size: float

    def __call__(self, x):
        """The state a step later."""
        h, f = self.size, self.velocity
        a = f(x)
        b = f(x + h / 2 * a)
        c = f(x + h / 2 * b)
        return x + h / 6 * (a + 2 * b + 2 * c + f(x + h * c))


def carried(velocity, start, duration, steps):
    """Where a path is after a time, in a number of equal steps; differentiable forwards by start and duration."""
    step = RungeKutta(velocity, duration / steps)
    return jax.lax.fori_loop(0, steps, lambda _, x: step(x), start)
