"""Intervals for timescales read off a finite recording, for any student."""

from typing import NamedTuple

import numpy as np
from scipy.stats import t as student_t

from numerics.recordings.blocks import Blocks
from numerics.recordings.recording import Recording
from theory.checks import count, positive
from theory.errors import ProblemError
from theory.students import Fit, Student


class TimescaleIntervals(NamedTuple):
    """Timescales of a fit, slowest first, each with the ends of its interval, in units of time, (mode,)."""

    timescales: np.ndarray
    low: np.ndarray
    high: np.ndarray
    """Infinite where the recording cannot exclude that the mode never decays."""


def timescale_intervals(
    student: Student, recording: Recording, level: float = 0.95, blocks: int = 10, modes: int = 3
) -> TimescaleIntervals:
    """Intervals for the timescales that a student would report of an endless recording, by the jackknife over blocks.

    The student is fitted anew without each of B blocks in turn. Of the decay rates r (of the fit) and r_b (without
    block b), with mean m,

        centre B r - (B - 1) m,    variance (B - 1)/B sum_b (r_b - m)^2,

    and the interval takes quantiles of t with B - 1 degrees of freedom. The centre removes the bias of order 1/T:
    finite recordings forget too fast, by about 4/T for a single neuron. The interval is symmetric in the *rate*, which
    keeps it honest where T is not long against the timescale: a lower end at or below zero becomes an infinite
    timescale. In the logarithm no end could be infinite, and of recordings of ten timescales 17 in 100 would be missed
    by intervals of 95%.

    What is covered is the timescale of an *endless* recording fitted by the same student, true of the circuit or
    invented. Trials are blocks where there are enough; stretches of time elsewhere, which should be longer than the
    slowest memory, of hidden neurons too.

    Args:
        student: any that fits lagged covariances.
        recording: what it is fitted to.
        level: probability that an interval holds its timescale.
        blocks: B. Few are long and nearly independent; many know the spread better.
        modes: how many of the slowest modes, at most.

    Raises:
        ProblemError: a level outside 0 to 1, or too few samples for the blocks.

    >>> from numerics.recordings import record
    >>> from theory.circuits import LinearCircuit
    >>> from theory.students import Autoregression
    >>> found = timescale_intervals(Autoregression(), record(LinearCircuit([[0.9]]), samples=2000, bin_size=1.0))
    >>> bool(found.low[0] < 10.0 < found.high[0])
    True

    Source: the delete-a-block jackknife, Kuensch, Ann. Statist. 17 (1989) 1217; Quenouille, Biometrika 43 (1956) 353.
    """
    level, modes = positive(level, "level"), count(modes, "modes")
    if level >= 1:
        raise ProblemError(f"level = {level:g}, but it must be below 1.")
    fit, cut = student.fit(recording), Blocks(recording, blocks)
    whole = _rates(fit, modes)
    without = np.stack([_rates(student.fit(cut.weighted(np.arange(blocks) != b)), modes) for b in range(blocks)])
    known = np.isfinite(without).all(axis=0) & np.isfinite(whole)  # a mode that is forgotten at once has no rate
    whole, without = np.where(known, whole, 0.0), np.where(known, without, 0.0)
    mean = without.mean(axis=0)
    error = np.sqrt((blocks - 1) * without.var(axis=0)) * student_t.isf((1 - level) / 2, blocks - 1)
    centre = blocks * whole - (blocks - 1) * mean
    low, high = (np.where(known, _timescale(centre + side * error), 0.0) for side in (1, -1))
    return TimescaleIntervals(fit.timescales()[: len(whole)], low, high)


def _rates(fit: Fit, modes: int) -> np.ndarray:
    """`-ln |eigenvalue|` per unit of time, negative where a mode grows."""
    with np.errstate(divide="ignore"):
        return -np.log(np.abs(fit.eigenvalues()[:modes])) / (fit.lag * fit.bin_size)


def _timescale(rates: np.ndarray) -> np.ndarray:
    return np.where(rates > 0, 1.0 / np.where(rates > 0, rates, 1.0), np.inf)
