"""Can anything in detailed balance have made this recording? Two tests that need no truth."""

import functools
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

LEVEL = 0.01
"""The error rate at which reversible explanations are rejected, half of it for each test."""
_DRAWS = 2000
_BLOCKS = 20


@dataclass(frozen=True)
class Reversibility:
    """Whether reversible explanations are rejected, and by what.

    Args:
        coherency_p_value: of the imaginary parts of the cross-spectra, all neurons together; 1 for one neuron, or
            fewer than eight samples a neuron.
        convexity_p_value: of log-convexity along the slowest direction, corrected for the steps that were tried.
        steps: of the log-convexity test, in bins; none in a short recording, (step,).
        convexity: `D_0 D_2 - D_1^2` in standard errors at each step; reversible dynamics have none below 0, (step,).
    """

    coherency_p_value: float
    convexity_p_value: float
    steps: np.ndarray
    convexity: np.ndarray

    @property
    def rejected(self) -> bool:
        """Whether either test rejects reversible explanations, at one percent for both together."""
        return min(self.coherency_p_value, self.convexity_p_value) < LEVEL / 2


def reversibility(activity: np.ndarray, signal: np.ndarray, longest: float, seed: int = 0) -> Reversibility:
    """Test whether a process in detailed balance, linear or not, could have made the recording.

    In detailed balance `<x(t) x(0)^T>` is symmetric, so every cross-spectrum is real, and every autocovariance is a
    positive sum of decaying exponentials. Two tests follow.

    - *Imaginary coherency.* In each band of frequencies, with n ordinates and d neurons, the averaged periodogram
      matrix is near a complex Wishart matrix R + iM around a real one. `|R^-1/2 M R^-1/2|^2` is unchanged when
      neurons are mixed by any real matrix, so its law under detailed balance depends on n and d alone: it is drawn
      (Bartlett's decomposition) and summed over bands.
    - *Log-convexity* (R9) of `D_j = C(1 + j m) - C(1 + (j + 1) m)`, j = 0, 1, 2, for steps m: a positive sum of
      exponentials as C is, but the mean that was subtracted cancels. `D_0 D_2 >= D_1^2`; tested with a
      jackknife over twenty blocks of time, at its worst step, corrected for their number.

    A rejection says *not reversible*, nothing about memory: a non-normal line attractor is rejected too. Signals
    filtered differently in different neurons (calcium), delays between neurons, drift and oscillations reject as well.

    Args:
        activity: centred, (trial, time, neuron).
        signal: the slowest direction, centred, (trial, time).
        longest: lags up to here are used, in bins.
        seed: of the draws.
    """
    steps, values = _log_convexity(signal, longest)
    worst = float(values.min(initial=np.inf))
    p_value = min(1.0, values.size * float(student_t.cdf(worst, _BLOCKS - 1))) if values.size else 1.0
    return Reversibility(_coherency(activity, seed), p_value, steps, values)


def _coherency(activity: np.ndarray, seed: int) -> float:
    trials, samples, neurons = activity.shape
    if neurons == 1:
        return 1.0
    ordinates = (samples - 1) // 2
    bands = _bands(ordinates, least=int(np.ceil(4 * neurons / trials)))
    if not bands:
        return 1.0
    transformed = np.fft.rfft(activity, axis=1)[:, 1 : ordinates + 1]
    statistic = 0.0
    for first, last in bands:
        values = transformed[:, first:last].reshape(-1, neurons)
        statistic += float(_imbalance((values.T @ values.conj())[None], len(values))[0])
    drawn = _drawn(neurons, tuple(trials * (last - first) for first, last in bands), seed)
    return float((1 + np.sum(drawn >= statistic)) / (1 + _DRAWS))


@functools.lru_cache(maxsize=8)
def _drawn(neurons: int, ordinates: tuple[int, ...], seed: int) -> np.ndarray:
    """The statistic in detailed balance, summed over bands, (draw,)."""
    random = np.random.default_rng(seed)
    return sum(_imbalance(_wishart(random, neurons, number), number) for number in ordinates)


def _bands(ordinates: int, least: int) -> list[tuple[int, int]]:
    """Bands of at least so many ordinates, and from there a third wider than the one before."""
    edges = [0]
    while edges[-1] + max(least, edges[-1] // 3) <= ordinates:
        edges.append(edges[-1] + max(least, edges[-1] // 3))
    return list(zip(edges[:-1], edges[1:], strict=True))


def _imbalance(matrices: np.ndarray, ordinates: int) -> np.ndarray:
    """`n |R^-1/2 M R^-1/2|^2`: near chi-squared with d (d - 1) / 2 degrees of freedom for large n, (draw,)."""
    ratio = np.linalg.solve(matrices.real, matrices.imag)
    return -ordinates * np.einsum("nij,nji->n", ratio, ratio)


def _wishart(random: np.random.Generator, size: int, freedom: int) -> np.ndarray:
    """Complex Wishart matrices of unit scale, by Bartlett's decomposition, (draw, size, size)."""
    lower = random.normal(size=(_DRAWS, size, size, 2)) @ np.array([1.0, 1.0j]) / np.sqrt(2)
    lower = np.tril(lower, -1)
    lower[:, np.arange(size), np.arange(size)] = np.sqrt(random.gamma(freedom - np.arange(size), size=(_DRAWS, size)))
    return lower @ lower.conj().transpose(0, 2, 1)


def _log_convexity(signal: np.ndarray, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and `D_0 D_2 - D_1^2` in standard errors at each."""
    if longest < 6 or signal.size < 40 * _BLOCKS:
        return np.empty(0, int), np.empty(0)
    steps = np.unique(np.geomspace(1, int(longest) // 3, 10).astype(int))
    blocks = np.array_split(signal, _BLOCKS) if len(signal) >= _BLOCKS else np.array_split(signal, _BLOCKS, axis=1)
    lags = 1 + np.arange(4)[:, None] * steps
    sums = np.array([_products(block, lags) for block in blocks])  # (block, 2, j, step)
    total = sums.sum(axis=0)
    spread = np.sqrt((_BLOCKS - 1) * _excess(total - sums).var(axis=0))  # the jackknife's
    return steps, _excess(total) / np.where(spread > 0, spread, np.inf)


def _products(block: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Sums of products over pairs within a block, and the number of pairs, (2, j, step)."""
    samples = block.shape[1]
    power = np.abs(np.fft.rfft(block, 2 * samples, axis=1)) ** 2
    sums = np.fft.irfft(power.sum(axis=0))
    inside = lags < samples
    pairs = len(block) * np.clip(samples - lags, 0, None)
    return np.stack([np.where(inside, sums[np.minimum(lags, samples - 1)], 0.0), pairs])


def _excess(sums: np.ndarray) -> np.ndarray:
    """`D_0 D_2 - D_1^2` from sums and numbers of pairs, (..., step)."""
    C = sums[..., 0, :, :] / np.maximum(sums[..., 1, :, :], 1)
    D = C[..., :-1, :] - C[..., 1:, :]
    return D[..., 0, :] * D[..., 2, :] - D[..., 1, :] ** 2
