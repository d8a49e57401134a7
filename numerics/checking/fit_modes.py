"""One mode of a fit against the recording: does the memory that it claims last?"""

import enum
from dataclasses import dataclass

import numpy as np

from numerics.checking.surrogates import spectrum_of, surrogate_autocorrelations
from theory.partial_observation import recording_time_needed
from theory.partial_observation.identifiability import quantile_sum
from theory.partial_observation.mode_impostor import impostor_neurons, mode_impostor

LEVEL = 0.025
"""How often a mode that lasts half as long as claimed is rejected, by chance."""
NOTICED = 0.8
"""An impostor is noticed if it is rejected in this share of recordings as long as this one."""
PULSE = 3.0
"""Size of the pulses that are advised, in standard deviations of the mode's activity."""
OCTAVES = np.array([0.25, 0.5, 1.0, 2.0])
"""Lags at which memory is compared, in claimed timescales."""


class Finding(enum.Enum):
    """What is found about a slow mode."""

    SUPPORTED = "may be claimed"
    OVERSTATED = "is there, but shorter"
    EXPLAINED = "is explained by unobserved neurons"
    UNSUPPORTED = "is not supported by the recording"
    UNDECIDED = "cannot be told"


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


@dataclass(frozen=True, eq=False)
class Impostors:
    """Fast hidden neurons that would explain a slow mode away.

    Args:
        fewest: of this family (`mode_impostor`), with which a fit would report the mode at all, the seen one included.
        unnoticed: the fewest that this recording would not have noticed; with more it is noticed even less.
        fraction: of neurons observed, at which a circuit has so many for every slow mode of the fit.
        expected: neurons of the impostor at the fraction that the user vouches for, at least `fewest`.
        autocorrelation: of that impostor at 0, 1, ... bins, (lag,).
        time_needed: to tell the mode from that impostor with 5 percent errors either way, in units of time (R6).
        pulse_trials: of pulses of three standard deviations along the mode that do the same (R8).
        pulse_time: after the pulse at which to look, in units of time.
    """

    fewest: int
    unnoticed: int
    fraction: float
    expected: int
    autocorrelation: np.ndarray
    time_needed: float
    pulse_trials: float
    pulse_time: float


def impostors(
    test: MemoryTest, share: float, bin_size: float, unit: float, neurons: int, slow_modes: int, vouched: float
) -> Impostors:
    """The impostors of a mode of the test's timescale, noticed and unnoticed.

    Args:
        test: prepared.
        share: of the variance that the mode has.
        bin_size: in units of time.
        unit: time constant of single neurons, which the impostor's modes all have.
        neurons: that are recorded.
        slow_modes: of the fit; each needs hidden neurons of its own.
        vouched: fraction of the circuit that is recorded, as far as the user knows.
    """
    timescale = test.bins * bin_size
    fewest = impostor_neurons(timescale, bin_size, unit)

    def noticed(number: int) -> float:
        r = mode_impostor(timescale, number, bin_size, unit).autocorrelation(int(8 * test.bins) + 2)[: test.samples]
        r = np.where(np.arange(r.size) == 0, 1.0, share * r)
        return float(test.rejects(test.draw(r, test.lags, max(40, test.number // 4))).mean())

    low, high = fewest, fewest
    while noticed(high) >= NOTICED:
        low, high = high, 2 * high
    while high - low > max(1, low // 8):
        middle = (low + high) // 2
        low, high = (middle, high) if noticed(middle) >= NOTICED else (low, middle)
    expected = max(fewest, 1 + int(neurons * (1 / vouched - 1) / slow_modes))
    # with very many neurons the impostor is the mode itself, to rounding
    expected = min(expected, fewest + int(20 * timescale / unit))
    r = mode_impostor(timescale, expected, bin_size, unit).autocorrelation(int(8 * test.bins) + 2)
    mode = np.exp(-np.arange(r.size) / test.bins)
    length = 4 * r.size
    spectra = [spectrum_of(np.where(np.arange(r.size) == 0, 1.0, share * each), length) for each in (r, mode)]
    ratio = np.maximum(spectra[0], 1e-12) / np.maximum(spectra[1], 1e-12)
    rate = float(np.mean(ratio - np.log(ratio) - 1) / 2)
    with np.errstate(divide="ignore"):
        trials = quantile_sum(0.05, 0.05) ** 2 * (1 - mode[1:] ** 2) / (PULSE * (mode - r)[1:]) ** 2
    best = int(np.argmin(trials))
    return Impostors(
        fewest=fewest,
        unnoticed=high,
        fraction=neurons / (neurons + slow_modes * (high - 1)),
        expected=expected,
        autocorrelation=r,
        time_needed=bin_size * recording_time_needed(max(rate, 0.0)),
        pulse_trials=float(trials[best]),
        pulse_time=(best + 1) * bin_size,
    )
