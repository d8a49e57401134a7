"""The best pulse: direction, time and readout that reject the Markov student in the fewest trials."""

from typing import NamedTuple

import numpy as np
import scipy.optimize

from theory.checks import positive, real_array
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.partial_observation.identifiability import quantile_sum
from theory.partial_observation.markov_student import observed_neurons
from theory.partial_observation.pulses import conditional_covariance, most_telling, response_difference


class BestPulse(NamedTuple):
    """What to do to the recorded neurons, when to look, and at what."""

    pulse: np.ndarray
    """e, what is added to the recorded neurons at time 0, (neuron,)."""
    readout: np.ndarray
    """w, of unit norm, (neuron,)."""
    time: float
    """Of the readout, in units of time."""
    trials: float
    """Trials needed, not rounded; infinite where no pulse tells."""


def best_pulse(
    circuit: LinearCircuit,
    observed,
    times,
    amplitude: float = 1.0,
    cost=None,
    observation_noise: float = 0.0,
    false_alarms: float = 0.05,
    misses: float = 0.05,
) -> BestPulse:
    """The pulse with `e^T E e <= a^2` that needs fewest trials, R8 with the whole recorded state before it known.

    `N = (z_a + z_b)^2 w^T V w / (w^T M e)^2`, with M the difference of the two responses and V the scatter of what is
    recorded at t given what was recorded at 0, is least at `(z_a + z_b)^2 / (a^2 m)` with m the largest generalised
    eigenvalue of (`most_telling`)

        M E^-1 M^T w = m V w.

    The readout's time is where m is largest: the best of those given, refined between its neighbours. Early, M grows as
    t and V as t, so m vanishes with t unless observation noise makes it vanish faster.

    Args:
        circuit: the truth.
        observed: indices of the recorded, and perturbed, neurons.
        times: to be tried, increasing, in units of time, (time,).
        amplitude: a.
        cost: E, (neuron, neuron), positive definite; the identity unless given. The inverse of the recorded covariance
            bounds a pulse by what occurs by itself.
        observation_noise: variance of the white noise of every sample.
        false_alarms, misses: one-sided error rates.

    Raises:
        ProblemError: a cost of another size, or that is not positive definite.

    >>> from theory.circuits import feedforward_chain
    >>> found = best_pulse(feedforward_chain(30), [0, 1, 2], times=[0.5, 1.0, 2.0, 4.0])
    >>> bool(0.5 < found.time < 4.0 and found.trials > 1)
    True

    Source: derived here.
    """
    observed = observed_neurons(circuit, observed)
    times = np.asarray(real_array(np.atleast_1d(times), "times", 1))
    amplitude, quantiles = positive(amplitude, "amplitude"), quantile_sum(false_alarms, misses)
    E = np.eye(observed.size) if cost is None else np.asarray(real_array(cost, "cost", 2))
    size = observed.size
    if E.shape != (size, size) or np.linalg.eigvalsh((E + E.T) / 2)[0] <= 0:
        raise ProblemError(f"cost must be positive definite and {size} x {size}; its shape is {E.shape}.")

    def best(time):
        V = conditional_covariance(circuit, observed, float(time), observation_noise)
        return most_telling(response_difference(circuit, observed, float(time)), V, E)

    i = int(np.argmax([best(time)[0] for time in times]))
    time = float(times[i])
    if times.size > 1:
        bounds = (times[max(i - 1, 0)], times[min(i + 1, times.size - 1)])
        refined = scipy.optimize.minimize_scalar(lambda t: -best(t)[0], bounds=bounds, method="bounded")
        if -refined.fun > best(time)[0]:
            time = float(refined.x)
    power, pulse, readout = best(time)
    trials = float(quantiles**2 / (amplitude**2 * power)) if power > 0 else float("inf")
    return BestPulse(amplitude * pulse, readout, time, trials)
