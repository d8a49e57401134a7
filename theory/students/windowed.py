"""Training over windows: what a recurrent network of any width can learn of the past from windows of given length."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count
from theory.students.student import Fit, Student, regression
from theory.students.windows import window_covariance


@dataclass(frozen=True)
class Windowed(Student):
    """The minimum of `sum_{n=1}^k <|x_n - sum_{j<n} M_j x_{n-1-j}|^2>` over M_0 to M_{k-1}.

    It is where teacher forcing of a wide linear recurrent network ends that starts each window of k bins at rest:
    `h_{n+1} = W h_n + U x_n`, `x_{n+1} = C h_{n+1}` predicts with `M_j = C W^j U`, and hidden units at least k times as
    many as neurons make the M_j free. The problem is convex. With k = 1 it is `Autoregression()`, however wide the
    network: only neurons' present is seen, and what is hidden must be explained by slow modes. Longer windows
    explain it by the past instead. The model that is reported runs on its own output, `x_n = sum_j M_j x_{n-1-j}`.

    For k > 1 this is what training determines, and *not* what a network reports. The loss does not depend on
    `M_j = C W^j U` from j = k on, and hidden units more than k times as many as neurons leave them free: with W a shift
    register over more than k bins, C = (M_0, M_1, ...) may go on as it likes. So at one and the same least loss the
    free network, `det(z - W - U C) = 0`, that is `det(I - sum_{j=0}^inf M_j z^{-j-1}) = 0`, has any slow mode, or
    none that is stable; its response to what it sees after rest is determined for k bins, and for no longer. The
    student here takes what is beyond for nothing, as a network would that is reset after k bins.

    Args:
        window: k, in bins.

    Raises:
        ProblemError: the recording does not determine the M_j.

    >>> from theory.circuits import feedforward_chain
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(feedforward_chain(20, skip=1.0), [0], bin_size=1.0)
    >>> [round(Windowed(k).fit(recorded).slowest(), 1) for k in (1, 4, 16)]
    [34.4, 10.1, 6.5]
    """

    window: int

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        k, d = count(self.window, "window"), recorded.neurons
        C = recorded.lagged_covariance(range(k + 1))
        # <x_{n-1-i} x_{n-1-j}^T> in the k - max(i, j) places of a window that have both
        left = np.arange(k, 0, -1)
        places = np.kron(np.minimum.outer(left, left), np.ones((d, d)))
        present = places * window_covariance(np.swapaxes(C, 1, 2), k)
        later = np.hstack([(k - j) * C[j + 1] for j in range(k)])
        propagator = np.vstack([regression(later, present), np.eye((k - 1) * d, k * d)])
        return Fit(propagator, recorded.bin_size, readout=None if k == 1 else np.eye(d, k * d))
