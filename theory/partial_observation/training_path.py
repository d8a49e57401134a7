"""Training time as a regulariser: which slow mode a network has while teacher forcing is still under way."""

import numpy as np
import xarray as xr
from scipy.optimize import brentq, linear_sum_assignment

from theory.checks import positive, real_array
from theory.students.student import regression, timescale_of
from theory.students.teacher_forced import TeacherForced


def training_path(recorded, training_times, start: float = 0.0) -> xr.Dataset:
    """The modes of a teacher-forced network over training time, each followed from the end of training back.

    `A(s) = A + (start I - A) exp(-C(0) s)` learns principal direction i of the activity, of variance v_i, at rate v_i:
    with `start` 0, `A(s) = A P(s)` with `P(s) = I - exp(-C(0) s)`, whose eigenvalues, the learned fractions, are
    `1 - exp(-v_i s)`. Two limits:

    - early, `s v_i` well below 1: `A(s) = s C(1)`. The network's modes are those of the lagged covariance, not of the
      fit; the first to appear is loud *and* lasting.
    - where C(0) and C(1) commute (a recorded symmetric line attractor is one), the modes are the principal directions
      and keep their order: `l_i(s) = l_i (1 - exp(-v_i s))`. Stopping early can hide a slow mode, never make one.

    In general the directions do not commute and early stopping can make modes slower than any of the fit: what a
    quiet direction would correct is not learned yet. `slowest` over its last value is that excess.

    Args:
        recorded: has `lagged_covariance` and `bin_size`.
        training_times: s, increasing, in units of 1 / variance, (training_time,).
        start: multiple of the identity that training starts from.

    Returns:
        `eigenvalue` (training_time, mode), complex, mode 0 the slowest at the end of training; `timescale` of the same
        shape; `slowest` (training_time) over all modes; `learned` (training_time, direction) with `variance`
        (direction), loudest first.

    >>> from theory.circuits import symmetric_line_attractor
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(symmetric_line_attractor(20, slow=100.0), range(10))
    >>> path = training_path(recorded, [0.01, 0.1, 100.0])
    >>> bool(np.all(np.diff(path.slowest) > 0))
    True

    Source: derived here, after the linear analysis of Saxe, McClelland & Ganguli, arXiv 1312.6120.
    """
    times = np.asarray(real_array(training_times, "training_times", 1))
    variances = np.linalg.eigvalsh(recorded.lagged_covariance([0])[0])[::-1]
    fits = [TeacherForced(float(time), start).fit(recorded) for time in times]
    values = np.empty((times.size, recorded.neurons), complex)
    values[-1] = fits[-1].eigenvalues()
    for i in range(times.size - 2, -1, -1):
        values[i] = _followed(values[i + 1], fits[i].eigenvalues())
    timescales = timescale_of(np.abs(values), recorded.bin_size)
    return xr.Dataset(
        {
            "eigenvalue": (("training_time", "mode"), values),
            "timescale": (("training_time", "mode"), timescales),
            "slowest": ("training_time", timescales.max(1)),
            "learned": (("training_time", "direction"), -np.expm1(-np.outer(times, variances))),
            "variance": ("direction", variances),
        },
        coords={"training_time": times},
    )


def _followed(behind: np.ndarray, values: np.ndarray) -> np.ndarray:
    _, order = linear_sum_assignment(np.abs(behind[:, None] - values[None, :]))
    return values[order]


def training_time_of_slow_mode(recorded, timescale: float, start: float = 0.0) -> float:
    """The training time at which a teacher-forced network first has a mode that lasts as long as that.

    Args:
        recorded: has `lagged_covariance` and `bin_size`.
        timescale: in units of time.
        start: multiple of the identity that training starts from.

    Returns:
        In units of 1 / variance; 0 if it starts with one, infinite if it never has one. The slowest mode is watched at
        200 training times between a hundredth of the loudest direction's and a hundred times the quietest's, and at
        one long before, so a mode that comes and goes between two of them is not seen.

    >>> from theory.circuits import symmetric_line_attractor
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(symmetric_line_attractor(20, slow=100.0), range(10))
    >>> 0 < training_time_of_slow_mode(recorded, 20.0) < training_time_of_slow_mode(recorded, 40.0) < 1
    True
    >>> training_time_of_slow_mode(recorded, 100.0)
    inf
    """
    present, later = recorded.lagged_covariance([0, 1])
    best = regression(later, present)
    variances, directions = np.linalg.eigh(present)
    size = np.exp(-recorded.bin_size / positive(timescale, "timescale"))

    def excess(logarithm):
        unlearned = (directions * np.exp(-variances * np.exp(logarithm))) @ directions.T
        recurrence = best + (float(start) * np.eye(len(best)) - best) @ unlearned
        return np.abs(np.linalg.eigvals(recurrence)).max() - size

    if abs(float(start)) >= size:
        return 0.0
    logarithms = np.linspace(np.log(0.01 / variances[-1]), np.log(100 / variances[0]), 200)
    logarithms = np.append(logarithms[0] - 50.0, logarithms)  # nothing is learned yet
    heights = np.array([excess(logarithm) for logarithm in logarithms])
    above = np.flatnonzero(heights >= 0)
    if above.size == 0:
        return float("inf")
    return float(np.exp(brentq(excess, logarithms[above[0] - 1], logarithms[above[0]], xtol=1e-12)))
