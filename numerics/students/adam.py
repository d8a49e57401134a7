"""Adam, plain."""

import jax
import jax.numpy as jnp

DECAYS = (0.9, 0.999)
SMALL = 1e-8


def start(weights) -> tuple:
    """The moments before the first step: zero.

    Args:
        weights: a pytree of arrays.
    """
    return jax.tree.map(jnp.zeros_like, weights), jax.tree.map(jnp.zeros_like, weights)


def step(weights, moments: tuple, gradient, rate, number):
    """One step, `w - rate m / (sqrt(v) + 1e-8)` with running means m of the gradient and v of its square.

    Both are divided by what they lack for starting at zero. Where a gradient keeps its sign a weight moves by the rate.

    Args:
        weights, gradient: pytrees of one structure.
        moments: as `start` or the last step returned them.
        rate: learning rate.
        number: of this step, from 1.

    Returns:
        The weights and the moments after it.

    >>> weights, moments = step(jnp.array(1.0), start(jnp.array(1.0)), jnp.array(5.0), rate=0.1, number=1)
    >>> float(weights)
    0.9

    Source: Kingma & Ba, arXiv 1412.6980, algorithm 1.
    """
    first, second = DECAYS
    mean = jax.tree.map(lambda m, g: first * m + (1 - first) * g, moments[0], gradient)
    square = jax.tree.map(lambda v, g: second * v + (1 - second) * g**2, moments[1], gradient)

    def moved(w, m, v):
        return w - rate * (m / (1 - first**number)) / (jnp.sqrt(v / (1 - second**number)) + SMALL)

    return jax.tree.map(moved, weights, mean, square), (mean, square)
