"""Fits of one recording under one setting after another: a true timescale stays, an invented one moves."""

from dataclasses import dataclass

import numpy as np

from numerics.recordings.blocks import Blocks
from numerics.recordings.recording import Recording
from theory.errors import ProblemError
from theory.students import Autoregression, Subspace

_PARTS = 4
_ROOM = 160  # rows of the covariance between future and past in subspace identification


@dataclass(frozen=True, eq=False)
class Sweep:
    """The slowest timescale a fit reports under a range of settings.

    Args:
        settings: lags in bins, or orders, (setting,).
        timescales: of the whole recording, in units of time; nan where noise hides it, (setting,).
        parts: of each quarter of the recording, (quarter, setting).
    """

    settings: np.ndarray
    timescales: np.ndarray
    parts: np.ndarray

    @property
    def slowest(self) -> float:
        """The slowest of all, in units of time; 0 where none could be read."""
        return float(np.nanmax(self.timescales, initial=0.0))


def lag_sweep(recording: Recording, longest: float) -> Sweep:
    """The slowest timescale `-lag bin / ln |eigenvalue|` of the autoregression over one lag after another.

    In detailed balance it never falls with the lag: longer lags look over what is fast. That of a circuit without
    a slow mode falls once the lag passes its memory. Lags at which the largest eigenvalue is below .3, or
    within four times what noise alone makes (`sqrt(neurons / samples)`), are left out.

    Args:
        recording: to be fitted.
        longest: lag, in bins.
    """
    lags = np.unique(np.geomspace(1, max(1, longest), 12).astype(int))

    def slowest(part, share: float) -> np.ndarray:
        return np.array([_over(recording, part, share, int(lag)) for lag in lags])

    whole, *parts = _with_quarters(recording)
    return Sweep(lags, slowest(whole, 1.0), np.array([slowest(part, 1 / _PARTS) for part in parts]))


def order_sweep(recording: Recording) -> Sweep:
    """The slowest timescale of latent linear models of one order after another, by subspace identification.

    Args:
        recording: to be fitted; with many neurons the horizon is short.
    """
    horizon = int(np.clip(_ROOM // recording.neurons, 2, 20))
    horizon = min(horizon, recording.samples // (4 * _PARTS))
    orders = [order for order in (1, 2, 3, 4, 6, 8, 12, 16) if order <= (horizon - 1) * recording.neurons]

    def slowest(part, share: float) -> np.ndarray:
        return np.array([_of_order(recording, part, share, Subspace(order, horizon)) for order in orders])

    whole, *parts = _with_quarters(recording)
    return Sweep(np.array(orders), slowest(whole, 1.0), np.array([slowest(part, 1 / _PARTS) for part in parts]))


def _with_quarters(recording: Recording) -> list:
    """The recording, and quarters of its trials, or of its time where there are fewer than four trials."""
    blocks = Blocks(recording, _PARTS)
    return [blocks.weighted(weights) for weights in (np.ones(_PARTS), *np.eye(_PARTS))]


def _over(recording: Recording, part, share: float, lag: int) -> float:
    if lag >= recording.samples:
        return np.nan
    try:
        fit = Autoregression(lag).fit(part)
    except ProblemError:  # a neuron is silent in this part
        return np.nan
    size = float(np.abs(fit.eigenvalues()[0]))
    noise = 4 * np.sqrt(recording.neurons / (share * recording.trials * (recording.samples - lag)))
    return _within_reach(recording, share, fit.slowest()) if size > max(0.3, noise) else np.nan


def _of_order(recording: Recording, part, share: float, student: Subspace) -> float:
    try:
        return _within_reach(recording, share, student.fit(part).slowest())
    except ProblemError:  # of too short a piece: its covariances are not those of any process
        return np.nan


def _within_reach(recording: Recording, share: float, timescale: float) -> float:
    """A timescale slower than the record itself was not measured by it."""
    return min(timescale, recording.samples * min(1.0, share * recording.trials) * recording.bin_size)
