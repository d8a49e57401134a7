"""Stochastic subspace identification: a student with hidden states of its own."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count
from theory.errors import ProblemError
from theory.students.student import Fit, Student, square_root
from theory.students.windows import future_and_past


@dataclass(frozen=True)
class Subspace(Student):
    """A latent linear model of given order from the covariance between future and past.

    With past `p_n = (x_{n-1}, ..., x_{n-h})` and future `f_n = (x_n, ..., x_{n+h-1})`, the covariance
    `<f p^T> = O K` factors into observability `O = (C, C A, ..., C A^{h-1})` and reachability. The canonical
    correlations are the singular values of `<ff>^{-1/2} <fp> <pp>^{-1/2}`; the leading ones give O, its first block C,
    and its shift A. If that A is not stable, the shift is taken against O with a last block of zeros,
    `A = (O^T O)^-1 sum_i O_i^T O_{i+1}`, which always is: for an eigenvector v, by Cauchy and Schwarz,
    `|l| v^* O^T O v = |sum_i v^* O_i^T O_{i+1} v|` is at most the geometric mean of the sums of `|O_i v|^2` without the
    last and without the first block, and reaches `v^* O^T O v` only if all O_i v vanish.

    Args:
        order: n, number of latent states.
        horizon: h, in bins; at least so long that `h neurons` exceeds the order.

    Raises:
        ProblemError: a horizon that is too short for the order.

    >>> from theory.circuits import oscillating_circuit
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(oscillating_circuit(6, frequency=1.0, timescale=4.0), [0], bin_size=0.5)
    >>> Subspace(order=3, horizon=12).fit(recorded).timescales()[:2].round(3)
    array([4., 4.])

    Source: Van Overschee & De Moor, Automatica 29 (1993) 649; Katayama 2005, chapter 8; the stable shift is
    Maciejowski's (1995).
    """

    order: int
    horizon: int

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        order, horizon, d = count(self.order, "order"), count(self.horizon, "horizon", least=2), recorded.neurons
        if (horizon - 1) * d < order:
            raise ProblemError(
                f"order {order} needs a horizon above {order / d + 1:.3g} bins with {d} neurons; it is {horizon}."
            )
        C = recorded.lagged_covariance(range(2 * horizon))
        future, past, between = future_and_past(C, horizon)
        root, past_root = square_root(future), square_root(past)
        left, correlations, _ = np.linalg.svd(np.linalg.solve(root, np.linalg.solve(past_root, between.T).T))
        # states beyond what past and future share at all are rounding, and would take the others with them
        order = max(1, min(order, int(np.sum(correlations > 1e-10))))
        observability = root @ left[:, :order] * np.sqrt(correlations[:order])
        shifted = observability[d:]
        propagator = np.linalg.lstsq(observability[:-d], shifted, rcond=None)[0]
        if np.abs(np.linalg.eigvals(propagator)).max() >= 1:
            padded = np.vstack([shifted, np.zeros((d, order))])
            propagator = np.linalg.lstsq(observability, padded, rcond=None)[0]
        covariance = np.diag(correlations[:order])
        return Fit(propagator, recorded.bin_size, readout=observability[:d], covariance=covariance)
