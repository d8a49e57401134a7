"""A control: a method that has the circuit in hand and claims what is true of it."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import numpy as np

from numerics.benchmark.methods.latent_ode import runge_kutta
from numerics.benchmark.methods.oracle import known_fit, model_about_zero
from numerics.benchmark.observation import Observation
from numerics.recordings.nonlinear import halved_step
from numerics.recordings.sampling import record
from theory.circuits import LinearCircuit
from theory.circuits.flow import Flow
from theory.errors import ProblemError

_STEP = 0.1  # of the flow without noise, in single-unit time constants
_LATEST = 8  # bins that a nonlinear circuit's state is regressed on


@dataclass(frozen=True)
class TruthInHand:
    """What is recorded, simulated: its errors, if any, are the benchmark's own.

    A linear circuit's state is what its own Kalman filter says. A nonlinear one's is regressed, linearly, on the latest
    samples of the recording that is there to be fitted, whose states it is shown; then the circuit itself goes on, by
    the integrator that records. A pulse moves the neurons that are seen, and no others.

    Assumptions: white observation noise.
    """

    name: ClassVar[str] = "truth"
    sentence: ClassVar[str] = "control: the circuit itself, with its true kind as a claim"
    needs_truth: ClassVar[bool] = True

    def fit(self, data, seed: int, truth) -> "KnownCircuit":
        """As of `numerics.benchmark.method.Method`.

        Args:
            data, seed: as there.
            truth: the cell.

        Raises:
            ProblemError: an observation whose continuation depends on more than the circuit's state.
        """
        if type(truth.observation).measure is not Observation.measure:
            raise ProblemError(f"{truth.observation}: how it goes on after a history is not known from the states.")
        kind = truth.circuit.truth.kind
        if isinstance(truth.circuit, LinearCircuit):
            fit = known_fit(truth.circuit, truth.readout, truth.noise, data.bin_size)
            return KnownCircuit(kind, model_about_zero(fit, data))
        return KnownCircuit(kind, RunningCircuit.of(truth, data))


@dataclass(frozen=True, eq=False)
class KnownCircuit:
    """A circuit's kind and the model that goes on.

    Args:
        kind: of its attractor.
        model: what is simulated.
    """

    kind: str
    model: object

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.model.simulate(history, steps, inputs, pulse, samples, seed)

    def claim(self) -> dict[str, float]:
        """As of `numerics.benchmark.method.Fitted`."""
        return {self.kind: 1.0}

    @property
    def one_bin(self):
        """As of `numerics.benchmark.method.Fitted`."""
        return self.model.one_bin

    def encode(self, history) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.model.encode(history)

    def decode(self, z) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.model.decode(z)


@dataclass(frozen=True, eq=False)
class RunningCircuit:
    """A nonlinear circuit that goes on from an estimate of its state.

    Args:
        circuit: the circuit.
        readout: (channel, neuron).
        noise: standard deviation of the observation noise.
        bin_size: in units of time.
        step: of integration.
        weights: from the latest samples and 1 to the state, (time channel + 1, neuron).
    """

    circuit: object
    readout: np.ndarray
    noise: float
    bin_size: float
    step: float
    weights: np.ndarray

    @classmethod
    def of(cls, cell, data) -> "RunningCircuit":
        """That of a cell, with the recording that is there to be fitted."""
        states, x = cell.states(0), data.activity
        latest = min(_LATEST, data.samples // 2)
        seen = np.concatenate([x[:, latest - 1 - j : x.shape[1] - j] for j in range(latest)], axis=2)
        seen = seen.reshape(-1, latest * data.neurons)
        seen = np.hstack([seen, np.ones((len(seen), 1))])
        weights = np.linalg.lstsq(seen, states[:, latest - 1 :].reshape(len(seen), -1), rcond=None)[0]
        noise = np.sqrt(cell.noise * (states @ cell.readout.T).var(axis=(0, 1)).mean())
        return cls(cell.circuit, cell.readout, float(noise), data.bin_size, halved_step(cell.circuit), weights)

    @property
    def one_bin(self) -> "FlowOverBin":
        """As of `numerics.benchmark.method.Fitted`, of states before the readout."""
        duration = self.bin_size / self.circuit.time_constant
        return FlowOverBin(self.circuit.flow, duration, int(np.ceil(duration / _STEP)))

    def encode(self, history) -> np.ndarray:
        """The state after a history, (time, channel) to (neuron,)."""
        state = self._state(np.asarray(history, float))
        return state if self.circuit.readout is None else np.asarray(self.circuit.readout.inverse(state))

    def decode(self, z) -> np.ndarray:
        """The activity at states, (..., channel)."""
        return np.asarray(z if self.circuit.readout is None else self.circuit.readout.function(z)) @ self.readout.T

    def _state(self, history: np.ndarray) -> np.ndarray:
        latest = (len(self.weights) - 1) // history.shape[1]
        given = history[::-1][:latest]
        if len(given) < latest:
            raise ProblemError(f"a history of {len(given)} bins is too short: {latest} are needed.")
        state = np.append(given.ravel(), 1.0) @ self.weights
        if self.noise == 0:
            state = state + np.linalg.pinv(self.readout) @ (given[0] - self.readout @ state)
        return state

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`."""
        state = self._state(history)
        if pulse is not None:
            state = state + np.linalg.pinv(self.readout) @ pulse
        path = record(
            self.circuit, steps + 1, self.bin_size, trials=samples, start=state, step=self.step, seed=seed
        ).activity[:, 1:]
        return path @ self.readout.T + self.noise * np.random.default_rng([seed, 22]).normal(
            size=(samples, steps, len(self.readout))
        )


class FlowOverBin(eqx.Module):
    """Where a flow without noise leads in a bin, by Runge and Kutta's fourth-order method, in JAX.

    Args:
        flow: of states before the readout.
        duration: of the bin, in single-unit time constants.
        steps: in it.
    """

    flow: Flow
    duration: float
    steps: int = eqx.field(static=True)

    def __call__(self, z):
        """One bin ahead, (neuron,)."""
        step = self.duration / self.steps
        return jax.lax.fori_loop(0, self.steps, lambda _, z: self.flow.reset(runge_kutta(self.flow, z, step)), z)
