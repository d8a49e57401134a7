"""Spectra of a scalar signal: its periodogram in bands, and sums of exponential memories fitted to it."""

import functools
from dataclasses import dataclass

import numpy as np

_BANDS = 250
_STEPS = 60


@dataclass(frozen=True, eq=False)
class Periodogram:
    """The periodogram `|sum_n x_n exp(-i w n)|^2 / samples` of a signal, averaged over trials and in bands.

    The bands are equally wide in the logarithm of the frequency, so that slow memory keeps its resolution and fast
    noise costs little. Zero frequency is left out: a mean that was subtracted has no say.

    Args:
        power: mean of the ordinates in each band, (band,).
        ordinates: how many there are in each band, in all trials together, (band,).
        first: index of the first Fourier frequency of each band, (band,).
        samples: in each trial.
    """

    power: np.ndarray
    ordinates: np.ndarray
    first: np.ndarray
    samples: int

    @classmethod
    def of(cls, signal: np.ndarray) -> "Periodogram":
        """The periodogram of a signal, (trial, time)."""
        trials, samples = signal.shape
        power = (np.abs(np.fft.rfft(signal, axis=1)) ** 2 / samples).mean(axis=0)[1 : (samples + 1) // 2]
        edges = np.geomspace(1, power.size + 1, _BANDS + 1)
        first = np.unique(np.clip(np.floor(edges[:-1]).astype(int), 1, power.size))
        ordinates = np.diff(np.append(first, power.size + 1))
        return cls(np.add.reduceat(power, first - 1) / ordinates, trials * ordinates, first, samples)

    def exponential(self, timescale: float) -> np.ndarray:
        """Expectation of the periodogram for an autocovariance `exp(-lag / timescale)`, in each band, (band,).

        `sum_k (1 - |k| / n) p^|k| exp(-i k w) = 2 Re[1 / (1 - z) - z (1 - p^n) / (n (1 - z)^2)] - 1`, with
        `p = exp(-1 / timescale)`, `z = p exp(-i w)` and n samples: exact at Fourier frequencies, leakage included.

        Args:
            timescale: in bins.
        """
        decay = np.exp(-1.0 / timescale)
        z = decay * self._phases
        lost = z * (1 - decay**self.samples) / (self.samples * (1 - z) ** 2)
        value = 2 * (1 / (1 - z) - lost).real - 1
        return np.add.reduceat(value, self.first - 1) / np.diff(np.append(self.first, self._phases.size + 1))

    @property
    def angles(self) -> np.ndarray:
        """Mean frequency of each band, in radians per bin, (band,)."""
        last = np.append(self.first[1:], (self.samples + 1) // 2) - 1
        return np.pi * (self.first + last) / self.samples

    @functools.cached_property
    def _phases(self) -> np.ndarray:
        frequencies = np.arange(1, (self.samples + 1) // 2)
        return np.exp(-2j * np.pi * frequencies / self.samples)


@dataclass(frozen=True, eq=False)
class SpectralFit:
    """A sum of given spectra fitted to a periodogram.

    Args:
        weights: of the spectra, of either sign, (term,).
        fitted: their sum, (band,).
        log_likelihood: Whittle's, in nats, without the constant that all fits share.
    """

    weights: np.ndarray
    fitted: np.ndarray
    log_likelihood: float


def whittle_fit(periodogram: Periodogram, spectra: np.ndarray) -> SpectralFit:
    """The maximum of Whittle's likelihood `-sum_b n_b [ln f_b + P_b / f_b]` over sums of spectra `f = spectra w`.

    Weights may be negative (memories of circuits that are not reversible are not sums of decaying parts), f may not.
    By Fisher scoring, which is least squares weighted by `n_b / f_b^2`, with halved steps where the likelihood falls;
    it starts from positive weights of those spectra that are positive, found by multiplicative steps.

    Args:
        periodogram: in bands.
        spectra: (band, term).
    """
    n, P = periodogram.ordinates, periodogram.power
    scale = np.sqrt(np.mean(spectra**2, axis=0))
    terms = spectra / scale
    positive = np.all(terms > 0, axis=0)
    w = positive / positive.sum()
    for _ in range(_STEPS):  # each raises the likelihood, as in factorising a spectrogram (Fevotte et al. 2009)
        f = terms @ w
        w[positive] *= np.sqrt(((n * P / f**2) @ terms[:, positive]) / ((n / f) @ terms[:, positive]))
    value = _likelihood(n, P, terms @ w)
    for _ in range(_STEPS):
        f = terms @ w
        weight = np.sqrt(n) / f
        step = np.linalg.lstsq(terms * weight[:, None], (P - f) * weight, rcond=1e-12)[0]
        size = 1.0
        while size > 1e-6:
            new = _likelihood(n, P, terms @ (w + size * step))
            if new > value:
                break
            size /= 2
        else:
            break
        w, gain, value = w + size * step, new - value, new
        if gain < 1e-6:
            break
    return SpectralFit(w / scale, terms @ w, float(value))


def _likelihood(n: np.ndarray, P: np.ndarray, f: np.ndarray) -> float:
    return -float(np.sum(n * (np.log(f) + P / f))) if np.all(f > 0) else -np.inf


def autocorrelation(signal: np.ndarray, longest: int) -> np.ndarray:
    """Autocorrelation of a centred signal at lags 0 to `longest`, averaged over trials, (lag,).

    Sums over the pairs within a trial, divided by the number of samples, so that it is a positive function.

    Args:
        signal: (trial, time).
        longest: in bins.
    """
    samples = signal.shape[1]
    power = np.abs(np.fft.rfft(signal, 2 * samples, axis=1)) ** 2
    covariance = np.fft.irfft(power.mean(axis=0))[: longest + 1]
    return covariance / covariance[0]
