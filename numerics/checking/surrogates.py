"""Surrogate signals: Gaussian, stationary, with a given autocorrelation, as long as the recording."""

import numpy as np
from scipy.fft import irfft

from numerics.checking.spectrum import autocorrelation
from theory.errors import ProblemError


def surrogate_autocorrelations(
    autocorrelation: np.ndarray, trials: int, samples: int, lags: np.ndarray, number: int, seed: int
) -> np.ndarray:
    """Sample autocorrelations of Gaussian signals that truly have the one given, (surrogate, lag).

    Signals are drawn exactly by embedding their covariance in a circulant matrix (Davies & Harte 1987), and their
    mean over all trials is subtracted as a recording's is.

    Args:
        autocorrelation: at 0, 1, ... bins, 1 at lag 0, (lag,); zero beyond its end.
        trials, samples: of the recording.
        lags: at which it is wanted, in bins, (lag,).
        number: of surrogates.
        seed: of the draws.

    Raises:
        ProblemError: no process has that autocorrelation.

    >>> r = np.exp(-np.arange(400) / 10.0)
    >>> found = surrogate_autocorrelations(r, 1, 20_000, np.array([10]), number=20, seed=0)
    >>> bool(abs(found.mean() - np.exp(-1)) < 0.02)
    True
    """
    power = spectrum_of(autocorrelation, 2 * max(samples, autocorrelation.size))
    random, length = np.random.default_rng(seed), power.size
    size = np.sqrt(power[: length // 2 + 1] * length)
    size[1:-1] /= np.sqrt(2)  # the frequencies between have a real and an imaginary part
    found = np.empty((number, len(lags)))
    for draw in range(number):
        noise = random.normal(size=(trials, 2 * size.size)).view(complex)
        signals = irfft(size * noise, length, axis=1)[:, :samples]
        found[draw] = sample_autocorrelation(signals - signals.mean(), lags)
    return found


def sample_autocorrelation(signals: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """`mean y_{n+k} y_n / mean y_n^2` of centred real signals, means over the pairs that there are, (lag,).

    Args:
        signals: (trial, time).
        lags: k, in bins, (lag,).
    """
    samples = signals.shape[1]
    return autocorrelation(signals, int(max(lags)))[lags] * samples / (samples - lags)


def spectrum_of(autocorrelation: np.ndarray, length: int) -> np.ndarray:
    """Eigenvalues of the circulant matrix of at least that length, a power of two, (frequency,).

    Args:
        autocorrelation: at 0, 1, ... bins.
        length: at least twice what is to be drawn.
    """
    length = 2 ** int(np.ceil(np.log2(max(length, 2 * autocorrelation.size))))
    row = np.zeros(length)
    row[: autocorrelation.size] = autocorrelation
    row[length - autocorrelation.size + 1 :] = autocorrelation[:0:-1]
    power = np.fft.fft(row).real
    if power.min() < -1e-6 * power.max():
        raise ProblemError(f"no process has this autocorrelation: its spectrum falls to {power.min():.2g}.")
    return np.clip(power, 0.0, None)
