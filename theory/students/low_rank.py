"""Low-rank student: a leak and a recurrence of few dimensions, by reduced-rank regression."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count, positive
from theory.errors import ProblemError
from theory.students.student import Fit, Student, regression, square_root


@dataclass(frozen=True)
class LowRank(Student):
    """The best propagator `A = c I + M` with M of rank r: what a low-rank network makes of its neurons, one bin ahead.

    Neurons that leak with time constant tau and are coupled through `M' N'^T` of rank r have the propagator
    `exp((M' N'^T - I) bin / tau) = exp(-bin / tau) (I + rank r)` at *any* bin size, so `c = exp(-bin / tau)` loses
    nothing. Without a leak, c = 0, and every mode but r is forgotten within a bin.

    The one-step error is that of the unrestricted `A_1 = C(1) C(0)^-1` plus `tr (M - M_1) C(0) (M - M_1)^T`,
    `M_1 = A_1 - c I`. In the coordinates `M C(0)^(1/2)` this is a distance, whose nearest matrix of rank r keeps the
    r leading singular vectors (Eckart & Young): with those on the left called U, `M = U U^T M_1`. So loud directions
    are kept, predictable or not. Weighted by the inverse covariance G of what A_1 leaves over, `M_1` is replaced by
    `G^(-1/2) M_1` and back: then `ln det` of the error's covariance is minimal too, which is maximum likelihood.

    Args:
        rank: r, at most the number of neurons.
        time_constant: tau of the leak, in units of time; None for no leak.
        weighted: maximum likelihood under noise of unknown covariance, not least squares.

    Raises:
        ProblemError: a rank above the number of neurons.

    >>> from theory.circuits import symmetric_line_attractor
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(symmetric_line_attractor(10, slow=100.0, fast=1.0), bin_size=0.5)
    >>> LowRank(rank=1, time_constant=1.0).fit(recorded).timescales()[:3].round(6)
    array([100.,   1.,   1.])

    Source: Izenman, J. Multivariate Anal. 5 (1975) 248; low-rank networks as in Mastrogiuseppe & Ostojic, Neuron 99
    (2018) 609.
    """

    rank: int
    time_constant: float | None = None
    weighted: bool = False

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        rank, leak = count(self.rank, "rank"), 0.0
        if rank > recorded.neurons:
            raise ProblemError(f"rank {rank} is above the number of neurons, {recorded.neurons}.")
        if self.time_constant is not None:
            leak = float(np.exp(-recorded.bin_size / positive(self.time_constant, "time_constant")))
        present, later = recorded.lagged_covariance([0, 1])
        best = regression(later, present)
        left_over = present - best @ later.T
        weight = square_root(left_over) if self.weighted else np.eye(len(present))
        coupling = best - leak * np.eye(len(present))
        scaled = np.linalg.solve(weight, coupling)
        directions = np.linalg.svd(scaled @ square_root(present))[0][:, :rank]
        propagator = leak * np.eye(len(present)) + weight @ directions @ (directions.T @ scaled)
        error = (propagator - best) @ present @ (propagator - best).T
        return Fit(propagator, recorded.bin_size, covariance=present, process_noise=left_over + error)
