"""Kernels of the output at the last time alone: O(n^2 T)."""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from theory.kernels.blocks import blocks
from theory.kernels.preparation import prepared
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import Side, gains_of, initial, part, read_out, step
from theory.kernels.scan import scan
from theory.kernels.sequences import checked_sets

_BLOCK = 128


@dataclass(frozen=True, eq=False)
class Kernels:
    """Covariance and neural tangent kernel of the output of an infinitely wide network.

    Args:
        nngp: E y y' over initial weights, the covariance of the Gaussian process that networks are at initialisation.
        ntk: the neural tangent kernel, `sum over trained weights of rate x dy/dw dy'/dw`.
        dual_error: bound on the error of K and D at every step, 0 for closed forms (rounding). Errors of earlier
            steps reach later ones multiplied by chi a step.
    """

    nngp: np.ndarray
    ntk: np.ndarray
    dual_error: float = 0.0


def last_time(network: RecurrentNetwork, sequences, lengths=None, others=None, others_lengths=None) -> Kernels:
    """NNGP and NTK of y at each sequence's own last time, between all pairs of inputs.

    The recursion of `theory.kernels.recursion` runs along one diagonal for each pair, the one that ends at
    (T, T'): sequences are moved to end together, and a pair starts where the later of the two does. Without `others`
    only blocks on and above the diagonal are computed.

    Cost: n^2 T / 2 pairs of duals (n n' T between two sets) and products of inputs, memory 2 n^2 numbers for the
    result, n T m for the inputs and a few n T for variances and features.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.
        others: a second set, the columns; None for the kernel of the first with itself.
        others_lengths: theirs.

    Returns:
        Kernels (sequence, sequence) or (sequence, other).

    Raises:
        ProblemError: ragged sequences without lengths, non-finite numbers.
        UnstableSystemError: gradients, or states, that overflow; the last safe time.

    >>> from theory.kernels import Identity, RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> last_time(linear, [[[1.0], [0.0], [0.0]]]).ntk        # lag 2: (2 + 2) s_w^4
    array([[0.25]])
    """
    given = checked_sets(sequences, lengths, others, others_lengths)
    activations, error, sides = prepared(network, [each.ending_together() for each in given])
    rows, columns = _same_times(sides[0], sides[-1])
    shape = rows.starts.shape[0], columns.starts.shape[0]
    ragged = bool(rows.starts.any() or columns.starts.any())
    row_blocks, column_blocks = blocks(shape[0], _BLOCK), blocks(shape[1], _BLOCK)
    row_parts = [part(rows, block) for block in row_blocks]
    column_parts = row_parts if others is None else [part(columns, block) for block in column_blocks]
    running = []
    for i, row in enumerate(row_blocks):
        for j, column in enumerate(column_blocks):
            if others is None and j < i:
                continue
            same = 1.0 * (row[:, None] == column) if others is None else 0.0
            last = _diagonal(
                activations, network.tied, ragged, gains_of(network), row_parts[i], column_parts[j], same
            )
            running.append((row, column, last))
    nngp, ntk = np.empty(shape), np.empty(shape)
    for row, column, last in running:
        its, others_own = slice(row[0], row[-1] + 1), slice(column[0], column[-1] + 1)
        for kernel, block in zip((nngp, ntk), read_out(network, *map(np.asarray, last)), strict=True):
            block = block[: row[-1] + 1 - row[0], : column[-1] + 1 - column[0]]  # without what fills a block
            kernel[its, others_own] = block
            if others is None:
                kernel[others_own, its] = block.T
    return Kernels(nngp, ntk, error)


def _same_times(rows: Side, columns: Side) -> tuple[Side, Side]:
    """Two sides with as many times: the shorter gets earlier ones, which nothing reads, by repeating its first."""
    times = max(rows.values.shape[0], columns.values.shape[0])

    def extended(given: Side) -> Side:
        missing = times - given.values.shape[0]
        if not missing:
            return given
        index = np.maximum(np.arange(times) - missing, 0)
        values, deviations, features, starts = given
        return Side(*jax.tree.map(lambda leaf: leaf[index], (values, deviations, features)), starts + missing)

    return extended(rows), extended(columns)


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _diagonal(activations, tied, ragged, gains, rows: Side, columns: Side, same):
    """K and P of the last layer at the last time."""
    begins = jnp.maximum(rows.starts[:, None], columns.starts)
    linked = 1.0 * (rows.starts[:, None] == columns.starts)
    firsts = [tuple(linked * each for each in initial(gain, same)) for gain in gains]

    def advance(previous, now):
        time, row, column = now
        if ragged:
            previous = jax.tree.map(lambda first, state: jnp.where(time <= begins, first, state), firsts, previous)
        gram = row.values @ column.values.T / row.values.shape[-1]
        return step(activations, tied, gains, previous, gram, row, column, linked), None

    times = jnp.arange(rows.values.shape[0])
    scanned = times, rows._replace(starts=None), columns._replace(starts=None)
    return scan(advance, firsts, scanned)[0][-1]
