"""A recorded circuit: what an endless recording of some of its neurons would show."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count, instance, positive
from theory.circuits import LinearCircuit
from theory.partial_observation.markov_student import observed_neurons


@dataclass(frozen=True, eq=False)
class RecordedCircuit:
    """Some neurons of a circuit, in bins, with noise: its statistics are exact, as of an endless recording.

    `x_n = z_o(n bin) + observation noise`. Students fit it as they fit a recording: both have
    `lagged_covariance`, `bin_size` and `neurons`.

    Args:
        circuit: what is recorded.
        observed: indices of the recorded neurons; None takes all.
        bin_size: time between samples, in units of time.
        observation_noise: variance of the white noise added to every sample.

    >>> from theory.circuits import uncoupled
    >>> RecordedCircuit(uncoupled(3), [0], bin_size=1.0).lagged_covariance([0, 1])[:, 0, 0]
    array([1.        , 0.36787944])
    """

    circuit: LinearCircuit
    observed: np.ndarray | list | range | None = None
    bin_size: float = 1.0
    observation_noise: float = 0.0

    def __post_init__(self):
        instance(self.circuit, LinearCircuit, "circuit")
        object.__setattr__(self, "observed", observed_neurons(self.circuit, self.observed))
        object.__setattr__(self, "bin_size", positive(self.bin_size, "bin_size"))
        noise = positive(self.observation_noise, "observation_noise", allow_zero=True)
        object.__setattr__(self, "observation_noise", noise)

    @property
    def neurons(self) -> int:
        """Number of recorded neurons d."""
        return self.observed.size

    def lagged_covariance(self, lags) -> np.ndarray:
        """`C(k) = <x_{n+k} x_n^T>`, (lag, neuron, neuron).

        Args:
            lags: k, in bins, each at least 0.
        """
        lags = [count(lag, "lag", least=0) for lag in np.atleast_1d(lags)]
        propagator, _ = self.circuit.discretise(self.bin_size)
        found, reached, state = {}, 0, self.circuit.covariance()[:, self.observed]
        for lag in sorted(set(lags)):
            ahead = lag - reached
            for _ in range(ahead) if ahead < 16 else ():
                state = propagator @ state
            if ahead >= 16:
                state = np.linalg.matrix_power(propagator, ahead) @ state
            found[lag], reached = state[self.observed], lag
        noise = self.observation_noise * np.eye(self.neurons)
        return np.stack([found[lag] + (noise if lag == 0 else 0.0) for lag in lags])

    def spectrum(self, angles) -> np.ndarray:
        """`sum_k C(k) exp(-i k w)` at angles w per bin, (angle, neuron, neuron), complex.

        Computed as `P (e^{iw} - Phi)^-1 Q_bin (e^{iw} - Phi)^-* P^T + noise`.
        """
        propagator, covariance = self.circuit.discretise(self.bin_size)
        identity, readout = np.eye(self.circuit.neurons), np.eye(self.circuit.neurons)[self.observed]
        noise, spectra = self.observation_noise * np.eye(self.neurons), []
        for angle in np.atleast_1d(angles):
            response = np.linalg.solve((np.exp(1j * angle) * identity - propagator).T, readout.T).T
            spectra.append(response @ covariance @ response.conj().T + noise)
        return np.stack(spectra)
