"""Identifiability: how long one must record to tell a circuit from the best network of its observed neurons."""

import numpy as np
from scipy.stats import norm

from theory.checks import instance, positive
from theory.circuits import LinearCircuit
from theory.circuits.noise import common_level
from theory.errors import ProblemError
from theory.partial_observation.known_from_past import known_from_past
from theory.partial_observation.markov_student import markov_student, observed_neurons
from theory.partial_observation.recorded_circuit import RecordedCircuit


def markov_impostor(circuit: LinearCircuit, observed) -> LinearCircuit:
    """The Markov student as a circuit of its own: d neurons with the same equal-time covariance as those observed.

    Its label in `truth` is left open: that it may have a slow mode where the circuit has none is what makes it
    an impostor.

    Args:
        circuit: the truth, with noise that is the same and independent for all neurons.
        observed: indices of the recorded neurons.

    Raises:
        ProblemError: noise that differs between neurons or is shared.

    >>> from theory.circuits import feedforward_chain
    >>> chain = feedforward_chain(50)
    >>> impostor = markov_impostor(chain, [0, 1])
    >>> bool(np.allclose(impostor.covariance(), chain.covariance()[:2, :2]))
    True
    """
    student = markov_student(circuit, observed)
    return LinearCircuit(
        student.recurrence,
        common_level(circuit.noise),
        circuit.time_constant,
        name=f"Markov impostor of {circuit.name}",
    )


def markov_divergence_rate(circuit: LinearCircuit, observed) -> float:
    """R6: Kullback-Leibler rate between a circuit and its Markov student, in nats per single-unit time constant.

    `h = tr[B_oh (S_(h|o) - Pi) B_oh^T] / (4 noise)` for a noiseless continuous record: both drive x with the same
    noise, so by Girsanov's theorem the rate is half the mean square of the difference between their drifts, in
    units of the noise's `2 noise`. The truth's drift given the past is `B_oo x + B_oh <h | past>`, the student's
    `B_oo x + B_oh <h | x>`; the variance of the difference of these conditional means is that of h given x,
    S_(h|o), less that of h given the whole past, Pi: see `known_from_past`, which gives a factor of the difference.

    Args:
        circuit: the truth, with noise that is the same and independent for all neurons.
        observed: indices of the recorded neurons.

    Raises:
        ProblemError: noise that differs between neurons or is shared.

    >>> from theory.circuits import feedforward_chain
    >>> round(markov_divergence_rate(feedforward_chain(100), [0]) * 10, 5)
    0.00577

    Source: derived here.
    """
    instance(circuit, LinearCircuit, "circuit")
    observed = observed_neurons(circuit, observed)
    hidden = np.setdiff1d(np.arange(circuit.neurons), observed)
    if hidden.size == 0:
        return 0.0
    known = circuit.recurrence[np.ix_(observed, hidden)] @ known_from_past(circuit, observed)
    return float(np.sum(known**2) / (4 * common_level(circuit.noise)))


def divergence_rate(truth: RecordedCircuit, impostor: RecordedCircuit, relative_error: float = 1e-6) -> float:
    """Kullback-Leibler rate between two recordings, in nats per sample, under their own bins and noise.

    `h = 1/(4 pi) int_-pi^pi [tr(f g^-1) - ln det(f g^-1) - d] dw` with f and g the spectra of truth and impostor
    (Itakura & Saito). The sum over equally spaced angles that stands for the integral is doubled until it settles:
    for stable circuits it converges exponentially. Bins and noise lower the rate: of a chain of ten neurons seen at
    its end it is .00156 per time constant in a continuous record, and .00063 in bins of 1 with noise as large as the
    signal.

    Args:
        truth, impostor: of the same number of neurons, with the same bin.
        relative_error: by how much the last doubling may have changed the rate.

    Raises:
        ProblemError: numbers of neurons or bins that differ, or a sum that does not settle with 2^18 angles.

    >>> from theory.circuits import feedforward_chain
    >>> chain = feedforward_chain(20)
    >>> truth = RecordedCircuit(chain, [0], bin_size=0.5)
    >>> divergence_rate(truth, RecordedCircuit(markov_impostor(chain, [0]), bin_size=0.5)) > 1e-4
    True
    """
    if truth.neurons != impostor.neurons or truth.bin_size != impostor.bin_size:
        raise ProblemError(
            f"two recordings of the same neurons in the same bins can be told apart; got {truth.neurons} and "
            f"{impostor.neurons} neurons in bins of {truth.bin_size:g} and {impostor.bin_size:g}."
        )
    number = 64
    angles = np.pi * (np.arange(number) + 0.5) / number  # the integrand is even
    total = _itakura_saito(truth, impostor, angles).mean()
    while number < 2**18:
        number *= 3  # the midpoints of thirds contain those of the whole
        new = np.pi * (np.arange(number) + 0.5) / number
        new = new[np.arange(number) % 3 != 1]
        refined = total / 3 + _itakura_saito(truth, impostor, new).sum() / number
        if abs(refined - total) <= relative_error * abs(refined):
            return float(refined / 2)
        total = refined
    raise ProblemError(f"the rate does not settle with {number} angles: the slowest mode is too slow for the bin.")


def recording_time_needed(rate: float, false_alarms: float = 0.05, misses: float = 0.05) -> float:
    """`(z_a + z_b)^2 / (2 rate)`: recording time after which the likelihood-ratio test meets both error rates.

    Over a time T with `rate T` well above 1 but the two processes close, the log-likelihood ratio is Gaussian with mean
    +- rate T and variance 2 rate T under either; the sum of the two quantiles must fit between the means.

    Args:
        rate: Kullback-Leibler rate, in nats per unit of time; 0 where both are the same process.
        false_alarms, misses: the error rates alpha and beta, between 0 and 1/2.

    Returns:
        The time, in the rate's unit; infinite for rate 0.

    >>> round(recording_time_needed(1.0), 2)
    5.41
    """
    rate, quantiles = positive(rate, "rate", allow_zero=True), quantile_sum(false_alarms, misses)
    return float(quantiles**2 / (2 * rate)) if rate > 0 else float("inf")


def quantile_sum(false_alarms: float, misses: float) -> float:
    """`z_a + z_b`: how many standard deviations must lie between two means for both error rates to be met.

    >>> round(quantile_sum(0.05, 0.05), 4)
    3.2897
    """
    for value, name in ((false_alarms, "false_alarms"), (misses, "misses")):
        if not 0 < positive(value, name) < 0.5:
            raise ProblemError(f"{name} = {value:g}, but it must be below 1/2.")
    return float(norm.isf(false_alarms) + norm.isf(misses))


def _itakura_saito(truth: RecordedCircuit, impostor: RecordedCircuit, angles: np.ndarray) -> np.ndarray:
    ratio = np.linalg.solve(impostor.spectrum(angles), truth.spectrum(angles))
    trace = np.trace(ratio, axis1=1, axis2=2).real
    return trace - np.linalg.slogdet(ratio)[1] - truth.neurons
