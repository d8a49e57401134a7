"""Impostors by regression on a long simulation: Markov projections that no formula gives."""

import jax.numpy as jnp
import numpy as np

from numerics.benchmark.impostors.label import ReadOff, kind_of_flow
from numerics.recordings import record
from theory.circuits import StochasticFlow
from theory.circuits.flow import Flow
from theory.circuits.noise import noise_covariance
from theory.partial_observation.markov_student import observed_neurons

TRIALS, SAMPLES, BIN, STEP = 128, 150, 2.0, 0.25  # of the simulation; times in single-unit time constants
FEATURES, RIDGE = 200, 1e-6


class RegressedDrift(Flow):
    """`b(u) = -u + R [w_0 + w^T tanh(V u + c)]`: bounded but for the leak, so that it cannot run away.

    Args:
        directions: V transposed, (neuron, feature).
        offsets: c, (feature,).
        weights: w, (feature, output).
        offset: w_0, (output,).
        readout: R, (neuron, output).
    """

    directions: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    offset: np.ndarray
    readout: np.ndarray

    def __call__(self, states):
        """b(u), in JAX, (..., neuron)."""
        heard = jnp.tanh(states @ self.directions + self.offsets) @ self.weights + self.offset
        return heard @ self.readout.T - states


def regressed_impostor(circuit, observed, seed: int = 0) -> StochasticFlow:
    """An estimate of the Markov projection `b(x) = E[b_o | x_o = x]` of any nonlinear circuit, with the same noise.

    The circuit is simulated, its own drift is evaluated without error at every state, and what neurons hear besides
    their leak is regressed on random features of what is seen: `tanh` of projections of every width, half of them
    along the directions that carry the circuit's latents. The exact projection keeps the whole stationary law; how
    well this one does is for a test to say, which compares laws: see `law_error`. Where the simulation has not been,
    the drift is a guess: started far from the law it may end elsewhere, so its truth holds states of the law.

    Args:
        circuit: a network or another stochastic flow.
        observed: indices of neurons.
        seed: of the simulation and the features.

    Returns:
        The circuit itself, if it is seen whole.
    """
    observed = observed_neurons(circuit, observed)
    if np.array_equal(observed, np.arange(circuit.neurons)):
        return circuit
    tau, random = circuit.time_constant, np.random.default_rng([seed, 21])
    activity = record(circuit, SAMPLES, BIN * tau, trials=TRIALS, step=STEP * tau, seed=seed).activity
    states = np.asarray(circuit.readout.inverse(activity) if circuit.readout is not None else activity)
    states = states.reshape(-1, circuit.neurons)
    u = states[:, observed]
    heard = np.asarray(circuit.flow(states))[:, observed] + u
    # what is heard has few directions in a circuit of low rank: an exact factor, not an approximation
    left, sizes, right = np.linalg.svd(heard, full_matrices=False)
    rank = int(np.sum(sizes > 1e-9 * sizes[0]))
    outputs, R = left[:, :rank] * sizes[:rank], right[:rank].T
    directions, offsets = _features(u, R, random)
    features = np.tanh(u @ directions + offsets)
    centred, mean = features - features.mean(axis=0), outputs.mean(axis=0)
    gram = centred.T @ centred / len(u)
    weights = np.linalg.solve(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)),
                              centred.T @ (outputs - mean) / len(u))  # fmt: skip
    drift = RegressedDrift(directions, offsets, weights, mean - features.mean(axis=0) @ weights, R)
    noise = noise_covariance(circuit.noise, circuit.neurons)[np.ix_(observed, observed)]
    common = dict(readout=circuit.readout, time_constant=tau, name=f"regressed Markov impostor of {circuit.name}")
    made = StochasticFlow(drift, observed.size, noise, **common)
    law = activity[:, :: SAMPLES // 3].reshape(-1, circuit.neurons)[:, observed]
    truth = ReadOff(kind_of_flow(made, law[:: len(law) // 48]), states=law)
    return StochasticFlow(drift, observed.size, noise, truth=truth, **common)


def _features(u: np.ndarray, R: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Projections of unit variance, steep and shallow, half along R and half in all directions."""
    d, half = u.shape[1], FEATURES // 2
    inner = R @ random.normal(size=(R.shape[1], half))
    every = random.normal(size=(d, FEATURES - half)) / np.maximum(u.std(axis=0), 1e-12)[:, None]
    directions = np.concatenate([inner, every], axis=1)
    projected = u @ directions
    slopes = np.exp(random.uniform(np.log(0.3), np.log(4.0), size=FEATURES)) / projected.std(axis=0)
    places = projected[random.integers(len(u), size=FEATURES), np.arange(FEATURES)]
    return directions * slopes, -slopes * places


def law_error(truth: np.ndarray, made: np.ndarray) -> dict[str, float]:
    """How far the equal-time law of one recording is from another's, by numbers without units.

    Args:
        truth, made: (sample, neuron).

    Returns:
        `covariance`: the Frobenius norm of the difference of second moments over that of the truth's; `kurtosis`: the
        difference of excess kurtosis along the truth's first principal axis; `distance`: the largest difference
        between distribution functions along it (Kolmogorov's).
    """
    second = truth.T @ truth / len(truth)
    other = made.T @ made / len(made)
    axis = np.linalg.eigh(second)[1][:, -1]
    a, b = np.sort(truth @ axis), np.sort(made @ axis)
    grid = np.concatenate([a, b])
    distance = np.abs(np.searchsorted(a, grid) / a.size - np.searchsorted(b, grid) / b.size).max()
    kurtosis = [np.mean(x**4) / np.mean(x**2) ** 2 for x in (a, b)]
    return {
        "covariance": float(np.linalg.norm(second - other) / np.linalg.norm(second)),
        "kurtosis": float(kurtosis[1] - kurtosis[0]),
        "distance": float(distance),
    }
