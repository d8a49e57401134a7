"""Drift by difference quotients: the continuous-time network that is fitted to `(x_{n+1} - x_n) / bin`."""

from dataclasses import dataclass

import numpy as np

from theory.checks import positive
from theory.circuits.covariance import propagator_and_noise
from theory.students.student import Fit, Student, regression


@dataclass(frozen=True)
class EulerDrift(Student):
    """The MAP recurrence A of `tau dx/dt = (A - I) x + noise`, the derivative taken as `(x_{n+1} - x_n) / bin`.

    `A = [tau (C(1) - C(0)) / bin + C(0)] (C(0) + ridge I)^-1`, the ridge pulling the *recurrence* to zero, that is
    the network to one that only leaks. As bin -> 0 it is `markov_student`, with the same ridge. At a finite bin a mode
    that decays in tau_1 is said to decay in

        bin / (1 - exp(-bin / tau_1)) = tau_1 + bin / 2 + bin^2 / (12 tau_1) - ...,

    never faster than one bin: difference quotients turn fast modes into slow ones. `LogarithmDrift` does not.
    The fit's propagator is `exp((A - I) bin / tau)`, so that its timescales are those of the drift.

    Args:
        time_constant: tau of a single unit, in units of time; without a ridge the drift does not depend on it.
        ridge: as a variance.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> round(EulerDrift().fit(RecordedCircuit(uncoupled(3), [0, 1], bin_size=0.5)).slowest(), 4)
    1.2707

    Source: Qian et al., NeurIPS 2024, their MAP student with Euler steps; the bias is the logarithm's series.
    """

    time_constant: float = 1.0
    ridge: float = 0.0

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        tau, ridge = positive(self.time_constant, "time_constant"), positive(self.ridge, "ridge", allow_zero=True)
        present, later = recorded.lagged_covariance([0, 1])
        change = (later - present) / recorded.bin_size
        drift = (regression(tau * change + present, present, ridge) - np.eye(len(present))) / tau
        step = np.eye(len(present)) + drift * recorded.bin_size
        left_over = present - step @ later.T - later @ step.T + step @ present @ step.T
        propagator, noise = propagator_and_noise(drift, left_over / recorded.bin_size, recorded.bin_size)
        return Fit(propagator, recorded.bin_size, covariance=present, process_noise=noise)
