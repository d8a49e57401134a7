"""Recorded trials: what endlessly many trials of given length, released from a given state, would show."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count, instance, positive, real_array
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.linear_recursion import driven_states
from theory.partial_observation.markov_student import observed_neurons


@dataclass(frozen=True, eq=False)
class RecordedTrials:
    """Trials of a circuit that start from a given law: their mean covariances are exact, as of endlessly many trials.

    `C(k) = mean over n < samples - k of <(x_{n+k} - m)(x_n - m)^T>` with m the mean over trials and times, as a
    recording of trials computes it. With `z_n ~ (mu_n, S_n)`, `mu_{n+1} = Phi mu_n` and
    `S_{n+1} = Phi S_n Phi^T + Q_bin`: sums of positive terms. Students fit it as they fit a recording.

    Args:
        circuit: what is recorded; it need not be stable.
        start: mean state at the first sample, (neuron,).
        samples: in each trial.
        observed: indices of the recorded neurons; None takes all.
        bin_size: time between samples, in units of time.
        observation_noise: variance of the white noise added to every sample.
        start_covariance: of the state at the first sample over trials, (neuron, neuron); None starts all alike.

    >>> from theory.circuits import uncoupled
    >>> trials = RecordedTrials(uncoupled(2), start=[0.0, 0.0], samples=3, observed=[0])
    >>> trials.lagged_covariance([0])[:, 0, 0]  # 0, 1 - e^-2, 1 - e^-4, in the mean
    array([0.615])
    """

    circuit: LinearCircuit
    start: np.ndarray
    samples: int
    observed: np.ndarray | list | range | None = None
    bin_size: float = 1.0
    observation_noise: float = 0.0
    start_covariance: np.ndarray | None = None

    def __post_init__(self):
        size = instance(self.circuit, LinearCircuit, "circuit").neurons
        start = np.asarray(real_array(self.start, "start", 1))
        scatter = np.zeros((size, size)) if self.start_covariance is None else self.start_covariance
        scatter = np.asarray(real_array(scatter, "start_covariance", 2))
        if start.shape != (size,) or scatter.shape != (size, size):
            raise ProblemError(
                f"start has {start.size} entries and its covariance shape {scatter.shape}, but the circuit has {size} "
                "neurons."
            )
        count(self.samples, "samples", least=2)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "start_covariance", scatter)
        object.__setattr__(self, "observed", observed_neurons(self.circuit, self.observed))
        object.__setattr__(self, "bin_size", positive(self.bin_size, "bin_size"))
        noise = positive(self.observation_noise, "observation_noise", allow_zero=True)
        object.__setattr__(self, "observation_noise", noise)

    @property
    def neurons(self) -> int:
        """Number of recorded neurons d."""
        return self.observed.size

    def response(self) -> np.ndarray:
        """Mean activity over trials, `P Phi^n start`, (sample, observed neuron)."""
        propagator, _ = self.circuit.discretise(self.bin_size)
        kicks = np.zeros((1, self.samples, self.circuit.neurons))
        return driven_states(propagator, kicks, self.start[None])[0][0, :, self.observed].T

    def lagged_covariance(self, lags) -> np.ndarray:
        """`C(k)`, (lag, neuron, neuron).

        Args:
            lags: k, in bins, each at least 0 and below the number of samples.
        """
        lags = [count(lag, "lag", least=0, most=self.samples - 1) for lag in np.atleast_1d(lags)]
        propagator, added = self.circuit.discretise(self.bin_size)
        sums, state, total = {}, self.start_covariance, np.zeros_like(added)
        wanted = {self.samples - lag for lag in lags}
        for sample in range(1, max(wanted) + 1):
            total = total + state
            if sample in wanted:
                sums[sample] = total[:, self.observed] / sample
            state = propagator @ state @ propagator.T + added
        mean = self.response()
        mean = mean - mean.mean(axis=0)
        found = []
        for lag in lags:
            pairs = self.samples - lag
            scatter = (np.linalg.matrix_power(propagator, lag) @ sums[pairs])[self.observed]
            noise = self.observation_noise * np.eye(self.neurons) if lag == 0 else 0.0
            found.append(scatter + mean[lag:].T @ mean[:pairs] / pairs + noise)
        return np.stack(found)
