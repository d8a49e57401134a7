"""Other fits of the same recording, of its halves and over other lags."""

from dataclasses import dataclass

import numpy as np

from numerics.recordings import Blocks, Recording
from theory.errors import ProblemError
from theory.students import Autoregression, Subspace


@dataclass(frozen=True, eq=False)
class Refit:
    """The slowest timescale that another fit of the same recording reports, in units of time; NaN where it fails."""

    name: str
    timescale: float


def refits(recording: Recording) -> tuple[Refit, ...]:
    """Regressions over one bin, of all and of each half, and a fit with latent states.

    Args:
        recording: that was fitted.
    """
    whole, first, second = _with_halves(recording)
    order = min(recording.neurons, 10)
    horizon = max(2, min(200 // recording.neurons, recording.samples // 20))
    return (
        Refit("regression over one bin", _slowest(Autoregression(), whole)),
        Refit("the same, first half", _slowest(Autoregression(), first)),
        Refit("the same, second half", _slowest(Autoregression(), second)),
        Refit(f"{order} latent states, subspace identification", _slowest(Subspace(order, horizon), whole)),
    )


def lag_refits(recording: Recording, lags: np.ndarray) -> np.ndarray:
    """The slowest timescale of regressions over these lags, for the whole recording and its halves, (3, lag).

    Args:
        recording: that was fitted.
        lags: in bins, (lag,).
    """
    parts = _with_halves(recording)
    return np.array([[_slowest(Autoregression(lag=int(k)), part) for k in lags] for part in parts])


def _with_halves(recording: Recording) -> list:
    blocks = Blocks(recording, 2)
    return [blocks.weighted(weights) for weights in ([1, 1], [1, 0], [0, 1])]


def _slowest(student, recorded) -> float:
    try:
        return student.fit(recorded).slowest()
    except ProblemError:  # too little data for this fit, or a neuron that is silent: it has nothing to say
        return float("nan")
