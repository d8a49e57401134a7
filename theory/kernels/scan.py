"""A scan whose steps vectorise on a CPU."""

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree


def scan(advance, first, along):
    """`jax.lax.scan` that hands every step arrays of its own, carried along, in place of slices of the whole.

    XLA puts a slice into the loops that read it, and what lies at a place known only at run time keeps it from
    vectorising them on a CPU: a recursion over pairs of inputs takes five times as long.

    Args:
        advance: a function of the state and of one step's arrays; gives the next state and what to stack.
        first: the state to start from.
        along: arrays whose first axis is scanned.

    Returns:
        The last state, and what was stacked.

    >>> scan(lambda total, now: (total + now, total), jnp.zeros(()), jnp.arange(1.0, 4.0))
    (Array(6., dtype=float64), Array([0., 1., 3.], dtype=float64))
    """
    together = jax.vmap(lambda now: ravel_pytree(now)[0])(along)  # one array, one slice
    apart = ravel_pytree(jax.tree.map(lambda leaf: leaf[0], along))[1]

    def carrying(carried, ahead):
        state, now = carried
        state, stacked = advance(state, apart(now))
        return (state, ahead), stacked

    ahead = jnp.concatenate([together[1:], together[-1:]])
    (state, _), stacked = jax.lax.scan(carrying, (first, together[0]), ahead)
    return state, stacked
