"""One-step regression with the neurons' nonlinearity inside."""

from dataclasses import dataclass

import numpy as np

from numerics.students.wide_network import check_samples
from theory.checks import instance, positive
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION
from theory.students.student import Fit, Student, regression


@dataclass(frozen=True)
class NonlinearRegression(Student):
    """`x_{n+1} = E x_n + (1 - E) A phi(x_n)` with `E = exp(-bin / tau)`: MAP over A, by one linear regression.

    It is the circuit's own exponential Euler step with the observed neurons alone, `tau dx = (-x + A phi(x)) dt`, with
    a Gaussian prior on A. A enters linearly, so the posterior's maximum is a ridge regression on phi(x):
    `A = <(x_{n+1} - E x_n) phi_n^T> (<phi phi^T> + ridge I)^-1 / (1 - E)`.

    Assumptions: the leak is known, the activity is about the neurons' own zero (it is not centred) and in their units,
    and bins are short: A errs at first order in bin / tau. It reports the spectrum linearised at zero.

    Args:
        nonlinearity: phi.
        time_constant: tau.
        ridge: as a variance of phi.

    Raises:
        ProblemError: a recording without samples, or neurons that depend on each other.

    >>> from numerics.recordings import record
    >>> from theory.circuits import uncoupled
    >>> fit = NonlinearRegression().fit(record(uncoupled(2), 20_000, bin_size=0.2))
    >>> bool(abs(fit.slowest() - 1) < 0.2)
    True

    Source: the MAP student of Qian et al., NeurIPS 2024, in bins.
    """

    nonlinearity: Nonlinearity = ERROR_FUNCTION
    time_constant: float = 1.0
    ridge: float = 0.0

    def fit(self, recorded) -> Fit:
        """As of `Student`; needs the recording itself."""
        decay = np.exp(-recorded.bin_size / positive(self.time_constant, "time_constant"))
        A = (1 - decay) * self.recurrence(recorded) * np.asarray(self.nonlinearity.derivative(0.0))
        return Fit(decay * np.eye(len(A)) + A, recorded.bin_size)

    def recurrence(self, recorded) -> np.ndarray:
        """A, (neuron, neuron).

        Args:
            recorded: a `numerics.recordings.Recording`.
        """
        phi = instance(self.nonlinearity, Nonlinearity, "nonlinearity")
        check_samples(recorded)
        decay = np.exp(-recorded.bin_size / positive(self.time_constant, "time_constant"))
        x, neurons = recorded.activity, recorded.neurons
        rates = np.asarray(phi(x[:, :-1])).reshape(-1, neurons)
        added = (x[:, 1:] - decay * x[:, :-1]).reshape(-1, neurons) / (1 - decay)
        ridge = positive(self.ridge, "ridge", allow_zero=True)
        return regression(added.T @ rates / len(rates), rates.T @ rates / len(rates), ridge)
