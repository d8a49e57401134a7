"""Input sequences as the kernels take them: one array, lengths where they differ."""

from dataclasses import dataclass

import numpy as np

from theory.checks import real_array
from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class Sequences:
    """Checked input sequences.

    Args:
        values: (sequence, time, input); zero beyond a sequence's length.
        lengths: (sequence,), whole numbers.
    """

    values: np.ndarray
    lengths: np.ndarray

    @property
    def ragged(self) -> bool:
        """Whether lengths differ."""
        return bool((self.lengths != self.values.shape[1]).any())

    def ending_together(self) -> tuple[np.ndarray, np.ndarray]:
        """Values moved to later times so that all end at the last; and how far each was moved."""
        moved = np.zeros_like(self.values)
        starts = self.values.shape[1] - self.lengths
        for i, (start, length) in enumerate(zip(starts, self.lengths, strict=True)):
            moved[i, start:] = self.values[i, :length]
        return moved, starts

    def valid(self) -> np.ndarray:
        """Which (sequence, time) belong to a sequence."""
        return np.arange(self.values.shape[1]) < self.lengths[:, None]


def padded(sequences) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of different lengths as one array, padded with zeros at the end, and their lengths.

    Args:
        sequences: arrays (time, input), as many inputs each.

    >>> values, lengths = padded([[[1.0], [2.0]], [[3.0]]])
    >>> values.shape, lengths
    ((2, 2, 1), array([2, 1]))
    """
    arrays = [np.asarray(real_array(each, f"sequence {i}", 2)) for i, each in enumerate(sequences)]
    if not arrays or len({each.shape[1] for each in arrays}) != 1:
        raise ProblemError("sequences must be at least one, all with the same number of inputs.")
    lengths = np.array([len(each) for each in arrays])
    values = np.zeros((len(arrays), lengths.max(), arrays[0].shape[1]))
    for row, each in zip(values, arrays, strict=True):
        row[: len(each)] = each
    return values, lengths


def checked(values, lengths=None, name: str = "sequences") -> Sequences:
    """Sequences from what a user hands in.

    Args:
        values: (sequence, time, input).
        lengths: of each sequence; None if all have the full length. What lies beyond a length is ignored.
        name: what to call them in an error.

    Raises:
        ProblemError: another shape, ragged without lengths, non-finite numbers, lengths that are none.

    >>> checked([[[1.0], [2.0]]]).lengths
    array([2])
    """
    try:
        values = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ProblemError(
            f"{name} do not make one array (sequence, time, input): {error}. Sequences of different lengths: "
            "values, lengths = padded(sequences)."
        ) from error
    if values.ndim != 3 or values.size == 0:
        raise ProblemError(f"{name} have shape {values.shape}; they need (sequence, time, input), none of them 0.")
    if lengths is None:
        lengths = np.full(len(values), values.shape[1])
    lengths = np.asarray(lengths)
    if lengths.shape != (len(values),) or lengths.dtype.kind not in "iu":
        raise ProblemError(f"lengths must be {len(values)} whole numbers, one for each of {name}; got {lengths!r}.")
    if lengths.min() < 1 or lengths.max() > values.shape[1]:
        raise ProblemError(
            f"lengths of {name} lie between {lengths.min()} and {lengths.max()}, but must between 1 and "
            f"{values.shape[1]}, the times there are."
        )
    within = np.arange(values.shape[1]) < lengths[:, None]
    values = np.where(within[:, :, None], values, 0.0)
    return Sequences(np.asarray(real_array(values, name, 3)), lengths)


def checked_sets(sequences, lengths=None, others=None, others_lengths=None) -> list[Sequences]:
    """One or two sets of sequences from what a user hands in: a kernel's rows, and its columns where they are others.

    Args:
        sequences, lengths: as of `checked`.
        others, others_lengths: a second set, or None.

    Raises:
        ProblemError: as `checked`, each set by its name.

    >>> len(checked_sets([[[1.0]]])), len(checked_sets([[[1.0]]], others=[[[2.0]]]))
    (1, 2)
    """
    rows = [checked(sequences, lengths)]
    return rows if others is None else [*rows, checked(others, others_lengths, "others")]
