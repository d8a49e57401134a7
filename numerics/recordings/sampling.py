"""Recordings of circuits at any bin size, in bounded memory: linear ones are sampled exactly."""

from collections.abc import Iterator

import numpy as np
import scipy.linalg

from numerics.recordings import nonlinear
from numerics.recordings.recording import Recording
from theory.checks import count, positive, real_array
from theory.circuits import LinearCircuit
from theory.circuits.covariance import symmetric_root
from theory.errors import ProblemError
from theory.linear_recursion import driven_states
from theory.partial_observation.markov_student import observed_neurons

CHUNK = 2**16  # samples at a time
TRIALS = 64  # of a nonlinear circuit, side by side


def record(
    circuit: LinearCircuit | nonlinear.Sampled,
    samples: int,
    bin_size: float,
    *,
    observed=None,
    trials: int = 1,
    observation_noise: float = 0.0,
    start=None,
    inputs=None,
    pulses: dict | None = None,
    step: float | None = None,
    seed: int = 0,
) -> Recording:
    """Record a circuit: sample its process at multiples of a bin.

    Linear circuits without discretisation error: `z_{n+1} = Phi z_n + noise`, with the propagator and the covariance of
    `LinearCircuit.discretise`. Nonlinear ones by steps of weak order two, see `numerics.recordings.nonlinear`.

    Args:
        circuit: what is recorded.
        samples: in each trial.
        bin_size: time between them, in units of time.
        observed: indices of the recorded neurons; None records all.
        trials: how many.
        observation_noise: variance of the white noise that is added to every sample.
        start: state at the first sample, (neuron,); None draws it from the stationary law, anew in every trial
            (of a nonlinear circuit: after a burn-in from a random one of its attractors).
        inputs: drive to all neurons, `tau dz = ... + input dt`, constant within a bin, (time, neuron); the same in
            all trials.
        pulses: jumps of the state by index of sample, {sample: (neuron,)}; the same in all trials.
        step: of the integration of a nonlinear circuit, in units of time; None chooses it by halving.
        seed: of all that is random.

    Raises:
        ProblemError: shapes that do not fit, or a step for a linear circuit, which needs none.
        UnstableSystemError: no stationary law to start from.

    >>> from theory.circuits import uncoupled
    >>> record(uncoupled(5), samples=100, bin_size=1.0, observed=[0, 3]).neurons
    2
    """
    count(samples, "samples", least=2)
    chosen = observed_neurons(circuit, observed)
    activity = np.empty((count(trials, "trials"), samples, chosen.size))
    options = dict(observed=chosen, observation_noise=observation_noise, start=start, inputs=inputs, pulses=pulses)
    # those of a nonlinear circuit run side by side, a linear one's blocks of time do
    together = TRIALS if isinstance(circuit, nonlinear.Sampled) else 1
    for first in range(0, trials, together):
        group, position = range(first, min(first + together, trials)), 0
        for piece in _pieces(circuit, samples, bin_size, **options, step=step, seed=seed, trials=group):
            activity[first : first + len(piece), position : position + piece.shape[1]] = piece
            position += piece.shape[1]
    return Recording(activity, bin_size)


def stream(
    circuit: LinearCircuit | nonlinear.Sampled,
    samples: int,
    bin_size: float,
    *,
    observed=None,
    observation_noise: float = 0.0,
    start=None,
    inputs=None,
    pulses: dict | None = None,
    step: float | None = None,
    seed: int = 0,
    trial: int = 0,
) -> Iterator[np.ndarray]:
    """One trial of `record`, in pieces of at most 65,536 samples, (time, neuron): memory does not grow with time.

    Args:
        circuit, samples, bin_size, observed, observation_noise, start, inputs, pulses, step, seed: as of `record`.
        trial: which of its trials.
    """
    options = dict(observed=observed, observation_noise=observation_noise, start=start, inputs=inputs, pulses=pulses)
    for piece in _pieces(circuit, samples, bin_size, **options, step=step, seed=seed, trials=[trial]):
        yield piece[0]


def _pieces(
    circuit, samples, bin_size, *, observed, observation_noise, start, inputs, pulses, step, seed, trials
) -> Iterator[np.ndarray]:
    """(trial, time, neuron), of bounded size."""
    chosen = observed_neurons(circuit, observed)
    noise_level = np.sqrt(positive(observation_noise, "observation_noise", allow_zero=True))
    seed, bin_size = count(seed, "seed", least=0), positive(bin_size, "bin_size")
    trials = [count(trial, "trial", least=0) for trial in trials]
    if start is not None:
        start = np.array(real_array(start, "start", 1))
        if start.shape != (circuit.neurons,):
            raise ProblemError(f"start has {start.size} entries, but the circuit has {circuit.neurons} neurons.")
    inputs, pulses = _checked_drive(circuit.neurons, samples, inputs, pulses)
    driven = dict(observed=chosen, noise_level=noise_level, start=start, inputs=inputs, pulses=pulses, seed=seed)
    if isinstance(circuit, nonlinear.Sampled):
        yield from nonlinear.trials_of(circuit, samples, bin_size, trials=trials, step=step, **driven)
        return
    if step is not None:
        raise ProblemError(f"step = {step}, but a linear circuit is sampled exactly and takes no steps: leave it out.")
    for trial in trials:
        for piece in _linear_trial(circuit, samples, bin_size, trial=trial, **driven):
            yield piece[None]


def _linear_trial(
    circuit, samples, bin_size, *, observed, noise_level, start, inputs, pulses, seed, trial
) -> Iterator[np.ndarray]:
    propagator, covariance = circuit.discretise(bin_size)
    # a last number of its own: NumPy takes [seed, 0] for [seed], and a circuit drawn with that seed would meet its own
    # random numbers again, as the state it starts from
    random = np.random.default_rng([seed, trial, 1])
    colour = symmetric_root(covariance)
    state = symmetric_root(circuit.covariance()) @ random.normal(size=circuit.neurons) if start is None else start
    state = state + pulses.get(0, 0.0)
    if inputs is not None:
        inputs = inputs @ _response_to_input(circuit, bin_size).T
    for position in range(0, samples, CHUNK):
        steps = min(CHUNK, samples - position)
        kicks = random.normal(size=(steps, circuit.neurons)) @ colour
        # what leads from sample n to sample n + 1 is in row n
        if inputs is not None:
            kicks += inputs[position : position + steps]
        for sample, jump in pulses.items():
            if position < sample <= position + steps:
                kicks[sample - 1 - position] += jump
        states, (state,) = driven_states(propagator, kicks[None], state[None])
        seen = states[0][:, observed]
        yield seen + noise_level * random.normal(size=seen.shape) if noise_level else seen


def _checked_drive(size: int, samples: int, inputs, pulses) -> tuple[np.ndarray | None, dict[int, np.ndarray]]:
    if inputs is not None:
        inputs = np.asarray(real_array(inputs, "inputs", 2))
        if inputs.shape != (samples, size):
            raise ProblemError(f"inputs have shape {inputs.shape}; they must be (time, neuron) = ({samples}, {size}).")
    checked = {}
    for sample, jump in (pulses or {}).items():
        count(sample, "a pulse's sample", least=0, most=samples - 1)
        checked[sample] = np.asarray(real_array(jump, "a pulse", 1))
        if checked[sample].shape != (size,):
            raise ProblemError(f"a pulse has {checked[sample].size} entries, but the circuit has {size} neurons.")
    return inputs, checked


def _response_to_input(circuit: LinearCircuit, bin_size: float) -> np.ndarray:
    """A constant input u over a bin moves the state by `int_0^bin exp(F t) dt u / tau`: the matrix before u."""
    size = circuit.neurons
    extended = np.zeros((2 * size, 2 * size))
    extended[:size, :size], extended[:size, size:] = circuit.drift, np.eye(size) / circuit.time_constant
    return scipy.linalg.expm(extended * bin_size)[:size, size:]
