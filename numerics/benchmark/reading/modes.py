"""Modes of relaxation, read from rollouts: exactly where noise cancels, from lagged covariances where it does not."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from theory.errors import ProblemError
from theory.students.student import timescale_of

_CUTS = (1e-12, 1e-6, 1e-3)  # singular values below this share of the largest are those of rounding, or of curvature
_HORIZON, _ORDER = 24, 40
_GROUPS = 8
_DIRECTIONS = 8


@dataclass(frozen=True, eq=False)
class Modes:
    """Eigenvalues over one bin, and the timescales that they mean.

    Args:
        eigenvalues: largest modulus first, (mode,), complex.
        timescales: `-bin / ln |eigenvalue|`, in units of time, (mode,); infinite without decay.
        low, high: ends of their 95% intervals, in units of time, (mode,); infinite where nothing excludes that a mode
            never decays.
        exact: whether they are read from differences in which the model's noise cancels.
    """

    eigenvalues: np.ndarray
    timescales: np.ndarray
    low: np.ndarray
    high: np.ndarray
    exact: bool


def realised_modes(deviations: np.ndarray, bin_size: float) -> Modes:
    """Modes of noise-free relaxation `y_k = sum_i a_i l_i^k`, by an eigensystem realisation over all series at once.

    Of the Hankel matrix of h successive samples, over series and starting times, the leading left singular vectors span
    the observability `(C, C A, ..., C A^{h-1})`; A is its shift. Of three numbers of singular vectors (all but
    rounding; fewer, for models that are not linear) the one is taken whose slowest eigenvalue scatters least over the
    jackknife, which leaves out groups of series. Intervals are of the jackknife, in the rate, where they may reach
    zero: a timescale that is then infinite.

    Args:
        deviations: (series, step, channel), of comparable units.
        bin_size: in units of time.

    Raises:
        ProblemError: nothing deviates.

    >>> paths = np.array([1.0, 2.0])[:, None, None] * 0.9 ** np.arange(40)[:, None] * np.ones(3)
    >>> realised_modes(paths, bin_size=1.0).timescales
    array([9.491])

    Source: Juang & Pappa, J. Guidance 8 (1985) 620; Kung 1978.
    """
    size = np.abs(deviations).max()
    if size == 0:
        raise ProblemError("no two rollouts differ, so that nothing relaxes.")
    deviations = deviations / size
    flat = deviations.reshape(-1, deviations.shape[2])
    _, sizes, directions = np.linalg.svd(flat, full_matrices=False)
    kept = sizes > _CUTS[0] * sizes[0]
    reduced = deviations @ directions[kept].T
    horizon = int(np.clip(-(-_HORIZON // reduced.shape[2]), 2, reduced.shape[1] // 2))
    columns = _hankel(reduced, horizon)  # (series, start, horizon * direction)
    groups = np.arange(len(columns)) % min(_GROUPS, len(columns))
    parts = [columns] + [columns[groups != g] for g in range(groups.max() + 1) if (groups != g).any()]
    found = [_shift_eigenvalues(part.reshape(-1, part.shape[2]), reduced.shape[2]) for part in parts]
    scatter = [np.std([values[cut][0] for values in found[1:]]) for cut in range(len(_CUTS))]
    whole, *without = (values[int(np.argmin(scatter))] for values in found)
    low, high = _jackknife(whole, without, bin_size)
    return Modes(whole, timescale_of(np.abs(whole), bin_size), low, high, exact=True)


def stationary_modes(activity: np.ndarray, bin_size: float) -> Modes:
    """Modes of noisy rollouts, by subspace identification of the directions with the longest memory.

    At most eight directions of largest autocorrelation are kept. Canonical correlations between future and past that
    chance does not make (`2.5 sqrt(numbers / samples)`) give the order. A slow mode is looked at again in longer
    bins, of a tenth of its timescale, where a step is not too short to tell it from 1. Intervals are of the jackknife
    over rollouts, and open above where they must be.

    Args:
        activity: (rollout, step, channel), of comparable units.
        bin_size: in units of time.
    """
    reduced = slowest_directions(activity, _DIRECTIONS)
    found = _identified(reduced, bin_size)
    stride = int(min(found.timescales[0] / bin_size, activity.shape[1] / 10) // 10)
    if stride < 2:
        return found
    coarse = _identified(reduced[:, ::stride], stride * bin_size)
    eigenvalues, low, high = found.eigenvalues.copy(), found.low.copy(), found.high.copy()
    times = found.timescales.copy()
    times[0], low[0], high[0] = coarse.timescales[0], coarse.low[0], coarse.high[0]
    phase = np.angle(eigenvalues[0])
    modulus = np.exp(-bin_size / times[0]) if np.isfinite(times[0]) else 1.0
    eigenvalues[0] = modulus * np.exp(1j * phase)
    if phase != 0 and len(times) > 1:  # the other of the pair
        eigenvalues[1], times[1], low[1], high[1] = eigenvalues[0].conj(), times[0], low[0], high[0]
    elif len(coarse.timescales) > 1 and coarse.timescales[1] > 3 * stride * bin_size and len(times) > 1:
        times[1], low[1], high[1] = coarse.timescales[1], coarse.low[1], coarse.high[1]
    return Modes(eigenvalues, times, low, high, exact=False)


def slowest_directions(activity: np.ndarray, number: int, lag: int = 1) -> np.ndarray:
    """Coordinates of unit variance with the largest autocorrelation at a lag, (rollout, step, coordinate).

    Args:
        activity: (rollout, step, channel).
        number: at most.
        lag: in bins.

    Source: Molgedey & Schuster, Phys. Rev. Lett. 72 (1994) 3634.
    """
    centred = activity - activity.mean(axis=(0, 1))
    flat = centred.reshape(-1, centred.shape[2])
    values, vectors = np.linalg.eigh(flat.T @ flat / len(flat))
    kept = values > 1e-10 * max(values[-1], np.finfo(float).tiny)
    white = centred @ (vectors[:, kept] / np.sqrt(values[kept]))
    late, early = white[:, lag:].reshape(-1, kept.sum()), white[:, :-lag].reshape(-1, kept.sum())
    lagged = late.T @ early / len(late)
    order = np.linalg.eigh(lagged + lagged.T)[1][:, ::-1]
    return white @ order[:, :number]


def _identified(activity: np.ndarray, bin_size: float) -> Modes:
    d = activity.shape[2]
    horizon = int(np.clip(40 // d, 3, min(20, activity.shape[1] // 4)))
    # sums of products within windows are covariances of data whatever their law: a slow mode that has not settled
    # makes lagged covariances that are of no process
    windows = np.lib.stride_tricks.sliding_window_view(activity, 2 * horizon, axis=1)
    windows = windows.transpose(0, 1, 3, 2).reshape(len(activity), -1, 2 * horizon * d)
    sums = np.stack([window.T @ window for window in np.ascontiguousarray(windows)])
    groups = np.arange(len(sums)) % min(_GROUPS, len(sums))
    order, whole = _canonical(sums.sum(axis=0), horizon, d, windows.shape[0] * windows.shape[1])
    if order == 0:  # nothing of the past is in the future
        nothing = np.zeros(1)
        return Modes(nothing.astype(complex), nothing, nothing, nothing, exact=False)
    without = [_canonical(sums[groups != g].sum(axis=0), horizon, d, order=order)[1] for g in range(groups.max() + 1)]
    low, high = _jackknife(whole, without, bin_size)
    return Modes(whole, timescale_of(np.abs(whole), bin_size), low, high, exact=False)


def _canonical(sums: np.ndarray, horizon: int, d: int, samples: int = 0, order: int = 0) -> tuple[int, np.ndarray]:
    """Order and eigenvalues from products of windows, past before future; the order is found from `samples`, or given.

    As `theory.students.Subspace`, without its stationarity.
    """
    half = horizon * d
    past, future, between = sums[:half, :half], sums[half:, half:], sums[half:, :half]
    roots = [np.linalg.cholesky(part + 1e-12 * np.trace(part) * np.eye(half)) for part in (future, past)]
    left, sizes, _ = np.linalg.svd(np.linalg.solve(roots[0], np.linalg.solve(roots[1], between.T).T))
    if samples:
        order = int(np.sum(sizes > 2.5 * np.sqrt(half / samples)))
    order = min(order, 12, half - d)
    observability = roots[0] @ left[:, :order] * np.sqrt(sizes[:order])
    propagator = np.linalg.lstsq(observability[:-d], observability[d:], rcond=None)[0]
    values = np.linalg.eigvals(propagator).astype(complex)
    return order, values[np.argsort(-np.abs(values), kind="stable")]


def _hankel(reduced: np.ndarray, horizon: int) -> np.ndarray:
    """(series, start, horizon * direction): the first starts, and later ones ever more sparsely."""
    last = reduced.shape[1] - horizon
    starts = np.unique(np.concatenate([np.arange(min(32, last + 1)), np.geomspace(1, last + 1, 64).astype(int) - 1]))
    return np.concatenate([reduced[:, starts + ahead] for ahead in range(horizon)], axis=2)


def _shift_eigenvalues(columns: np.ndarray, d: int) -> list[np.ndarray]:
    """Eigenvalues of the shift for every cut, largest modulus first."""
    right = np.linalg.qr(columns, mode="r") if len(columns) > columns.shape[1] else columns
    _, sizes, right = np.linalg.svd(right, full_matrices=False)
    found = []
    for cut in _CUTS:
        order = max(1, min(int(np.sum(sizes > cut * sizes[0])), right.shape[1] - d, _ORDER))
        observability = right[:order].T
        propagator = np.linalg.lstsq(observability[:-d], observability[d:], rcond=None)[0]
        values = np.linalg.eigvals(propagator).astype(complex)
        found.append(values[np.argsort(-np.abs(values), kind="stable")])
    return found


def _jackknife(whole: np.ndarray, without: list[np.ndarray], bin_size: float) -> tuple[np.ndarray, np.ndarray]:
    number, B = min(len(whole), *map(len, without)), len(without)
    low, high = np.zeros(len(whole)), np.full(len(whole), np.inf)
    with np.errstate(divide="ignore"):
        rate = -np.log(np.abs(whole[:number])) / bin_size
        rates = -np.log(np.abs(np.stack([values[:number] for values in without]))) / bin_size
    known = np.isfinite(rate) & np.isfinite(rates).all(axis=0)
    rate, rates = np.where(known, rate, 0.0), np.where(known, rates, 0.0)
    error = np.sqrt((B - 1) * rates.var(axis=0)) * student_t.isf(0.025, max(1, B - 1))
    error = np.maximum(error, 1e-9 * np.abs(rate))  # rounding
    for ends, side in ((low, 1), (high, -1)):
        value = rate + side * error
        ends[:number] = np.where(value > 0, 1 / np.where(value > 0, value, 1.0), np.inf)
    low[:number], high[:number] = np.where(known, low[:number], 0.0), np.where(known, high[:number], 0.0)
    return low, high
