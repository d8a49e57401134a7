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


class SlowestMode(NamedTuple):
    """The slowest mode of an autoregressive fit of an endless recording."""

    rate: float
    """Its eigenvalue l, per bin."""
    left: np.ndarray
    """u, with u^T v = 1, (neuron,)."""
    weight: np.ndarray
    """`w = C(0)^-1 v`: the mode's prediction is from w^T x, (neuron,)."""
    resolvent: np.ndarray
    """`G = sum over the other modes of v_j u_j^T / (l - l_j)`, (neuron, neuron)."""
    propagator: np.ndarray
    """A, (neuron, neuron)."""


def slowest_mode(covariances: np.ndarray) -> SlowestMode:
    """The slowest mode of `A = C(1) C(0)^-1`, or a ProblemError where it oscillates or does not decay.

    Args:
        covariances: C(0), C(1), ..., (lag, neuron, neuron).
    """
    A = regression(covariances[1], covariances[0])
    values, vectors = np.linalg.eig(A)
    slowest = int(np.argmax(np.abs(values)))
    rate = values[slowest]
    if abs(rate.imag) > 1e-9 * abs(rate) or not 0 < rate.real < 1:
        raise ProblemError(
            f"the slowest eigenvalue is {rate:.4g}: it oscillates, or does not decay, and has no timescale "
            "whose scatter could be given."
        )
    left = np.linalg.inv(vectors)
    others = np.arange(len(values)) != slowest
    resolvent = (vectors[:, others] / (rate - values[others])) @ left[others]
    weight = np.linalg.solve(covariances[0], vectors[:, slowest].real)
    return SlowestMode(float(rate.real), left[slowest].real, weight, resolvent.real, A)


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

    Assumptions: a real slowest eigenvalue; samples many times the slowest memory there is; leading order only. By how
    much the mean is off is `timescale_bias`.

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
    mode = slowest_mode(C)
    rate, u, w = mode.rate, mode.left, mode.weight

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
