"""Fast hidden neurons that would explain a mode of a fit away."""

from dataclasses import dataclass

import numpy as np

from numerics.checking.mode_memory import MemoryTest
from numerics.checking.surrogates import spectrum_of
from theory.partial_observation import recording_time_needed
from theory.partial_observation.identifiability import quantile_sum
from theory.partial_observation.mode_impostor import impostor_neurons, mode_impostor

NOTICED = 0.8
"""An impostor is noticed if it is rejected in this share of recordings as long as this one."""
PULSE = 3.0
"""Size of the pulses that are advised, in standard deviations of the mode's activity."""


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
