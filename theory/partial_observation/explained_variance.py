"""Explained variance: the score by which fits are usually judged, and what it cannot see."""

import numpy as np

from theory.checks import count
from theory.students.student import regression


def explained_variance(propagator: np.ndarray, recorded, steps: int) -> float:
    """R7: R^2 of predicting k bins ahead by `A^k x_n`, `1 - <|x_{n+k} - A^k x_n|^2> / <|x|^2>`.

    Expanding, `<|x_{n+k} - A^k x_n|^2> = tr C(0) - 2 tr A^k C(k)^T + tr A^k C(0) (A^k)^T`: it is a number of lagged
    covariances at lags 0 and k alone. Completing the square in any matrix M for A^k,
    `R^2(M) = R^2(C(k) C(0)^-1) - tr (M - C(k) C(0)^-1) C(0) (M - C(k) C(0)^-1)^T / tr C(0)`: what it can lose is
    weighed by variance, so that a student of wrong timescales in quiet directions keeps its R^2, and one whose
    variance is right (R1) starts at lag 0 with the right slope. Of the 20 last of 100 neurons of a literal chain no
    prediction is better than the student's, 20 bins of 1 ahead (.162 against .163). Mixed by a rotation they tell:
    .32 on average, 20 bins of .5 ahead, against .46 at best from the present and .50 from the last 8 bins.

    Args:
        propagator: A over one bin, (neuron, neuron).
        recorded: has `lagged_covariance`; a `RecordedCircuit` gives the exact value.
        steps: k.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(uncoupled(2), bin_size=1.0)
    >>> round(explained_variance(np.exp(-1.0) * np.eye(2), recorded, steps=1), 6)
    0.135335
    """
    ahead = np.linalg.matrix_power(propagator, count(steps, "steps"))
    present, later = recorded.lagged_covariance([0, steps])
    return float((2 * np.sum(ahead * later) - np.sum(ahead * (ahead @ present))) / np.trace(present))


def best_explained_variance(recorded, steps: int) -> float:
    """The largest R^2 of any linear prediction from the present, `tr C(k) C(0)^-1 C(k)^T / tr C(0)`; see above."""
    present, later = recorded.lagged_covariance([0, count(steps, "steps")])
    return float(np.sum(regression(later, present) * later) / np.trace(present))
