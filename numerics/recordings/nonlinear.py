"""Recordings of nonlinear circuits, by an exponential Heun step whose size is checked by halving it."""

import functools
from collections.abc import Iterator, Sequence

import equinox
import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import positive
from theory.circuits import NonlinearCircuit, StochasticFlow
from theory.circuits.covariance import symmetric_root
from theory.errors import DivergedError

Sampled = NonlinearCircuit | StochasticFlow
NUMBERS = 2**21  # normal numbers held at a time
TOLERANCE = 3e-3  # of the total variance: a recording of 20,000 time constants knows it to a percent
_HALVINGS = 6


def trials_of(
    circuit: Sampled,
    samples: int,
    bin_size: float,
    *,
    trials: Sequence[int],
    observed: np.ndarray,
    noise_level: float = 0.0,
    start: np.ndarray | None = None,
    inputs: np.ndarray | None = None,
    pulses: dict | None = None,
    step: float | None = None,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """Trials side by side, in pieces of bounded size, (trial, time, neuron).

    With h the step over tau, E = e^-h, xi noise of covariance `(1 - E^2) Q` and `g(z) = F(z) + z` what neurons hear
    besides their own leak, `B phi(z)` in a network,

        a = E z + (1 - E) (g(z) + u) + xi,      z' = a + (E - 1 + h) / h (g(a) - g(z)).

    Leak, noise and input are exact; what neurons hear enters by its values at both ends of a step. Expanding
    the mean of `int e^-(h-s) g(z_s) ds` and its covariance with the noise to second order in h shows that moments
    over a fixed time err as step^2 (weak order two), whatever F is. A circuit's reset follows every step; a readout
    `x = h(z)` is taken of what is recorded, starts and pulses are given in x, and noise and input act on z.

    Args:
        circuit, samples, bin_size, seed: as of `record`, checked.
        trials: which; each has random numbers of its own.
        observed: indices of the recorded neurons.
        noise_level: standard deviation of the observation noise.
        start: state at the first sample, or None for the law that is reached from the truth's attractors, drawn with
            equal chance, after 20 times its relaxation and, in a network, `2 (rank of B)` time constants.
        inputs: u in every bin, (time, neuron), or None.
        pulses: {sample: (neuron,)}, or None.
        step: at most, in units of time; None takes `halved_step`.

    Raises:
        DivergedError: states leave the finite numbers.
    """
    size, tau = circuit.neurons, circuit.time_constant
    step = halved_step(circuit) if step is None else positive(step, "step")
    substeps = max(1, int(np.ceil(bin_size / step - 1e-9)))
    # last numbers of their own: NumPy takes [seed, 0] for [seed], which the circuit may have been drawn with
    randoms = [np.random.default_rng([seed, trial, 2]) for trial in trials]
    observing = [np.random.default_rng([seed, trial, 1]) for trial in trials]
    advance = _integrator(circuit, bin_size / tau / substeps)
    states = _starts(circuit, randoms) if start is None else np.tile(_hidden(circuit, start), (len(randoms), 1))
    length = max(1, min(samples, NUMBERS // (substeps * len(randoms) * size)))
    if start is None:
        burn_in, quiet = int(np.ceil(_burn_in(circuit) * tau / bin_size)), np.zeros((length, size))
        for _ in range(-(-burn_in // length)):
            _, states = advance(states, _normals(randoms, length, substeps, size), quiet, quiet)
    pulses = pulses or {}
    if 0 in pulses:
        states = _moved(circuit.readout, states, pulses[0])
    for position in range(0, samples, length):
        here = min(length, samples - position)
        drive, jumps = np.zeros((length, size)), np.zeros((length, size))
        if inputs is not None:
            drive[:here] = inputs[position : position + here]
        for sample, jump in pulses.items():
            if position < sample <= position + length:
                jumps[sample - 1 - position] = jump
        normals = _normals(randoms, here, substeps, size)
        if here < length:  # one compiled program serves all pieces
            normals = np.concatenate([normals, np.zeros((length - here, *normals.shape[1:]))])
        path, states = advance(states, normals, drive, jumps)
        seen = np.asarray(path)[:here, :, observed].transpose(1, 0, 2)
        if not np.isfinite(seen).all():
            raise DivergedError(f"{circuit.name} leaves the finite numbers after time {position * bin_size:g}.")
        if noise_level:
            seen = seen + noise_level * np.stack([random.normal(size=seen.shape[1:]) for random in observing])
        yield seen


@functools.lru_cache(maxsize=256)
def halved_step(circuit: Sampled, tolerance: float = TOLERANCE) -> float:
    """The largest step of tau/2, tau/4, ... at which halving it moves the total variance by less than the tolerance.

    Both steps are driven by the same noise, over trials of 30 time constants; the difference counts with twice its
    standard error over the trials, so that what is not known is not let pass. The error being of second order, that of
    the step itself is 4/3 of the difference. A flow that declares its `longest_step` is not tried.

    Args:
        circuit: the circuit.
        tolerance: relative to the total variance.

    Raises:
        DivergedError: it is not met at tau / 64.

    >>> from theory.circuits import nonlinear_chain
    >>> halved_step(nonlinear_chain(3))
    0.25
    """
    if circuit.flow.longest_step is not None:
        return circuit.flow.longest_step * circuit.time_constant
    size, turns = circuit.neurons, 30
    trials = max(16, min(256, 3200 // size))
    random = np.random.default_rng(0)
    starts = _starts(circuit, [np.random.default_rng([0, trial, 2]) for trial in range(trials)])
    quiet, substeps, before = np.zeros((turns, size)), 2, None
    # noise of the coarsest step; every halving fills in what happened between
    noise = random.normal(size=(turns, substeps, trials, size)) * np.sqrt(-np.expm1(-2 / substeps))
    for _ in range(_HALVINGS):
        normals = noise / np.sqrt(-np.expm1(-2 / substeps))
        path, _ = _integrator(circuit, 1 / substeps)(starts, normals, quiet, quiet)
        variance = np.mean(np.asarray(path)[turns // 3 :] ** 2, axis=(0, 2))
        if before is not None:
            change = (variance - before) / variance.mean()
            if abs(change.mean()) + 2 * change.std() / np.sqrt(trials) <= tolerance:
                return 2 * circuit.time_constant / substeps
        before, substeps = variance, 2 * substeps
        noise = _refined(noise, 1 / substeps, random)
    raise DivergedError(
        f"halving the step to {2 / substeps:.2g} time constants may still move the variance of {circuit.name} by more "
        f"than {tolerance:g} of it. Give a step."
    )


def _refined(noise: np.ndarray, step: float, random: np.random.Generator) -> np.ndarray:
    """Two increments xi_1, xi_2 of half the step with `E xi_1 + xi_2` given, E = e^-step: a bridge."""
    decay, variance = np.exp(-step), -np.expm1(-2 * step)
    # regression of xi_1 on the sum, whose variance is (1 + E^2) variance, and what is left
    first = decay / (1 + decay**2) * noise + np.sqrt(variance / (1 + decay**2)) * random.normal(size=noise.shape)
    both = np.stack([first, noise - decay * first], axis=2)
    return both.reshape(noise.shape[0], -1, *noise.shape[2:])


def _burn_in(circuit: Sampled) -> float:
    rank = 0
    if isinstance(circuit, NonlinearCircuit):
        rank = circuit.weights[0].shape[1] if isinstance(circuit.weights, tuple) else circuit.neurons
    return 20 * (1.0 if circuit.truth is None else circuit.truth.relaxation) + 2 * rank


def _starts(circuit: Sampled, randoms: Sequence[np.random.Generator]) -> np.ndarray:
    rests = np.zeros((1, circuit.neurons))
    if circuit.truth is not None:
        rests = _hidden(circuit, circuit.truth.resting_states(circuit.neurons))
    root = _noise_root(circuit)
    noise = [random.normal(size=circuit.neurons) for random in randoms]
    own = np.stack([rests[random.integers(len(rests))] for random in randoms])
    return own + (np.stack(noise) @ root if np.ndim(root) else root * np.stack(noise))


def _noise_root(circuit: Sampled) -> np.ndarray:
    """A square root of Q: a number, or a matrix that acts from the right."""
    return np.sqrt(circuit.noise) if np.ndim(circuit.noise) == 0 else symmetric_root(circuit.noise)


def _normals(randoms, bins: int, substeps: int, size: int) -> np.ndarray:
    """(bin, substep, trial, neuron): of every trial the next numbers of its own."""
    return np.stack([random.normal(size=(bins, substeps, size)) for random in randoms], axis=2)


def _hidden(circuit: Sampled, states) -> np.ndarray:
    return np.asarray(states if circuit.readout is None else circuit.readout.inverse(states))


def _moved(readout, states, jump):
    """States after what is seen of them jumped."""
    return states + jump if readout is None else readout.inverse(readout.function(states) + jump)


def _integrator(circuit: Sampled, step: float):
    """`advance(states, normals, inputs, jumps)`: what is seen at the start of bins, (bin, trial, neuron), and the last
    states."""
    root, step = jnp.asarray(_noise_root(circuit)), jnp.asarray(step)
    return equinox.Partial(_advance, circuit.flow, circuit.readout, root, step)


@equinox.filter_jit
def _advance(flow, readout, noise_root, step, states, normals, inputs, jumps):
    decay, gain = jnp.exp(-step), -jnp.expm1(-step)
    colour = jnp.sqrt(-jnp.expm1(-2 * step)) * noise_root
    correction = (step - gain) / step

    def substep(carried, normal):
        z, u = carried
        heard = flow(z) + z
        kick = colour * normal if jnp.ndim(colour) == 0 else normal @ colour
        ahead = decay * z + gain * (heard + u) + kick
        return (flow.reset(ahead + correction * (flow(ahead) + ahead - heard)), u), None

    def one_bin(z, of_bin):
        normal, u, jump = of_bin
        (after, _), _ = jax.lax.scan(substep, (z, u), normal)
        return _moved(readout, after, jump), z if readout is None else readout.function(z)

    last, path = jax.lax.scan(one_bin, jnp.asarray(states), (normals, inputs, jumps))
    return path, last
