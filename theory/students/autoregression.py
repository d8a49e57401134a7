"""Autoregression: one-step teacher forcing to the end, with or without a ridge."""

from dataclasses import dataclass

from theory.checks import count, positive
from theory.students.student import Fit, Student, regression


@dataclass(frozen=True)
class Autoregression(Student):
    """`A = C(k) (C(0) + ridge I)^-1`: the least-squares, or MAP, network of the recorded neurons over k bins.

    The ridge is the prior's variance ratio: noise variance over prior variance of a weight, over the number of
    samples. A lag k > 1 looks over what is fast: in detailed balance the slowest timescale never falls with k.

    Args:
        lag: k, in bins.
        ridge: as a variance.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> round(Autoregression().fit(RecordedCircuit(uncoupled(3), [0, 1], 0.5)).slowest(), 6)
    1.0

    Source: the MAP student of Qian et al., NeurIPS 2024, in bins.
    """

    lag: int = 1
    ridge: float = 0.0

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        lag = count(self.lag, "lag")
        present, later = recorded.lagged_covariance([0, lag])
        ridge = positive(self.ridge, "ridge", allow_zero=True)
        A = regression(later, present, ridge)
        left_over = present - A @ later.T - later @ A.T + A @ present @ A.T if lag == 1 else None
        return Fit(A, recorded.bin_size, lag, covariance=present, process_noise=left_over)
