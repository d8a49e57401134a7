"""A recording in blocks: its lagged covariances without one block, or with blocks drawn anew, at the cost of a sum."""

from dataclasses import dataclass, field

import numpy as np

from numerics.recordings.recording import Recording
from theory.checks import count
from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class Blocks:
    """A recording cut into blocks: groups of whole trials where there are as many, stretches of time elsewhere.

    Sums of products over every block are computed once for a lag, so that a recording made of some of the blocks has
    its lagged covariances for the price of adding them up. A pair `x_{n+k} x_n^T` counts to the block of the
    earlier sample, so none is lost at the borders.

    Args:
        recording: to be cut.
        number: of blocks, at least 2.

    Raises:
        ProblemError: fewer than two samples for each block.

    >>> recording = Recording(np.random.default_rng(0).normal(size=(100, 3)), bin_size=0.5)
    >>> blocks = Blocks(recording, number=5)
    >>> bool(np.allclose(blocks.weighted(np.ones(5)).lagged_covariance([2]), recording.lagged_covariance([2])))
    True
    """

    recording: Recording
    number: int
    _cache: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        number, trials, samples = count(self.number, "number", least=2), self.recording.trials, self.recording.samples
        if trials >= number:
            pieces = [(group, 0, samples) for group in np.array_split(np.arange(trials), number)]
        else:
            edges = np.linspace(0, trials * samples, number + 1).astype(int)
            if np.diff(edges).min() < 2:
                raise ProblemError(
                    f"{trials * samples} samples are too few for {number} blocks: record longer or cut into fewer."
                )
            pieces = [(None, first, last) for first, last in zip(edges[:-1], edges[1:], strict=True)]
        object.__setattr__(self, "_pieces", pieces)

    def weighted(self, weights) -> "WeightedBlocks":
        """The recording in which every block counts as often as its weight says; zero leaves it out.

        Args:
            weights: (block,).
        """
        return WeightedBlocks(self, np.asarray(weights, dtype=float))

    def parts(self, block: int) -> list[tuple[int, int, int]]:
        """Trial, first sample and end of all that belongs to a block."""
        return _parts(self._pieces[block], self.recording.trials, self.recording.samples)

    def sums(self, lag: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Over the pairs of every block: of products `x_{n+k} x_n^T`, of late and of early samples, and their number.

        Args:
            lag: k, in bins.

        Returns:
            (block, neuron, neuron), (block, neuron), (block, neuron) and (block,).
        """
        lag = count(lag, "lag", least=0, most=self.recording.samples - 1)
        if lag not in self._cache:
            x = self._cache.setdefault("centred", self.recording.centred())
            self._cache[lag] = tuple(map(np.stack, zip(*(_sums(x, piece, lag) for piece in self._pieces), strict=True)))
        return self._cache[lag]


class WeightedBlocks:
    """What a student fits in place of the recording: has `lagged_covariance`, `stretches`, `bin_size` and `neurons`."""

    def __init__(self, blocks: Blocks, weights: np.ndarray):
        self._blocks, self._weights = blocks, weights
        self.bin_size, self.neurons = blocks.recording.bin_size, blocks.recording.neurons

    def stretches(self) -> list[np.ndarray]:
        """As of `Recording`: the blocks that count, what is adjacent in one, about their mean; for whole weights."""
        if (self._weights != np.round(self._weights)).any() or self._weights.min() < 0:
            raise ProblemError("blocks of samples count a whole number of times.")
        chosen = []
        for block in np.repeat(np.arange(self._blocks.number), self._weights.astype(int)):
            for trial, start, end in self._blocks.parts(block):
                if chosen and chosen[-1][0] == trial and chosen[-1][2] == start:
                    start = chosen.pop()[1]
                chosen.append((trial, start, end))
        found = [self._blocks.recording.activity[trial, start:end] for trial, start, end in chosen]
        mean = sum(part.sum(axis=0) for part in found) / sum(map(len, found))
        return [part - mean for part in found]

    def lagged_covariance(self, lags) -> np.ndarray:
        """As of `Recording`, about the mean of the blocks that count, (lag, neuron, neuron)."""
        w = self._weights
        _, total, _, samples = self._blocks.sums(0)
        mean, found = w @ total / (w @ samples), []
        for lag in np.atleast_1d(lags):
            products, late, early, pairs = self._blocks.sums(lag)
            number = w @ pairs
            late, early = w @ late / number, w @ early / number
            # (x - mean) (y - mean)^T, multiplied out
            centring = np.outer(mean - late, mean) - np.outer(mean, early)
            found.append(np.tensordot(w, products, 1) / number + centring)
        return np.stack(found)


def _parts(piece: tuple, trials: int, samples: int) -> list[tuple[int, int, int]]:
    """Trial, first sample and end of all that belongs to a piece.

    A piece is a group of trials, or samples `first` to `last` of all trials laid one after the other.
    """
    group, first, last = piece
    if group is not None:
        return [(int(trial), 0, samples) for trial in group]
    return [
        (trial, max(first - trial * samples, 0), min(last - trial * samples, samples))
        for trial in range(first // samples, (last - 1) // samples + 1)
    ]


def _sums(x: np.ndarray, piece: tuple, lag: int):
    trials, samples, neurons = x.shape
    products, late, early, pairs = np.zeros((neurons, neurons)), np.zeros(neurons), np.zeros(neurons), 0
    for trial, start, end in _parts(piece, trials, samples):
        end = min(end, samples - lag)
        if end > start:
            ahead, behind = x[trial, start + lag : end + lag], x[trial, start:end]
            products += ahead.T @ behind
            late, early, pairs = late + ahead.sum(axis=0), early + behind.sum(axis=0), pairs + end - start
    return products, late, early, np.array(float(pairs))
