"""Kernels of the outputs at all times: O(n^2 T^2)."""

import functools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass

import jax
import numpy as np

from theory.checks import positive
from theory.errors import ProblemError
from theory.kernels.blocks import blocks
from theory.kernels.grid import over_times
from theory.kernels.last_time import Kernels
from theory.kernels.preparation import prepared
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import gains_of, part, read_out
from theory.kernels.sequences import Sequences, checked_sets

_BLOCK_NUMBERS = 1_000_000


@dataclass(frozen=True, eq=False)
class TimeKernels:
    """Kernels between the outputs at all times, (sequence, time, other sequence, other time).

    Symmetric under exchange of (sequence, time) with (other sequence, other time), not under that of times alone.
    What lies beyond a sequence's length is that of a sequence which goes on with zeros; `matrices` leaves it out.

    Args:
        nngp: covariance of outputs over initial weights.
        ntk: neural tangent kernel.
        valid: (sequence, time), which times belong to a sequence.
        other_valid: the same of the columns.
        dual_error: see `Kernels`.
    """

    nngp: np.ndarray
    ntk: np.ndarray
    valid: np.ndarray
    other_valid: np.ndarray
    dual_error: float = 0.0

    def matrices(self) -> Kernels:
        """Both as matrices over the (sequence, time) that exist, in that order."""
        shape = self.valid.size, self.other_valid.size
        chosen = np.ix_(self.valid.ravel(), self.other_valid.ravel())
        return Kernels(self.nngp.reshape(shape)[chosen], self.ntk.reshape(shape)[chosen], self.dual_error)


class TimeBlocks:
    """Blocks of `all_pairs`, made one after the other: (row indices, column indices, nngp, ntk).

    For kernels that need not, or cannot, be held as a whole. Iterate, once or again; `len` is the number of blocks, for
    a progress bar. Without `others` only blocks on and above the diagonal come: the rest is their transpose. Blocks
    have the axes (sequence, time, other sequence, other time).

    Cost: one pair of duals a number; memory 4 blocks (each at most 16 MB, or a single pair of sequences) and a few
    n T numbers of features.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.
        others: a second set, the columns; None for the kernel of the first with itself.
        others_lengths: theirs.

    Raises:
        ProblemError, UnstableSystemError: as `last_time`.

    >>> from theory.kernels import Erf, RecurrentLayer
    >>> found = TimeBlocks(RecurrentNetwork(RecurrentLayer(Erf(), 1.5)), np.ones((3, 2, 1)))
    >>> len(found), [ntk.shape for _, _, _, ntk in found]
    (1, [(3, 2, 3, 2)])
    """

    def __init__(self, network: RecurrentNetwork, sequences, lengths=None, others=None, others_lengths=None):
        given = checked_sets(sequences, lengths, others, others_lengths)
        self.network, self.rows, self.columns, self.symmetric = network, given[0], given[-1], others is None
        starting = [(each.values, np.zeros(len(each.lengths), int)) for each in given]
        self.activations, self.dual_error, sides = prepared(network, starting)
        self._sides = sides[0], sides[-1]
        size = max(1, math.isqrt(_BLOCK_NUMBERS // (self.rows.values.shape[1] * self.columns.values.shape[1])))
        row_blocks, column_blocks = (blocks(len(each.lengths), size) for each in (self.rows, self.columns))
        self._pairs = [
            (row, column)
            for i, row in enumerate(row_blocks)
            for j, column in enumerate(column_blocks)
            if j >= i or not self.symmetric
        ]

    def __len__(self) -> int:
        return len(self._pairs)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        running = None
        for row, column in [*self._pairs, (None, None)]:  # one runs while the one before is looked at
            ahead = None if row is None else (row, column, self._block(row, column))
            if running is not None:
                yield self._read(*running)
            running = ahead

    def _block(self, row, column):
        same = 1.0 * (row[:, None] == column) if self.symmetric else 0.0
        parts = part(self._sides[0], row), part(self._sides[1], column)
        return _all_times(self.activations, self.network.tied, gains_of(self.network), *parts, same)

    def _read(self, row, column, block):
        rows, columns = np.unique(row), np.unique(column)  # without the repetitions that fill a block
        kept = (np.swapaxes(np.asarray(each), 0, 1)[: rows.size, :, : columns.size] for each in block)
        return rows, columns, *read_out(self.network, *kept)


def all_pairs(
    network: RecurrentNetwork, sequences, lengths=None, others=None, others_lengths=None, memory=None, follow=iter
) -> TimeKernels:
    """NNGP and NTK of y_t for all pairs of inputs and of times.

    The recursion runs over the row's times, all the column's at once; without `others` only blocks of inputs on and
    above the diagonal are computed.

    Cost: n^2 T^2 / 2 pairs of duals (n T n' T' between two sets); memory `16 n T n' T'` bytes for the result, and four
    blocks of 16 MB.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.
        others: a second set, the columns; None for the kernel of the first with itself.
        others_lengths: theirs.
        memory: bytes that the result may take; None for half of the machine's memory.
        follow: hands on the blocks as they are made; `numerics.progress.followed` with a progress bar.

    Raises:
        ProblemError: as `last_time`, and where the result would take more than that memory: then use TimeBlocks.
        UnstableSystemError: as `last_time`.

    >>> from theory.kernels import Identity, RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> all_pairs(linear, [[[1.0], [0.0], [0.0]]]).matrices().ntk
    array([[2.  , 0.  , 0.  ],
           [0.  , 0.75, 0.  ],
           [0.  , 0.  , 0.25]])
    """
    given = checked_sets(sequences, lengths, others, others_lengths)
    rows, columns = given[0], given[-1]
    _require_memory(rows, columns, memory)
    found = TimeBlocks(network, sequences, lengths, others, others_lengths)
    shape = *rows.values.shape[:2], *columns.values.shape[:2]
    nngp, ntk = np.empty(shape), np.empty(shape)
    for row, column, *pair in follow(found):
        for kernel, block in zip((nngp, ntk), pair, strict=True):
            kernel[row[0] : row[-1] + 1, :, column[0] : column[-1] + 1] = block
            if found.symmetric and row[0] != column[0]:
                kernel[column[0] : column[-1] + 1, :, row[0] : row[-1] + 1] = block.transpose(2, 3, 0, 1)
    return TimeKernels(nngp, ntk, rows.valid(), columns.valid(), found.dual_error)


def all_pairs_bytes(rows: tuple[int, int], columns: tuple[int, int]) -> int:
    """Bytes of the two kernels of `all_pairs`, from the numbers of (sequences, times) of rows and columns.

    >>> all_pairs_bytes((50, 100), (50, 100))
    400000000
    """
    return 16 * math.prod(rows) * math.prod(columns)


def _require_memory(rows: Sequences, columns: Sequences, memory) -> None:
    if memory is None:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2
    memory = positive(memory, "memory")
    needed = all_pairs_bytes(rows.values.shape[:2], columns.values.shape[:2])
    if needed > memory:
        raise ProblemError(
            f"the kernels of {len(rows.lengths)} x {len(columns.lengths)} sequences at {rows.values.shape[1]} x "
            f"{columns.values.shape[1]} times take {needed / 1e9:.3g} GB, more than the {memory / 1e9:.3g} GB allowed. "
            "Take them in blocks (kernels.TimeBlocks), pooled over time (kernels.pooled), or at the last time alone."
        )


@functools.partial(jax.jit, static_argnums=(0, 1))
def _all_times(activations, tied, gains, rows, columns, same):
    """K and P of the last layer, each (row time, row, column, column time) turned to (.., column, column time)."""
    return over_times(
        activations, tied, gains, rows, columns, same, lambda nothing, time, K, P: (nothing, (K, P)), None
    )[1]
