"""The recursion over all pairs of times: row times one after the other, column times side by side."""

import jax
import jax.numpy as jnp

from theory.kernels.recursion import Side, initial, step
from theory.kernels.scan import scan


def flattened(columns: Side) -> Side:
    """Column sequences and their times as one axis, (sequence, time)."""

    def flat(leaf):
        return jnp.moveaxis(leaf, 0, -1).reshape(*leaf.shape[1:-1], -1)

    values = jnp.swapaxes(columns.values, 0, 1).reshape(-1, columns.values.shape[-1])
    return Side(values, *jax.tree.map(flat, (columns.deviations, columns.features)), None)


def over_times(activations, tied, gains, rows: Side, columns: Side, same, collect, collected):
    """Run the recursion over row times; `collect(collected, t, K, P)` sees the last layer's K and P at each.

    Args:
        activations: resolved.
        tied: of each layer.
        gains: of each layer.
        rows: one side, times first.
        columns: the other.
        same: one where row and column are the same input.
        collect: a function of what was collected, the row time's index and two arrays (row, column, column time); gives
            what is collected then, and what to stack.
        collected: what it starts from.

    Returns:
        What was collected, and what was stacked.
    """
    times, (column_times, number) = rows.values.shape[0], columns.values.shape[:2]
    block = rows.values.shape[1], number, column_times
    flat = flattened(columns)

    def shifted(first, state, begin):
        """State at (t-1, t'-1) for t' from 1: the initial state at (0, 0), nothing at (t-1 > 0, 0)."""
        edge = jnp.broadcast_to(first, block[:2])[..., None] * begin
        return jnp.concatenate([edge, state.reshape(block)[..., :-1]], axis=-1).reshape(block[0], -1)

    def advance(carried, now):
        (states, collected), (time, row) = carried, now
        firsts = [initial(gain, same) for gain in gains]
        begin = jnp.where(time == 0, 1.0, 0.0)
        pairs = zip(firsts, states, strict=True)
        previous = [tuple(shifted(f, s, begin) for f, s in zip(*pair, strict=True)) for pair in pairs]
        gram = row.values @ flat.values.T / flat.values.shape[-1]
        linked = jnp.tile(jnp.where(jnp.arange(column_times) == time, 1.0, 0.0), number)
        states = step(activations, tied, gains, previous, gram, row, flat, linked)
        collected, stacked = collect(collected, time, *(last.reshape(block) for last in states[-1]))
        return (states, collected), stacked

    nothing = jnp.zeros((block[0], number * column_times))
    start = [(nothing, nothing) for _ in gains], collected
    (_, collected), stacked = scan(advance, start, (jnp.arange(times), rows._replace(starts=None)))
    return collected, stacked
