"""The richest impostor: the process with hidden states that comes closest to a recording, but for its label."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.optimize
from jax.flatten_util import ravel_pytree

from theory.checks import count, positive
from theory.circuits.random_vectors import generator
from theory.circuits.timescales import LINE_LEAST, LINE_RATIO
from theory.errors import ProblemError
from theory.partial_observation.identifiability import recording_time_needed
from theory.partial_observation.innovations_model import InnovationsModel, canonical_model
from theory.partial_observation.recorded_circuit import RecordedCircuit


class Impostor(NamedTuple):
    """A process that is hard to tell from a recording, and how hard."""

    rate: float
    """Kullback-Leibler rate from the truth, in nats per unit of time."""
    time_needed: float
    """Recording time after which a test meets error rates of 5%, in units of time."""
    model: InnovationsModel
    """The impostor itself."""
    spread_of_starts: float
    """Second best over best rate of all starts, less 1: near 0 where descent found the same one twice."""


def fast_impostor(truth: RecordedCircuit, order: int, bound: float | None = None, starts: int = 6) -> Impostor:
    """The process of order n, none of whose modes lasts as long as a bound, that is closest to a recording.

    It minimises the rate `h = 1/(4 pi) int [tr(g^-1 f) - ln det(g^-1 f) - d] dw` between the recording's spectrum f,
    with its bin and noise, and the model's, `g = H Sigma H^*`, over all innovations models of order n whose propagator
    has spectral radius below `rho = exp(-bin / bound)`. All of them are reached without constraints: up to a change
    of the states' basis such a propagator is rho times a contraction, and every contraction is `L^-1 W` with
    `L L^T = I + W W^T`, for some W. Gradients are exact; descent (L-BFGS) from several starts; the true minimum may
    be lower, so the rate is an upper bound and the time needed a lower one.

    Args:
        truth: what is recorded.
        order: n, number of hidden states.
        bound: of every timescale, in units of time; 20 single-unit time constants unless given.
        starts: of descent; more than two differ by their random numbers.

    >>> from theory.circuits import symmetric_line_attractor
    >>> truth = RecordedCircuit(symmetric_line_attractor(20, slow=100.0), [0])
    >>> found = fast_impostor(truth, order=1, starts=2)
    >>> bool(found.model.timescales()[0] <= 20.0 and found.rate > 0)
    True

    Source: derived here; prediction-error identification at infinite data is Ljung 1999, chapter 8.
    """
    truth, order = _checked(truth, order)
    bound = positive(bound if bound is not None else LINE_LEAST * truth.circuit.time_constant, "bound")
    rho = float(np.exp(-truth.bin_size / bound))

    def start(seed):
        A, K, C, S = _initial(truth, order, seed)
        W, basis = _as_contraction(A, rho)
        return {"W": W, "K": np.linalg.solve(basis, K), "C": C @ basis, "L": _log_cholesky(S)}

    return _closest(truth, start, _fast_matrices, jnp.array(rho), starts)


def line_impostor(truth: RecordedCircuit, order: int, share: float = 0.5, starts: int = 6) -> Impostor:
    """The line attractor of order n that is closest to a recording.

    One mode lasts 20 single-unit time constants or more, and 10 times as long as any other; its share of the
    recorded variance is at least `share`. Without that last condition there is nothing to find: a slow mode that
    nobody sees costs nothing, so any circuit would have a perfect impostor. The rate is minimised as in
    `fast_impostor`, over `A = diag(a, rho times a contraction)` with `rho = a^10`.

    Args:
        truth: what is recorded.
        order: n, number of hidden states, the slow one included.
        share: of the slow mode, `|c|^2 <s^2>` over the trace of the recorded covariance; above 0. Modes correlate, so
            shares need not sum to 1: with several states others can hide much of the slow one again.
        starts: of descent.

    >>> from theory.circuits import feedforward_chain
    >>> truth = RecordedCircuit(feedforward_chain(30), [0])
    >>> found = line_impostor(truth, order=2, starts=2)
    >>> bool(found.model.timescales()[0] >= 20.0 and found.rate > 0)
    True

    Source: derived here.
    """
    truth, order = _checked(truth, order)
    share, unit = positive(share, "share"), truth.circuit.time_constant
    variance = float(np.trace(truth.lagged_covariance([0])[0]))
    settings = jnp.array([truth.bin_size, LINE_LEAST * unit, share, variance])

    rho = float(np.exp(-truth.bin_size * LINE_RATIO / (LINE_LEAST * unit)))

    def start(seed):
        random, d = generator(seed), truth.neurons
        S = _initial(truth, order, seed)[3]
        tree = {"slow": np.array([0.3, 0.3]), "c": random.normal(size=d), "k": random.normal(size=d)}
        tree["L"] = _log_cholesky(S)
        if order > 1:  # the other modes start as those of a smaller model of the recording
            A, K, C, _ = _initial(truth, order - 1, seed)
            W, change = _as_contraction(A, rho)
            tree |= {"W": W, "K": np.linalg.solve(change, K), "C": C @ change}
        return tree

    return _closest(truth, start, _line_matrices, settings, starts)


def _checked(truth: RecordedCircuit, order: int) -> tuple[RecordedCircuit, int]:
    if not isinstance(truth, RecordedCircuit):
        raise ProblemError(f"truth must be a RecordedCircuit; got {truth!r}.")
    return truth, count(order, "order")


def _initial(truth: RecordedCircuit, order: int, seed: int):
    """Matrices of the canonical model, disturbed at random from the third start on."""
    horizon = max(10, -(-2 * order // truth.neurons))
    model = canonical_model(truth, order, horizon if seed % 2 == 0 else 3 * horizon)
    A, K, C = model.propagator, model.gain, model.readout
    if seed > 1:
        random, size = generator(seed), 0.3 * np.log2(seed)
        A = A + size * random.normal(size=A.shape) / np.sqrt(order) * np.abs(np.linalg.eigvals(A)).max()
        K, C = (M * np.exp(size * random.normal(size=M.shape)) for M in (K, C))
    return A, K, C, model.innovations


def _as_contraction(A: np.ndarray, rho: float) -> tuple[np.ndarray, np.ndarray]:
    """W and a basis T with `T^-1 A T = rho L^-1 W`, `L L^T = I + W W^T`, after shrinking what is too slow."""
    values, vectors = np.linalg.eig(A)
    size = np.maximum(np.abs(values), 1e-300)
    A = ((vectors * (values * np.minimum(1.0, 0.97 * rho / size))) @ np.linalg.inv(vectors)).real
    P = scipy.linalg.solve_discrete_lyapunov(A / (0.99 * rho), np.eye(len(A)))
    T = np.linalg.cholesky(P)
    contraction = np.linalg.solve(T, A @ T) / rho
    root = np.linalg.cholesky(np.linalg.inv(np.eye(len(A)) - contraction @ contraction.T))
    return root @ contraction, T


def _log_cholesky(S: np.ndarray) -> np.ndarray:
    L = np.linalg.cholesky(S)
    return np.tril(L, -1) + np.diag(np.log(np.diag(L)))


def _triangular(L):
    return jnp.tril(L, -1) + jnp.diag(jnp.exp(jnp.diag(L)))


def _contraction(W):
    return jax.scipy.linalg.solve_triangular(jnp.linalg.cholesky(jnp.eye(len(W)) + W @ W.T), W, lower=True)


def _fast_matrices(tree, rho):
    L = _triangular(tree["L"])
    return rho * _contraction(tree["W"]), tree["K"], tree["C"], L


def _line_matrices(tree, settings):
    bin_size, least, share, variance = settings
    L = _triangular(tree["L"])
    slowest, share = least * (1 + tree["slow"][0] ** 2), share * (1 + tree["slow"][1] ** 2)
    a = jnp.exp(-bin_size / slowest)
    c, k = tree["c"] / jnp.linalg.norm(tree["c"]), tree["k"]
    # <s^2> = k^T Sigma k / (1 - a^2)
    k = k * jnp.sqrt(share * variance * (1 - a**2)) / jnp.linalg.norm(k @ L)
    if "W" not in tree:
        return a[None, None], k[None, :], c[:, None], L
    A = jax.scipy.linalg.block_diag(a[None, None], a**LINE_RATIO * _contraction(tree["W"]))
    return A, jnp.vstack([k, tree["K"]]), jnp.hstack([c[:, None], tree["C"]]), L


@functools.partial(jax.jit, static_argnums=(0, 1))
def _rate(matrices, unravel, vector, settings, z, weights, spectra, log_determinant):
    """The rate in nats per sample, and its gradient in all parameters."""

    def rate(vector):
        A, K, C, L = matrices(unravel(vector), settings)
        d = C.shape[0]
        H = jnp.eye(d) + C @ jnp.linalg.solve(z[:, None, None] * jnp.eye(len(A)) - A, K.astype(z.dtype))
        G = H @ L
        whitened = jnp.linalg.solve(G, jnp.linalg.solve(G, spectra).conj().transpose(0, 2, 1))
        trace = jnp.trace(whitened, axis1=1, axis2=2).real
        model = 2 * jnp.linalg.slogdet(G)[1]
        return 0.5 * (weights @ (trace + model - d) - log_determinant)

    return jax.value_and_grad(rate)(vector)


def _angles(slowest_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre nodes on panels that halve towards 0, where slow modes are; weights of a mean over (0, pi)."""
    panels = int(np.ceil(np.log2(np.pi / min(slowest_rate, 1.0)))) + 3
    edges = np.append(0.0, np.pi * 2.0 ** -np.arange(panels, -1, -1))
    nodes, weights = np.polynomial.legendre.leggauss(12)
    width = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + width * (nodes + 1)).ravel(), (width * weights).ravel() / np.pi


def _closest(truth: RecordedCircuit, start, matrices, settings, starts: int) -> Impostor:
    bins = truth.bin_size / truth.circuit.time_constant
    known = truth.circuit.truth.timescales if truth.circuit.truth is not None else ()
    angles, weights = _angles(bins / max(100.0, *known[:1], 0.0))
    spectra = truth.spectrum(angles)
    data = (jnp.exp(1j * jnp.asarray(angles)), jnp.asarray(weights), jnp.asarray(spectra))
    log_determinant = float(weights @ np.linalg.slogdet(spectra)[1])
    found = []
    for seed in range(count(starts, "starts")):
        vector, unravel = ravel_pytree(jax.tree.map(jnp.asarray, start(seed)))
        function = functools.partial(_rate, matrices, _Unravel(unravel, vector.size, matrices))
        first = float(function(vector, settings, *data, log_determinant)[0])
        if not np.isfinite(first):
            continue
        first = max(first, 1e-300)

        def scaled(x, function=function, scale=first):
            value, gradient = function(jnp.asarray(x), settings, *data, log_determinant)
            value, gradient = float(value) / scale, np.asarray(gradient) / scale
            # a model on the edge of what can be inverted is no candidate
            return (value, gradient) if np.isfinite(value) and np.isfinite(gradient).all() else (1e10, 0 * gradient)

        options = dict(maxiter=2000, maxfun=3000, maxcor=30, ftol=1e-12, gtol=1e-9)
        ended = scipy.optimize.minimize(scaled, np.asarray(vector), jac=True, method="L-BFGS-B", options=options)
        rate = float(function(jnp.asarray(ended.x), settings, *data, log_determinant)[0])
        if np.isfinite(rate):
            found.append((rate, unravel(jnp.asarray(ended.x))))
    if not found:
        raise ProblemError("no start gave a model with finite rate: use a lower order, or more starts.")
    found.sort(key=lambda pair: pair[0])
    rate, tree = found[0]
    A, K, C, L = (np.asarray(matrix) for matrix in matrices(tree, settings))
    rate = max(rate, 0.0)  # rounding, where the truth itself is among the models
    per_time = rate / truth.bin_size
    second = found[1][0] / rate - 1 if len(found) > 1 and rate > 0 else np.nan
    model = InnovationsModel(A, K, C, L @ L.T, truth.bin_size)
    return Impostor(per_time, recording_time_needed(per_time), model, float(second))


class _Unravel:
    """`ravel_pytree`'s inverse, hashable by what it gives, so that starts of the same shape compile once."""

    def __init__(self, unravel, size: int, matrices):
        self.unravel, self.key = unravel, (size, matrices)

    def __call__(self, vector):
        return self.unravel(vector)

    def __hash__(self):
        return hash(self.key)

    def __eq__(self, other):
        return isinstance(other, _Unravel) and self.key == other.key
