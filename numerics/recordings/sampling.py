"""Recordings of linear circuits, sampled exactly at any bin size, in bounded memory."""

from collections.abc import Iterator

import numpy as np
import scipy.linalg

from numerics.recordings.recording import Recording
from theory.checks import count, positive, real_array
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.partial_observation.markov_student import observed_neurons

CHUNK = 2**16  # samples at a time


def record(
    circuit: LinearCircuit,
    samples: int,
    bin_size: float,
    *,
    observed=None,
    trials: int = 1,
    observation_noise: float = 0.0,
    start=None,
    inputs=None,
    pulses: dict | None = None,
    seed: int = 0,
) -> Recording:
    """Record a circuit: sample its process at multiples of a bin, without discretisation error.

    `z_{n+1} = Phi z_n + noise`, with the propagator and the covariance of `LinearCircuit.discretise`.

    Args:
        circuit: what is recorded.
        samples: in each trial.
        bin_size: time between them, in units of time.
        observed: indices of the recorded neurons; None records all.
        trials: how many.
        observation_noise: variance of the white noise that is added to every sample.
        start: state at the first sample, (neuron,); None draws it from the stationary law, anew in every trial.
        inputs: drive to all neurons, `tau dz = ... + input dt`, constant within a bin, (time, neuron); the same in
            all trials.
        pulses: jumps of the state by index of sample, {sample: (neuron,)}; the same in all trials.
        seed: of all that is random.

    Raises:
        ProblemError: shapes that do not fit.
        UnstableSystemError: no stationary law to start from.

    >>> from theory.circuits import uncoupled
    >>> record(uncoupled(5), samples=100, bin_size=1.0, observed=[0, 3]).neurons
    2
    """
    count(samples, "samples", least=2)
    chosen = observed_neurons(circuit, observed)
    activity = np.empty((count(trials, "trials"), samples, chosen.size))
    options = dict(observed=chosen, observation_noise=observation_noise, start=start, inputs=inputs, pulses=pulses)
    for trial in range(trials):
        position = 0
        for chunk in stream(circuit, samples, bin_size, **options, seed=seed, trial=trial):
            activity[trial, position : position + len(chunk)] = chunk
            position += len(chunk)
    return Recording(activity, bin_size)


def stream(
    circuit: LinearCircuit,
    samples: int,
    bin_size: float,
    *,
    observed=None,
    observation_noise: float = 0.0,
    start=None,
    inputs=None,
    pulses: dict | None = None,
    seed: int = 0,
    trial: int = 0,
) -> Iterator[np.ndarray]:
    """One trial of `record`, in pieces of at most 65,536 samples, (time, neuron): memory does not grow with time.

    Args:
        circuit, samples, bin_size, observed, observation_noise, start, inputs, pulses, seed: as of `record`.
        trial: which of its trials.
    """
    chosen = observed_neurons(circuit, observed)
    size, noise_level = circuit.neurons, np.sqrt(positive(observation_noise, "observation_noise", allow_zero=True))
    propagator, covariance = circuit.discretise(bin_size)
    random = np.random.default_rng([count(seed, "seed", least=0), count(trial, "trial", least=0)])
    colour = _square_root(covariance).T
    if start is None:
        state = _square_root(circuit.covariance()) @ random.normal(size=size)
    else:
        state = np.array(real_array(start, "start", 1))
        if state.shape != (size,):
            raise ProblemError(f"start has {state.size} entries, but the circuit has {size} neurons.")
    drive = _drive(circuit, samples, bin_size, inputs, pulses)
    if pulses and 0 in pulses:
        state = state + drive.at_start
    position = 0
    while position < samples:
        steps = min(CHUNK, samples - position)
        kicks = random.normal(size=(steps, size)) @ colour
        drive.add(kicks, position)
        states, state = _run(propagator, kicks, state)
        seen = states[:, chosen]
        if noise_level:
            seen = seen + noise_level * random.normal(size=seen.shape)
        yield seen
        position += steps


class _Drive:
    """What is added to the state in every step besides noise: row n leads from sample n to sample n + 1."""

    def __init__(self, size: int):
        self.at_start, self.inputs, self.pulses = np.zeros(size), None, {}

    def add(self, kicks: np.ndarray, position: int) -> None:
        if self.inputs is not None:
            kicks += self.inputs[position : position + len(kicks)]
        for sample, jump in self.pulses.items():
            if position <= sample - 1 < position + len(kicks):
                kicks[sample - 1 - position] += jump


def _drive(circuit: LinearCircuit, samples: int, bin_size: float, inputs, pulses) -> _Drive:
    size, drive = circuit.neurons, _Drive(circuit.neurons)
    if inputs is not None:
        inputs = np.asarray(real_array(inputs, "inputs", 2))
        if inputs.shape != (samples, size):
            raise ProblemError(f"inputs have shape {inputs.shape}; they must be (time, neuron) = ({samples}, {size}).")
        # a constant input u over a bin moves the state by int_0^bin exp(F t) dt u / tau
        extended = np.zeros((2 * size, 2 * size))
        extended[:size, :size], extended[:size, size:] = circuit.drift, np.eye(size) / circuit.time_constant
        drive.inputs = inputs @ scipy.linalg.expm(extended * bin_size)[:size, size:].T
    for sample, jump in (pulses or {}).items():
        count(sample, "a pulse's sample", least=0, most=samples - 1)
        jump = np.asarray(real_array(jump, "a pulse", 1))
        if jump.shape != (size,):
            raise ProblemError(f"a pulse has {jump.size} entries, but the circuit has {size} neurons.")
        if sample == 0:
            drive.at_start = jump
        else:
            drive.pulses[sample] = jump
    return drive


def _run(propagator: np.ndarray, kicks: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The states at the beginning of every step, and the one after the last.

    The steps are cut into blocks that run side by side as rows of one matrix: once from zero, to know where each
    ends, and once from where the one before it ended. Products of matrices instead of vectors, for twice the work.
    """
    steps, size = kicks.shape
    length = max(1, int(np.sqrt(steps)))
    blocks = steps // length
    whole = kicks[: blocks * length].reshape(blocks, length, size)
    transposed = np.ascontiguousarray(propagator.T)
    ends = np.zeros((blocks, size))
    for step in range(length):
        ends = ends @ transposed + whole[:, step]
    leap = np.linalg.matrix_power(propagator, length)
    starts = np.empty((blocks, size))
    for block in range(blocks):
        starts[block] = state
        state = leap @ state + ends[block]
    states = np.empty_like(kicks)
    of_blocks = states[: blocks * length].reshape(blocks, length, size)
    for step in range(length):
        of_blocks[:, step] = starts
        starts = starts @ transposed + whole[:, step]
    for step in range(blocks * length, steps):
        states[step] = state
        state = propagator @ state + kicks[step]
    return states, state


def _square_root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root; what rounding has made negative counts as zero."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
