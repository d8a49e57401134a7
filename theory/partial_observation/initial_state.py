"""Released circuits: how the state that trials start from decides which slow modes a student reports."""

from typing import NamedTuple

import numpy as np

from theory.checks import count, instance, positive, real_array
from theory.errors import ProblemError
from theory.linear_recursion import driven_states
from theory.partial_observation.recorded_circuit import RecordedCircuit
from theory.students.student import Fit, regression

_RANK = 1e-8  # singular values of the response below that share of the largest are rounding


class Release(NamedTuple):
    """What a student reports of a circuit released from far away: timescales slowest first, in units of time."""

    of_response: np.ndarray
    """Those it reads off the response itself, (dimension of the response,)."""
    of_fluctuations: np.ndarray
    """Those it reads off the fluctuations in all other directions, (the rest,)."""

    def slow_modes(self, slow: float) -> int:
        """How many timescales lie above `slow`, in units of time."""
        return int(np.sum(self.of_response > slow) + np.sum(self.of_fluctuations > slow))


def released_timescales(recorded: RecordedCircuit, starts, samples: int) -> Release:
    """R5: timescales of a student of many long trials that start far from rest.

    **Finite records obey R1 up to a boundary term.** By Ito's formula, `d(x x^T) = dx x^T + x dx^T + 2 I dt`, so
    maximum likelihood on one noiseless continuous record of length T, `(A - I) S_T = (1/T) int dx x^T` with S_T the
    record's own covariance, obeys exactly

        (I - A) S_T + S_T (I - A)^T = 2 I - [x(T) x(T)^T - x(0) x(0)^T] / T.

    A mode with left eigenvector u decays at `Re(1 - l) = [1 - (|u^* x(T)|^2 - |u^* x(0)|^2)/(2T)] / (u^* S_T u)`, u of
    unit norm: what starts large *in sight* is seen to decay at its true rate, however much it varies.

    **Theorem (strong starts).** Let trials start at `a z_j`, a -> infinity, with E the span of their observed
    responses `x_n = P Phi^n z_j`, and let the trials be long. Then `C(k) = a^2 D(k) + N(k)` with D from the responses,
    N from noise, and the propagator maps E into itself: there it is the least-squares fit to the responses,
    `D(1) D(0)^+`. In the quotient it is the student of the fluctuations of `Q^T x` alone, Q the complement of E.
    Proof: write `A (a^2 D(0) + N(0)) = a^2 D(1) + N(1)`. D(0), D(1) have their columns and rows in E, so
    `Q^T A = [X_E, X_Q]` obeys `X_E (a^2 D_EE + N_EE) + X_Q N_QE = N_QE(1)`, hence X_E = O(a^-2), and
    `X_Q = N_QQ(1) N_QQ(0)^-1`; on E the terms in a^2 dominate. Hence the eigenvalues are those of the two blocks.

    **For null low-rank recurrence** `g U V^T` the response is `x(t) = e^-t [z_o + g t U_o V^T z]`.

    - *Started in sight* (z_o and U_o V^T z independent, or z in span U): on E the fit is the truth, all of it fast.
      Q^T U_o has one dimension less, so the fluctuations give r - 1 slow modes, and **r - 1** are seen; r - k after
      k such starts, which are seen whole as long as 2k <= d.
    - *Started in hiding* (z_o = 0): E is the line of U_o V^T z, on which `t e^-t` rises and falls. A fit of one
      dimension takes the mean of both: `1 - l = 0`, a perfect integrator (in bins, `1/cosh(bin)`: timescale about
      2/bin). With the r - 1 of the fluctuations **r** are seen, one slower than all others.
    - Between: z_o = alpha e, g U_o V^T z = alpha ratio e give the timescale `1 + ratio + ratio^2/2` on E.
    - *From rest, or from the stationary law*, or where the mean response of equal trials is subtracted: E is empty,
      **r**.
    - *From a state that drives nothing and is not driven*: z_o is not in span U_o, which stays whole: **r**.
    - *Without noise* there are no fluctuations: k starts in sight show no slow mode at all; starts in all
      directions alike show r, since then `int S dt` is the stationary covariance again.

    So two checks that release the circuit differently find different numbers, and both are right. A finite
    start counts as strong once `int |x|^2 dt / T` exceeds the variance of the slow fluctuations; `RecordedTrials` is
    exact between.

    Args:
        recorded: the circuit, its observed neurons, bin and noise.
        starts: z_j, (neuron,) or (start, neuron).
        samples: of each trial, many times the slowest memory: the fluctuations are taken as stationary.

    >>> import numpy as np
    >>> from theory.circuits import null_low_rank
    >>> recorded = RecordedCircuit(null_low_rank(100, rank=3, gain=30.0, seed=3), range(20), bin_size=0.1)
    >>> start = np.random.default_rng(0).normal(size=100)
    >>> hidden = np.where(np.arange(100) < 20, 0.0, start)
    >>> [released_timescales(recorded, z, 1000).slow_modes(3.0) for z in (start, hidden, 0 * start)]
    [2, 3, 3]

    Source: derived here.
    """
    circuit = instance(recorded, RecordedCircuit, "recorded").circuit
    starts = np.atleast_2d(np.asarray(real_array(starts, "starts", max(1, np.ndim(starts)))))
    if starts.ndim != 2 or starts.shape[1] != circuit.neurons:
        raise ProblemError(f"starts have shape {starts.shape}; they must be (start, {circuit.neurons}).")
    propagator, _ = circuit.discretise(recorded.bin_size)
    kicks = np.zeros((len(starts), count(samples, "samples", least=2), circuit.neurons))
    response = driven_states(propagator, kicks, starts)[0][:, :, recorded.observed]
    present, later = (part.reshape(-1, recorded.neurons).T for part in (response[:, :-1], response[:, 1:]))
    present_noise, later_noise = recorded.lagged_covariance([0, 1])
    left, sizes, right = np.linalg.svd(present, full_matrices=True)
    seen = int(np.sum(sizes > _RANK * max(sizes[0], np.finfo(float).tiny)))
    E, Q = left[:, :seen], left[:, seen:]
    on_response = E.T @ later @ right[:seen].T / sizes[:seen]
    on_rest = regression(Q.T @ later_noise @ Q, Q.T @ present_noise @ Q) if Q.shape[1] else np.zeros((0, 0))
    return Release(*(Fit(block, recorded.bin_size).timescales() for block in (on_response, on_rest)))


def released_line_timescale(ratio: float) -> float:
    """Timescale read off `x(t) = e^-t (1 + ratio t)` by a fit of one dimension, `1 + ratio + ratio^2 / 2`.

    The slope of x on itself is `int x dx / int x^2 dt = -x(0)^2 / (2 int x^2)`; `2 int e^(-2t) (1 + ratio t)^2 dt` is
    the number above: 1 for what only decays, without bound for what hidden neurons drive.

    Args:
        ratio: slope over height of the part that hidden neurons drive, per single-unit time constant.

    >>> released_line_timescale(0.0), released_line_timescale(10.0)
    (1.0, 61.0)
    """
    ratio = positive(ratio, "ratio", allow_zero=True)
    return 1.0 + ratio + ratio**2 / 2
