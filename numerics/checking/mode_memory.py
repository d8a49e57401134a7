"""One mode of a fit against the recording: does the memory that it claims last?"""

from dataclasses import dataclass

import numpy as np

from numerics.checking.modes import Mode
from numerics.checking.surrogates import sample_autocorrelation, surrogate_autocorrelations
from numerics.recordings import Recording

LEVEL = 0.025
"""How often a mode that lasts half as long as claimed is rejected, by chance."""
OCTAVES = np.array([0.25, 0.5, 1.0, 2.0])
"""Lags at which memory is compared, in claimed timescales."""


@dataclass(frozen=True, eq=False)
class Memory:
    """The recording along one mode: its autocorrelation against that of the claim.

    Args:
        timescale: claimed, in units of time.
        lags: in bins, (lag,).
        recorded: autocorrelation of the recording's projection on the mode, (lag,).
        share: of the projection's variance that the mode can have, from the first lag.
        compared: which lags the test compares, (compared,), as positions in `lags`; fewer than two: too short.
        level_p_value: of so little memory at the first lag compared, if the mode lasted half as long as claimed.
        shape_p_value: of so fast a decline between the lags compared, likewise.
        gone: whether no memory is left at the first lag compared.
        band: 2.5 and 97.5 percent of recordings in which the claim is true, (2, lag).
    """

    timescale: float
    lags: np.ndarray
    recorded: np.ndarray
    share: float
    compared: np.ndarray
    level_p_value: float
    shape_p_value: float
    gone: bool
    band: np.ndarray

    @property
    def too_short(self) -> bool:
        """Whether the recording is too short to compare anything."""
        return self.compared.size < 2

    @property
    def rejected(self) -> bool:
        """Whether even half of the claimed timescale is rejected."""
        if self.too_short:
            return False
        return self.shape_p_value <= LEVEL or (self.gone and self.level_p_value <= LEVEL)


class MemoryTest:
    """Compares autocorrelations at lags of a quarter to twice the claimed timescale tau, of one length of recording.

    Null hypothesis: a mode that decays with *half* the claimed timescale or slower. Between two lags s and t its
    autocorrelation falls by no more than `h = exp(-2 (t - s) / tau)`, so `r(t) - h r(s)` is not negative. The least of
    these differences, in standard deviations, is compared with surrogates in which the timescale is tau / 2, as long
    as the recording, in as many trials. Fast fluctuations and observation noise on top of the mode take a share of the
    variance at all lags but none of the memory.
    """

    def __init__(self, timescale: float, bin_size: float, trials: int, samples: int, surrogates: int, seed: int):
        self.bins = timescale / bin_size
        self.trials, self.samples, self.number, self.seed = trials, samples, surrogates, seed
        lags = np.unique(np.maximum(1, np.round(OCTAVES * self.bins).astype(int)))
        self.lags = lags[lags <= samples // 3]
        self.falls = np.exp(-2 * np.diff(self.lags) / self.bins)

    def share(self, first: float, timescales: float) -> float:
        """What part of the variance the mode has, from the autocorrelation at the first lag; at least a twentieth."""
        return float(np.clip(first * np.exp(self.lags[0] / (timescales * self.bins)), 0.05, 1.0))

    def decaying(self, share: float, timescales: float) -> np.ndarray:
        """`share exp(-k / (timescales tau))` at all lags k > 0 that matter, 1 at k = 0, (lag,)."""
        k = np.arange(min(self.samples, int(30 * timescales * self.bins) + 2))
        return np.where(k == 0, 1.0, share * np.exp(-k / (timescales * self.bins)))

    def draw(self, autocorrelation: np.ndarray, lags: np.ndarray, number: int) -> np.ndarray:
        """Sample autocorrelations of surrogates of the recording's length, (surrogate, lag)."""
        return surrogate_autocorrelations(autocorrelation, self.trials, self.samples, lags, number, self.seed)

    def prepare(self, first: float) -> None:
        """Draw the surrogates of the null hypothesis, for a recording with that autocorrelation at the first lag."""
        full = self.draw(self.decaying(1.0, 0.5), self.lags, self.number)
        share = self.share(first, 0.5)
        drawn = full if share == 1.0 else self.draw(self.decaying(share, 0.5), self.lags, self.number)
        differences = drawn[:, 1:] - self.falls * drawn[:, :-1]
        self.mean, self.deviation = differences.mean(0), differences.std(0)
        self.least = ((differences - self.mean) / self.deviation).min(1)
        self.first = full[:, 0]
        self.floor = float(drawn[:, -1].std())

    def p_values(self, found: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of level and shape, and whether memory is gone, for autocorrelations at the lags compared, (set, lag)."""
        differences = found[:, 1:] - self.falls * found[:, :-1]
        least = ((differences - self.mean) / self.deviation).min(1)
        shape = (1 + (self.least <= least[:, None]).sum(1)) / (1 + self.number)
        level = (1 + (self.first <= found[:, :1]).sum(1)) / (1 + self.number)
        return level, shape, found[:, 0] < 2 * self.floor

    def rejects(self, found: np.ndarray) -> np.ndarray:
        """For each set of autocorrelations, whether the null hypothesis is rejected, (set,)."""
        level, shape, gone = self.p_values(found)
        return (shape <= LEVEL) | (gone & (level <= LEVEL))


def memory_along(test: MemoryTest, mode: Mode, recording: Recording, lags: np.ndarray) -> Memory:
    """The recording along a mode, tested.

    Args:
        test: of the mode's timescale; it is prepared here.
        mode: of the fit.
        recording: of its recorded rows.
        lags: at which the autocorrelation is wanted besides those that are compared, in bins, (lag,).
    """
    lags = np.unique(np.concatenate([lags, test.lags]))
    found = _autocorrelation(recording, mode, lags)
    compared = np.searchsorted(lags, test.lags)
    if compared.size < 2:
        nothing = np.full((2, lags.size), np.nan)
        return Memory(mode.timescale, lags, found, np.nan, compared, np.nan, np.nan, False, nothing)
    test.prepare(found[compared[0]])
    level, shape, gone = test.p_values(found[None, compared])
    share = float(np.clip(found[0] * np.exp(lags[0] / test.bins), 0.05, 1.0))
    claimed = test.draw(test.decaying(share, 1.0), lags, test.number)
    band = np.quantile(claimed, [0.025, 0.975], axis=0)
    return Memory(
        mode.timescale, lags, found, share, compared, float(level[0]), float(shape[0]), bool(gone[0]), band
    )


def _autocorrelation(recording: Recording, mode: Mode, lags: np.ndarray) -> np.ndarray:
    """`Re <y_{n+k} y_n^*> exp(-i w k) / <|y|^2>` of the projection y on a mode of angular frequency w a bin, (lag,)."""
    signal = recording.centred() @ mode.direction
    parts = [part for part in (signal.real, signal.imag) if np.abs(part).max() > 1e-9 * np.abs(signal).max()]
    if len(parts) == 1:
        return sample_autocorrelation(parts[0], lags)
    samples = signal.shape[1]
    turn = np.exp(-2j * np.pi * recording.bin_size / mode.period * lags)
    products = np.array([np.vdot(signal[:, : samples - k], signal[:, k:]) / (samples - k) for k in lags])
    both = np.stack([products * turn, products * turn.conj()]).real * samples / np.vdot(signal, signal).real
    return both[int(np.argmax(both[:, 0]))]  # u and its conjugate turn in opposite senses
