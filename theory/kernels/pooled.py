"""Kernels of outputs averaged over time."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import real_array
from theory.errors import ProblemError
from theory.kernels.blocks import blocks
from theory.kernels.grid import over_times
from theory.kernels.last_time import Kernels
from theory.kernels.preparation import prepared
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import gains_of, initial, part, read_out, step
from theory.kernels.scan import scan
from theory.kernels.sequences import Sequences, checked_sets

_BLOCK_NUMBERS = 1_000_000


def pooled(
    network: RecurrentNetwork,
    sequences,
    lengths=None,
    weights=None,
    others=None,
    others_lengths=None,
    others_weights=None,
) -> Kernels:
    """NNGP and NTK of `sum_t w_t y_t`, the mean over each sequence's own times unless weights are given.

    `sum over t, t' of w_t w'_t' K(t,t')`: all pairs of times enter. `pooled_same_time` keeps t = t' alone.

    Cost: n^2 T^2 pairs of duals, as `all_pairs`, but memory 2 n^2 numbers for the result and a few blocks of at most
    8 MB.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.
        weights: (sequence, time), ignored beyond a length; None for the mean.
        others: a second set, the columns; None for the kernel of the first with itself.
        others_lengths: theirs.
        others_weights: theirs.

    Raises:
        ProblemError, UnstableSystemError: as `last_time`; weights of another shape.

    >>> from theory.kernels import Identity, RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> pooled(linear, [[[1.0], [0.0], [0.0]]]).ntk * 9          # 2 + 0.75 + 0.25
    array([[3.]])
    """
    given = checked_sets(sequences, lengths, others, others_lengths)
    chosen = [_weights(given[0], weights, "weights")]
    if others is not None:
        chosen.append(_weights(given[1], others_weights, "others_weights"))
    activations, error, sides = prepared(network, [(each.values, np.zeros(len(each.lengths), int)) for each in given])
    size = max(1, math.isqrt(_BLOCK_NUMBERS // given[-1].values.shape[1]))

    def block(row, column, same):
        parts = part(sides[0], row), part(sides[-1], column)
        averages = jnp.asarray(chosen[0][row]), jnp.asarray(chosen[-1][column])
        return _weighted(activations, network.tied, gains_of(network), *parts, *averages, same)

    return _assembled(network, given, size, block, error)


def pooled_same_time(network: RecurrentNetwork, sequences, others=None) -> Kernels:
    """`1/T sum_t K(t,t)`, another kernel that has been published as that of a mean over time: O(n^2 T).

    It is that of *untied readouts*, `1/sqrt(T) sum_t v_t.h_t` with a readout of its own for every time; a mean of one
    readout over time has the kernel `pooled`, in which different times are correlated.

    Args:
        network: the network.
        sequences: (sequence, time, input), all of one length.
        others: a second set of the same length; None for the kernel of the first with itself.

    Raises:
        ProblemError, UnstableSystemError: as `last_time`; two sets of different lengths.

    >>> from theory.kernels import Identity, RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> pooled_same_time(linear, [[[1.0], [0.0], [0.0]]]).ntk * 3
    array([[3.]])
    """
    given = checked_sets(sequences, others=others)
    if len({each.values.shape[1] for each in given}) > 1:
        raise ProblemError(f"sequences have {given[0].values.shape[1]} times, others {given[1].values.shape[1]}.")
    activations, error, sides = prepared(network, [(each.values, np.zeros(len(each.lengths), int)) for each in given])

    def block(row, column, same):
        parts = part(sides[0], row), part(sides[-1], column)
        return _same_time(activations, network.tied, gains_of(network), *parts, same)

    return _assembled(network, given, math.isqrt(_BLOCK_NUMBERS), block, error)


def _weights(given: Sequences, weights, name: str) -> np.ndarray:
    valid = given.valid()
    if weights is None:
        return valid / given.lengths[:, None]
    weights = np.asarray(real_array(np.where(valid, weights, 0.0), name, 2))
    if weights.shape != valid.shape:
        raise ProblemError(f"{name} have shape {weights.shape}; these sequences need {valid.shape}.")
    return weights


def _assembled(network, given, size: int, block, error: float) -> Kernels:
    """Kernels from their blocks, those on and above the diagonal if there is one set."""
    symmetric = len(given) == 1
    row_blocks, column_blocks = blocks(len(given[0].lengths), size), blocks(len(given[-1].lengths), size)
    nngp, ntk = (np.empty((len(given[0].lengths), len(given[-1].lengths))) for _ in range(2))
    for i, row in enumerate(row_blocks):
        for column in column_blocks[i if symmetric else 0 :]:
            same = 1.0 * (row[:, None] == column) if symmetric else 0.0
            pair = read_out(network, *map(np.asarray, block(row, column, same)))
            for kernel, values in zip((nngp, ntk), pair, strict=True):
                kernel[np.ix_(row, column)] = values
                if symmetric:
                    kernel[np.ix_(column, row)] = values.T
    if symmetric:  # sums over two times in two orders agree to rounding; the kernel is symmetric to the last bit
        nngp, ntk = (nngp + nngp.T) / 2, (ntk + ntk.T) / 2
    return Kernels(nngp, ntk, error)


@functools.partial(jax.jit, static_argnums=(0, 1))
def _weighted(activations, tied, gains, rows, columns, weights, other_weights, same):
    def collect(sums, time, K, P):
        weight = weights[:, time, None]
        return tuple(
            total + weight * jnp.sum(other_weights * each, axis=-1)
            for total, each in zip(sums, (K, P), strict=True)
        ), None

    nothing = jnp.zeros((weights.shape[0], other_weights.shape[0]))
    return over_times(activations, tied, gains, rows, columns, same, collect, (nothing, nothing))[0]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _same_time(activations, tied, gains, rows, columns, same):
    times, shape = rows.values.shape[0], (rows.values.shape[1], columns.values.shape[1])

    def advance(carried, now):
        previous, sums = carried
        row, column = now
        gram = row.values @ column.values.T / row.values.shape[-1]
        states = step(activations, tied, gains, previous, gram, row, column, 1.0)
        return (states, tuple(total + each / times for total, each in zip(sums, states[-1], strict=True))), None

    firsts = [tuple(jnp.broadcast_to(each, shape) for each in initial(gain, same)) for gain in gains]
    nothing = jnp.zeros(shape)
    scanned = rows._replace(starts=None), columns._replace(starts=None)
    return scan(advance, (firsts, (nothing, nothing)), scanned)[0][1]
