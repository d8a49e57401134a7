"""Teacher-forced gradient training, stopped at a training time."""

from dataclasses import dataclass

import numpy as np

from theory.checks import positive
from theory.students.student import Fit, Student, regression


@dataclass(frozen=True)
class TeacherForced(Student):
    """Gradient flow on the one-step error `1/2 <|x_{n+1} - A x_n|^2>` from `A = start I`, stopped at training time s.

    `dA/ds = C(1) - A C(0)`, so `A(s) = A_inf + (start I - A_inf) exp(-C(0) s)`: each principal direction of the
    recorded activity is learned at the rate of its variance. Early stopping regularises the quiet directions.

    Args:
        training_time: s, in units of 1 / variance.
        start: multiple of the identity that training starts from.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(uncoupled(2), [0], bin_size=1.0)
    >>> TeacherForced(training_time=1.0).fit(recorded).propagator
    array([[0.23254416]])

    Source: after the linear analysis of Saxe, McClelland & Ganguli, arXiv 1312.6120.
    """

    training_time: float
    start: float = 0.0

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        time = positive(self.training_time, "training_time", allow_zero=True)
        present, later = recorded.lagged_covariance([0, 1])
        best = regression(later, present)
        variances, directions = np.linalg.eigh(present)
        remaining = (directions * np.exp(-variances * time)) @ directions.T
        start = float(self.start) * np.eye(len(best))
        return Fit(best + (start - best) @ remaining, recorded.bin_size, covariance=present)
