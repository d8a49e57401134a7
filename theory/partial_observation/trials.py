"""Identifiability in short trials: how many of them tell a circuit from an impostor."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
from scipy.stats import norm

from theory.checks import count
from theory.errors import ProblemError
from theory.partial_observation.identifiability import quantile_sum
from theory.partial_observation.recorded_circuit import RecordedCircuit
from theory.students.windows import window_covariance

_MOST = 4_000


class TrialsNeeded(NamedTuple):
    """What the likelihood-ratio test makes of short trials."""

    divergence: float
    """Kullback-Leibler divergence of truth from impostor in one trial, in nats."""
    trials: float
    """How many independent trials meet both error rates; infinite where both are the same process."""


def trials_needed(
    truth: RecordedCircuit,
    impostor: RecordedCircuit,
    samples: int,
    false_alarms: float = 0.05,
    misses: float = 0.05,
) -> TrialsNeeded:
    """R6 in trials: independent stationary trials after which the likelihood-ratio test meets both error rates.

    A trial of n samples of d neurons is one Gaussian vector, of block Toeplitz covariance F under the truth and G under
    the impostor: bin, noise and length enter through them alone. With `R = G^-1 F`, of eigenvalues r,

        KL(truth | impostor) = 1/2 sum [r - 1 - ln r],        KL(impostor | truth) = 1/2 sum [1/r - 1 + ln r],

    the log-likelihood ratio `1/2 x^T (G^-1 - F^-1) x + const` has means that differ by the sum of both, and variances
    `1/2 sum (r - 1)^2` under the truth and `1/2 sum (1 - 1/r)^2` under the impostor (for a quadratic form of a Gaussian
    `Var 1/2 x^T M x = 1/2 tr (M F)^2`). Sums over N trials are near Gaussian, so

        N = [z_misses sd_truth + z_alarms sd_impostor]^2 / [KL + KL']^2.

    For long trials of two processes that are close, `N n bin` tends to `recording_time_needed` of `divergence_rate`;
    short ones need more time in all, because nothing is learnt from between trials, unless what differs is the
    equal-time covariance.

    Assumptions: trials independent and stationary from their first sample; N large enough for the central limit.

    Args:
        truth, impostor: of the same number of neurons, with the same bin.
        samples: n, in each trial; `n d` up to 4,000.
        false_alarms, misses: the error rates, between 0 and 1/2; a false alarm calls the impostor the truth.

    Raises:
        ProblemError: numbers of neurons or bins that differ, or trials that are too long to be one vector.

    >>> from theory.circuits import feedforward_chain
    >>> from theory.partial_observation import markov_impostor
    >>> chain = feedforward_chain(30)
    >>> truth = RecordedCircuit(chain, [0], bin_size=1.0)
    >>> impostor = RecordedCircuit(markov_impostor(chain, [0]), bin_size=1.0)
    >>> needed = [trials_needed(truth, impostor, samples) for samples in (20, 200)]
    >>> needed[0].trials * 20 > needed[1].trials * 200
    True

    Source: derived here; Kullback & Leibler (1951), with Isserlis' theorem for the variances.
    """
    samples = count(samples, "samples", least=2)
    quantile_sum(false_alarms, misses)  # refuses rates that are none
    if truth.neurons != impostor.neurons or truth.bin_size != impostor.bin_size:
        raise ProblemError(
            f"two recordings of the same neurons in the same bins can be told apart; got {truth.neurons} and "
            f"{impostor.neurons} neurons in bins of {truth.bin_size:g} and {impostor.bin_size:g}."
        )
    if samples * truth.neurons > _MOST:
        raise ProblemError(
            f"a trial of {samples} samples of {truth.neurons} neurons has {samples * truth.neurons} numbers, more than "
            f"{_MOST}: for trials that long use divergence_rate and recording_time_needed."
        )
    F, G = (window_covariance(each.lagged_covariance(range(samples)), samples) for each in (truth, impostor))
    r = scipy.linalg.eigh(F, G, eigvals_only=True)
    divergence, other = 0.5 * np.sum(r - 1 - np.log(r)), 0.5 * np.sum(1 / r - 1 + np.log(r))
    spreads = np.sqrt(0.5 * np.sum((r - 1) ** 2)), np.sqrt(0.5 * np.sum((1 - 1 / r) ** 2))
    if divergence + other < 1e-12 * r.size:  # rounding
        return TrialsNeeded(0.0, float("inf"))
    needed = norm.isf(misses) * spreads[0] + norm.isf(false_alarms) * spreads[1]
    return TrialsNeeded(float(divergence), float((needed / (divergence + other)) ** 2))
