"""Is the slow part of a signal one persistent mode, or memory of some other shape?"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import chi2, ncx2

from numerics.checking.spectrum import Periodogram, SpectralFit, autocorrelation, whittle_fit
from theory.circuits.timescales import LINE_RATIO
from theory.errors import ProblemError

GAP = LINE_RATIO
"""One mode is persistent if it is this many times slower than the next: the definition of a line attractor."""
SHARES = (0.4, 1.1)
"""Its share of the signal's autocovariance at one bin; above 1 where fast modes enter negatively."""
LEVEL = 0.01
"""The nominal error rate at which a single persistent mode is rejected."""
_BETWEEN = (1.5, 3.0, 6.0)
_NEARBY = (0.5, 0.7, 1.0, 1.4, 2.0)
_PER_MEMORY = 5.0
_GRID = 24


@dataclass(frozen=True, eq=False)
class Persistence:
    """How well one persistent mode explains a signal, and how long the signal remembers.

    Args:
        timescale: of the best persistent mode, in units of time.
        statistic: twice the gain in log-likelihood when memory is allowed inside the gap, in nats.
        rejected: whether one persistent mode is rejected, at one percent.
        memory: the first lag at which the autocorrelation is not above three standard errors, in units of time.
        longest_timescale: the slowest mode that was tried, in units of time: a slower one could not be told from it.
        frequencies: of the bands of the spectrum, in radians per unit of time, (band,).
        power: the periodogram in each band, for a signal of unit variance and in bins, (band,).
        one_mode: what one persistent mode makes of it, (band,).
        alternative: what memory inside the gap makes of it, (band,).
    """

    timescale: float
    statistic: float
    rejected: bool
    memory: float
    longest_timescale: float
    frequencies: np.ndarray
    power: np.ndarray
    one_mode: np.ndarray
    alternative: np.ndarray

    @property
    def p_value(self) -> float:
        """Of one persistent mode."""
        return float(chi2.sf(self.statistic, len(_BETWEEN)))

    def time_needed(self, duration: float, power: float = 0.95) -> float:
        """How long a recording would have to be for the mode to be rejected with given power, in units of time.

        After a time T the statistic is near a non-central chi-squared of non-centrality `2 h T`, with h the rate at
        which evidence comes in, estimated from this one recording; infinite where it shows no evidence at all.

        Args:
            duration: of this recording.
            power: wanted.
        """
        freedom = len(_BETWEEN)
        evidence = self.statistic - freedom
        if evidence <= 0:
            return float("inf")
        threshold = chi2.isf(LEVEL, freedom)
        wanted = brentq(lambda centre: ncx2.sf(threshold, freedom, centre) - power, 0.1, 1e3)
        return float(wanted / evidence * duration)


def persistence(signal: np.ndarray, bin_size: float, least: float = 0.0) -> Persistence:
    """Test whether one persistent mode explains a signal, by a likelihood ratio over its whole spectrum.

    The null class has the spectra of

        one slow mode of timescale t_1 with a share of .4 to 1.1 of the autocovariance at one bin,
        + any modes, of either sign, of timescales t_1 / 10, t_1 / 20, ... down to the bin, + white noise:

    what a line attractor shows along its slowest direction, reversible or not, however it is observed and whatever
    is added to it that is ten times faster. The alternative has memory inside the gap as well, at t_1 / 1.5, t_1 / 3
    and t_1 / 6, of either sign, and any share: so it can end sooner than an exponential, as that of a feedforward
    chain does. Both are fitted by Whittle's likelihood, the first at its best t_1 up to five times the memory
    (`memory`), the second at the best within a factor of two of it. Where the null holds the statistic is near
    chi-squared with three degrees of freedom, but a little above it, since the alternative is the best of five: at a
    nominal one percent about two in a hundred line attractors of timescales 50 and 100 are rejected.
    `attractory check-recording --calibrate` counts it for every kind.

    Assumptions: stationary, Gaussian, nothing that oscillates more slowly than the bin; a slow mode seen clearly: one
    whose share of what is observed is below .4, because few neurons carry it, is rejected. It is at
    most a twentieth of the recording and a quarter of a trial slow: a slower one is fitted as one at that limit.

    Args:
        signal: centred, (trial, time).
        bin_size: in units of time.
        least: timescale that counts as persistent, in units of time; modes are tried from half of it on, and from ten
            bins, so that one that falls just short of it is not rejected.

    Raises:
        ProblemError: too short a recording for any such mode.

    >>> from numerics.recordings import record
    >>> from theory.circuits import LinearCircuit
    >>> mode = record(LinearCircuit([[1 - 1 / 50]]), samples=10_000, bin_size=1.0)
    >>> found = persistence(mode.centred()[:, :, 0], mode.bin_size)
    >>> found.rejected, 30 < found.timescale < 80
    (False, True)
    """
    trials, samples = signal.shape
    shortest, longest = max(GAP, least / bin_size / 2), longest_timescale(trials, samples)
    if longest <= 2 * shortest:
        raise ProblemError(
            f"{trials} trials of {samples} bins are too short to look for persistence: the slowest timescale they "
            f"can show is {longest:.0f} bins, and the fastest that is looked for {shortest:.0f}. Record at "
            f"least {2 * shortest / longest:.1f} times longer, in longer trials."
        )
    remembered = memory(signal, longest)
    spectrum = Periodogram.of(signal / signal.std())
    grid = np.geomspace(shortest, max(2 * shortest, min(longest, _PER_MEMORY * remembered)), _GRID)
    values = [_one_mode(spectrum, timescale).log_likelihood for timescale in grid]
    best = int(np.argmax(values))
    refined = minimize_scalar(
        lambda logarithm: -_one_mode(spectrum, np.exp(logarithm)).log_likelihood,
        bounds=np.log([grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)]]),
        method="bounded",
        options={"xatol": 0.02},
    )
    timescale = float(np.exp(refined.x)) if -refined.fun > values[best] else float(grid[best])
    null = _one_mode(spectrum, timescale)
    free = max((_within_gap(spectrum, ratio * timescale) for ratio in _NEARBY), key=lambda fit: fit.log_likelihood)
    statistic = max(0.0, 2 * (free.log_likelihood - null.log_likelihood))
    return Persistence(
        timescale=timescale * bin_size,
        statistic=statistic,
        rejected=bool(statistic > chi2.isf(LEVEL, len(_BETWEEN))),
        memory=remembered * bin_size,
        longest_timescale=float(longest * bin_size),
        frequencies=spectrum.angles / bin_size,
        power=spectrum.power,
        one_mode=null.fitted,
        alternative=free.fitted,
    )


def longest_timescale(trials: int, samples: int) -> float:
    """The slowest mode worth looking for, in bins: a twentieth of the recording, a quarter of a trial."""
    return min(trials * samples / 20, samples / 4)


def memory(signal: np.ndarray, longest: float) -> int:
    """The first lag at which the autocorrelation r is not above three standard errors, in bins.

    Bartlett: `Var r(k) = (1 + 2 sum_{j<k} r(j)^2) / samples` where there is no correlation beyond k.

    Args:
        signal: centred, (trial, time).
        longest: in bins; returned where the autocorrelation is above its error up to there.
    """
    longest = int(longest)
    r = autocorrelation(signal, longest)
    variance = (2 * np.cumsum(r**2) - 1) / signal.size
    below = r[1:] < 3 * np.sqrt(variance[:-1])
    return int(np.argmax(below)) + 1 if below.any() else longest


def _fast(timescale: float) -> list[float]:
    """Timescales a gap below one, halved down to half a bin."""
    fast = [timescale / GAP]
    while fast[-1] / 2 > 0.5:
        fast.append(fast[-1] / 2)
    return fast


def _spectra(spectrum: Periodogram, timescales) -> np.ndarray:
    white = np.ones(spectrum.power.size)
    return np.stack([spectrum.exponential(each) for each in timescales] + [white], axis=1)


def _one_mode(spectrum: Periodogram, timescale: float) -> SpectralFit:
    """The best fit of one mode and what is a gap faster, its share within bounds."""
    timescales = np.array([timescale, *_fast(timescale)])
    at_one_bin = np.append(np.exp(-1 / timescales), 0.0)
    terms = _spectra(spectrum, timescales)
    fit = whittle_fit(spectrum, terms)
    parts = fit.weights * at_one_bin
    share = parts[0] / parts.sum()
    if SHARES[0] <= share <= SHARES[1]:
        return fit
    # share s: the fast parts sum to (1 - s) / s of the slow one, which gives the weight of the first of them
    bounded = []
    for s in SHARES:
        replaced = np.delete(terms - terms[:, [1]] * at_one_bin / at_one_bin[1], 1, axis=1)
        replaced[:, 0] = terms[:, 0] + terms[:, 1] * (1 - s) / s * at_one_bin[0] / at_one_bin[1]
        bounded.append(whittle_fit(spectrum, replaced))
    return max(bounded, key=lambda fit: fit.log_likelihood)


def _within_gap(spectrum: Periodogram, timescale: float) -> SpectralFit:
    """The best fit when there may be memory inside the gap as well."""
    between = [timescale / ratio for ratio in _BETWEEN]
    return whittle_fit(spectrum, _spectra(spectrum, [timescale, *between, *_fast(timescale)]))
