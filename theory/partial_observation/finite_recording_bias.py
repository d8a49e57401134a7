"""Finite recordings: by how much the timescale that is read off one is too short or too long in the mean."""

import warnings
from typing import NamedTuple

import numpy as np

from theory.checks import count
from theory.errors import DomainWarning
from theory.partial_observation.finite_recording import slowest_mode, timescale_spread

LEAST_TIMESCALES = 10.0  # recordings shorter than that many timescales are beyond the first order


class Bias(NamedTuple):
    """The slowest mode of an autoregressive fit of a finite recording: mean less value of an endless recording."""

    timescale: float
    """Of the timescale, in units of time."""
    eigenvalue: float
    """Of the propagator's eigenvalue over one bin."""


def timescale_bias(recorded, samples: int, longest: int, centred: bool = True) -> Bias:
    """Bias of the slowest timescale of an autoregressive fit, to leading order in 1 / samples.

    With `e_n = x_{n+1} - A x_n`, `eta = mean of e_n x_n^T`, `zeta = mean of x_n x_n^T - C(0)`, to second order

        A^ - A = eta C(0)^-1 - eta C(0)^-1 zeta C(0)^-1,        l^ - l = u^T (A^ - A) v + u^T (A^ - A) G (A^ - A) v,

    with u, v the mode's eigenvectors, w = C(0)^-1 v and G its reduced resolvent. The first order has no mean, as
    `<e x^T>` is zero. For Gaussian activity pairings (Isserlis) give the second; in `R_ab(k) = <a_{m+k} b_m^T>`, y =
    w^T x,

        samples * bias = - sum_k [u^T R_ex(k) C(0)^-1 R_xy(k) + u^T R_ey(k) tr(C(0)^-1 R_xx(k))]
                         + sum_k [R_xy(k)^T M R_ee(k)^T u + u^T R_ey(k) tr(M^T R_xe(k))],      M = C(0)^-1 G,

    the fit's own curvature and the repulsion of its modes. Subtracting the recording's mean takes `Omega / samples`,
    Omega = sum_k R_xx(k), off both covariances, which adds `-(1 - l) u^T Omega w`. For one neuron these are the
    classical `-2 l` and `-(1 + l)`. Where the fit is the truth, the sums end after a lag or two; hidden neurons
    colour e, and every lag counts. For the timescale `s(l) = -bin / ln l` the mean follows as
    `s'(l) bias + s''(l) Var(l) / 2` with the variance of `timescale_spread`: for one neuron with short bins nothing is
    left without centring, and `-2 s^2 / T` with it.

    Assumptions: as of `timescale_spread`; one record, or trials with one common mean and `samples` their total (if
    every trial's own mean is subtracted, the last term is that of a single trial). In strictness l^ >= 1 has a
    probability, exponentially small in T, and no mean timescale exists: this is the mean of its expansion, that of
    recordings without such accidents. It fails where T is some few timescales: at 7 of them, for a non-normal line
    attractor seen in part, the next order is a fifth of the bias.

    Args:
        recorded: has `lagged_covariance` and `bin_size`; a `RecordedCircuit` gives exact values.
        samples: length of the finite recording, in bins.
        longest: the sums run over lags up to here, in bins: several times the slowest memory.
        centred: whether the recording's mean is subtracted; if not, the true mean is known to be zero.

    Raises:
        ProblemError: the slowest mode oscillates, or does not decay.
        DomainWarning: (a warning) a recording of fewer than 10 timescales.

    >>> from theory.circuits import LinearCircuit
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(LinearCircuit([[0.9]]))
    >>> [round(float(number), 6) for number in timescale_bias(recorded, samples=10_000, longest=200)]
    [-0.020018, -0.000371]

    Source: derived here; one neuron is Marriott & Pope, Biometrika 41 (1954) 390, and Kendall, ibid. 403; several, all
    seen, Nicholls & Pope, Austral. J. Statist. 30A (1988) 296.
    """
    samples, longest = count(samples, "samples", least=2), count(longest, "longest")
    C = recorded.lagged_covariance(range(longest + 2))
    mode = slowest_mode(C)
    A, u, w = mode.propagator, mode.left, mode.weight
    every = np.concatenate([np.swapaxes(C[:0:-1], 1, 2), C])  # lags -longest-1 .. longest+1
    xx, after, before = every[1:-1], every[2:], every[:-2]
    xe, ex = before - xx @ A.T, after - A @ xx
    ee = xx - after @ A.T - A @ xe
    inverse = np.linalg.inv(C[0])
    M = inverse @ mode.resolvent
    xy, ue_x = xx @ w, u @ ex
    ue_y = ue_x @ w
    curvature = np.sum((ue_x @ inverse) * xy) + ue_y @ np.einsum("ij,kij->k", inverse, xx)
    repulsion = np.sum((xy @ M) * (u @ ee)) + ue_y @ np.einsum("ij,kij->k", M, xe)
    mean = (1 - mode.rate) * u @ xx.sum(axis=0) @ w if centred else 0.0
    bias = float(repulsion - curvature - mean) / samples
    spread = timescale_spread(recorded, samples, longest)
    if samples * recorded.bin_size < LEAST_TIMESCALES * spread.timescale:
        warnings.warn(
            f"the recording lasts {samples * recorded.bin_size / spread.timescale:.1f} timescales: below "
            f"{LEAST_TIMESCALES:g} its bias and spread are not those of long recordings.",
            DomainWarning,
            stacklevel=2,
        )
    logarithm = np.log(mode.rate)
    slope = recorded.bin_size / (mode.rate * logarithm**2)
    curvature_of_timescale = -slope / mode.rate * (1 + 2 / logarithm)
    variance = (spread.standard_deviation / slope) ** 2
    return Bias(float(slope * bias + curvature_of_timescale * variance / 2), bias)
