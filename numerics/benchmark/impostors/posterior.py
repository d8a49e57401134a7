"""Impostors of embedded latents whose stationary density is known: exact, by quadrature over the latents."""

import jax
import numpy as np

from numerics.benchmark.impostors.label import ReadOff, kind_of_flow
from theory.circuits import StochasticFlow, Truth
from theory.circuits.embedded_flow import Embedding
from theory.circuits.flow import Flow
from theory.circuits.noise import noise_covariance
from theory.circuits.nonlinear_truth import fixed_points_truth
from theory.partial_observation.markov_student import observed_neurons

MOST_NODES = 40_000
_REACH, _DEPTH = 3.0, 40.0  # of the grid, and how far below its peak a density counts, in logarithms


class PosteriorDrift(Flow):
    """`b(u) = -u + M_o (<v> - C s)`, `<v>` the mean of v over the latents given u, with `s = W^T u`.

    Given u latents have the weight `exp(log p(k) + s k - k^T A k / 2)` at the nodes k_j.

    Args:
        loadings: M_o, (neuron, dimension).
        score: W, (neuron, dimension).
        nodes: k_j, (node, dimension).
        log_weights: `log p(k_j) - k_j^T A k_j / 2`, (node,).
        values: v_j, (node, dimension).
        against: C, a number.
    """

    loadings: np.ndarray
    score: np.ndarray
    nodes: np.ndarray
    log_weights: np.ndarray
    values: np.ndarray
    against: np.ndarray

    def __call__(self, states):
        """b(u), in JAX, (..., neuron)."""
        return self.felt(states @ self.score) @ self.loadings.T - states

    def felt(self, score):
        """`<v> - C s` at s, (..., dimension)."""
        weights = jax.nn.softmax(self.log_weights + score @ self.nodes.T, axis=-1)
        return weights @ self.values - self.against * score


def posterior_impostor(circuit: StochasticFlow, observed) -> StochasticFlow | None:
    """The Markov system on observed neurons of an `embedded_flow` that has exactly their stationary law.

    What is seen is `u = M_o k + y_o` with y_o Gaussian, independent of k, of covariance `q (I - M_o M_o^T / D)`.
    Without a reset its drift is the Markov projection `E[b_o | u] = -u + M_o E[g(k) + k | u]`, an average over k given
    u with the known density of k as its prior. Where the latents jump, a projection would have to jump too; then it is
    the process in detailed balance with that law, `b = Q_oo grad log p(u)`, which never jumps. (For latents that go
    down a potential both are the same.) The noise is Q_oo. A readout stays: what is seen of u is seen of x.

    Args:
        circuit: from `embedded_flow`.
        observed: indices of neurons.

    Returns:
        None where the density of the latents is not known, where all but fewer neurons than latents are seen, so that
        what is seen gives the latents away, or where these are so narrow given u that it takes more than 40,000 nodes.
        The circuit itself, if it is seen whole.
    """
    observed = observed_neurons(circuit, observed)
    embedding = circuit.flow
    if np.array_equal(observed, np.arange(circuit.neurons)):
        return circuit
    if not isinstance(embedding, Embedding) or circuit.neurons - observed.size < embedding.latent.dimensions:
        return None
    M, D, latent = embedding.loadings, circuit.neurons, embedding.latent
    Q = noise_covariance(circuit.noise, D)
    along = float(M[:, 0] @ Q @ M[:, 0]) / D**2  # q_k
    q = (np.trace(Q) - latent.dimensions * along * D) / (D - latent.dimensions)
    M_o = M[observed]
    W = np.linalg.solve(q * (np.eye(observed.size) - M_o @ M_o.T / D), M_o)
    A = M_o.T @ W
    nodes, logarithms = _nodes(latent, along, A)
    if nodes is None:
        return None
    jumps = _jumps(latent)
    if jumps:
        values, against = nodes + along * nodes @ A, along
    else:
        values, against = np.asarray(latent(nodes)) + nodes, 0.0
    log_weights = logarithms - np.sum(nodes @ A * nodes, axis=1) / 2
    drift = PosteriorDrift(M_o, W, nodes, log_weights - log_weights.max(), values, np.asarray(against))
    name = f"{'law-keeping' if jumps else 'exact'} Markov impostor of {circuit.name}"
    common = dict(readout=circuit.readout, name=name, time_constant=circuit.time_constant)
    made = StochasticFlow(drift, observed.size, Q[np.ix_(observed, observed)], **common)
    truth = _truth_on_a_line(made, A) if latent.dimensions == 1 else None
    if truth is None or jumps:  # what never jumps goes far by diffusion alone, so slowly that it must start everywhere
        some = nodes[np.random.default_rng(0).choice(len(nodes), 480, p=_shares(logarithms))]
        starts = np.asarray(made.seen(some @ M_o.T))
        truth = ReadOff(kind_of_flow(made, starts[:48]) if truth is None else truth.kind, states=starts)
    return StochasticFlow(drift, observed.size, made.noise, truth=truth, **common)


def _jumps(latent) -> bool:
    far = np.linspace(-_REACH, _REACH, 101)[:, None] * np.ones(latent.dimensions)
    return bool(np.any(np.asarray(latent.reset(far)) != far))


def _shares(logarithms: np.ndarray) -> np.ndarray:
    shares = np.exp(logarithms - logarithms.max())
    return shares / shares.sum()


def _nodes(latent, noise: float, A: np.ndarray):
    """Equal steps of half the narrowest width: sums over them are integrals of smooth densities to 1e-8 and better.

    Where the latents jump their density has a kink and, ahead of the jump, a thin layer: an eighth of that then.
    """
    if latent.log_density(np.zeros((1, latent.dimensions)), noise) is None:
        return None, None
    widths = min(1 / np.sqrt(np.linalg.eigvalsh(A)[-1]), np.sqrt(noise))
    each = int(np.ceil(2 * _REACH / (widths / 2) * (8 if _jumps(latent) else 1)))
    if each**latent.dimensions > 100 * MOST_NODES:
        return None, None
    axis = np.linspace(-_REACH, _REACH, each)
    grid = np.stack(np.meshgrid(*[axis] * latent.dimensions, indexing="ij"), axis=-1).reshape(-1, latent.dimensions)
    logarithms = latent.log_density(grid, noise)
    kept = logarithms > logarithms.max() - _DEPTH
    return (grid[kept], logarithms[kept]) if kept.sum() <= MOST_NODES else (None, None)


def _truth_on_a_line(circuit: StochasticFlow, A: np.ndarray) -> Truth:
    """All fixed points `u = M_o c`: the roots of `felt(A c) - c`, by its changes of sign on a fine grid."""
    drift, alpha = circuit.flow, float(A[0, 0])

    def rate(c):
        return np.asarray(drift.felt(alpha * np.atleast_1d(c)[:, None]))[:, 0] - np.atleast_1d(c)

    grid = np.linspace(-_REACH, _REACH, 6001) + 1e-5
    signs = np.sign(rate(grid))
    roots = []
    for low, high in zip(grid[:-1][np.diff(signs) != 0], grid[1:][np.diff(signs) != 0], strict=True):
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if rate(middle)[0] * rate(low)[0] > 0 else (low, middle)
        roots.append((low + high) / 2)
    roots = np.array(roots)
    slopes = (rate(roots + 1e-5) - rate(roots - 1e-5)) / 2e-5
    return fixed_points_truth(np.asarray(circuit.seen(roots[:, None] @ drift.loadings.T)), slopes[:, None])
