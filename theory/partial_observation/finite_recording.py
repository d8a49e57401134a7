"""Finite recordings: how far the timescale that is read off one scatters around that of an endless one."""

from typing import NamedTuple

import numpy as np

from theory.checks import count
from theory.errors import ProblemError
from theory.students.student import regression


class Spread(NamedTuple):
    """The slowest timescale of an endless recording, and the scatter of a finite one's around it."""

    timescale: float
    """In units of time."""
    standard_deviation: float
    """In units of time, to leading order in 1 / samples."""


def timescale_spread(recorded, samples: int, longest: int) -> Spread:
    """Scatter of the slowest timescale of an autoregressive fit, from draw to draw of a recording of given length.

    The fit's eigenvalue l has left and right eigenvectors u, v. Errors of the sample covariances move it by
    `u^T (dC(1) - A dC(0)) w`, `w = C(0)^-1 v / (u^T v)`, which is the sample mean of `e_{n+1} w^T x_n` with
    `e_{n+1} = u^T x_{n+1} - l u^T x_n`: the part of the slow mode that the fit cannot predict, times what it predicts
    from. Its expectation is zero. For Gaussian activity its variance follows from pairings (Isserlis),

        samples Var(l) = sum_k R_ee(k) R_ww(k) + h(1 - k) h(1 + k),    h(j) = <e_{m+j} w^T x_m>.

    Where the fit is the truth, e is white, h(j) = 0 for j >= 1, and this is the classical `(1 - l^2) / samples` of one
    neuron. Hidden neurons colour e: then the scatter is another than the fit itself would say, larger for a partly
    seen line attractor, smaller for a chain with skips.

    Assumptions: a real slowest eigenvalue; samples many times the slowest memory there is; leading order only: the
    mean is off by a term of order 1/samples that is not counted.

    Args:
        recorded: has `lagged_covariance` and `bin_size`; a `RecordedCircuit` gives exact values.
        samples: length of the finite recording, in bins.
        longest: the sum runs over lags up to here, in bins: several times the slowest memory.

    Raises:
        ProblemError: the slowest mode oscillates, or does not decay.

    >>> from theory.circuits import LinearCircuit
    >>> from theory.partial_observation import RecordedCircuit
    >>> spread = timescale_spread(RecordedCircuit(LinearCircuit([[0.9]])), samples=10_000, longest=200)
    >>> [round(float(number), 2) for number in spread]
    [10.0, 0.47]

    Source: derived here; covariances of sample covariances are Bartlett's (1946).
    """
    samples, longest = count(samples, "samples", least=2), count(longest, "longest")
    C = recorded.lagged_covariance(range(longest + 3))
    A = regression(C[1], C[0])
    values, vectors = np.linalg.eig(A)
    slowest = int(np.argmax(np.abs(values)))
    if abs(values[slowest].imag) > 1e-9 * abs(values[slowest]) or not 0 < values[slowest].real < 1:
        raise ProblemError(
            f"the slowest eigenvalue is {values[slowest]:.4g}: it oscillates, or does not decay, and has no timescale "
            "whose scatter could be given."
        )
    rate, v = float(values[slowest].real), vectors[:, slowest].real
    left, left_vectors = np.linalg.eig(A.T)
    u = left_vectors[:, int(np.argmin(np.abs(left - values[slowest])))].real
    w = np.linalg.solve(C[0], v) / (u @ v)

    def along(first, second):  # <first.x_{n+k} second.x_n> for k = -longest-2 .. longest+2
        ahead, behind = np.einsum("i,kij,j->k", first, C, second), np.einsum("i,kij,j->k", second, C, first)
        return np.concatenate([behind[:0:-1], ahead])

    middle = longest + 2
    lags = np.arange(-longest, longest + 1)
    uu, uw, ww = along(u, u), along(u, w), along(w, w)
    R_ee = (1 + rate**2) * uu[middle + lags] - rate * (uu[middle + lags + 1] + uu[middle + lags - 1])

    def h(j):
        return uw[middle + j] - rate * uw[middle + j - 1]

    variance = float(np.sum(R_ee * ww[middle + lags] + h(1 - lags) * h(1 + lags))) / samples
    timescale = -recorded.bin_size / np.log(rate)
    steepness = recorded.bin_size / (rate * np.log(rate) ** 2)
    return Spread(float(timescale), float(steepness * np.sqrt(variance)))
