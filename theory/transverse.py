"""Transverse growth: how fast a network leaves the narrow network that a reduction confines it to."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from theory.architectures import FullRank
from theory.errors import ProblemError
from theory.flow import padded
from theory.learning_rules import LearningRule
from theory.observation import as_data


def coupling(observer, problem, network: dict, own_recurrence=0.0) -> Float[Array, "outgoing incoming"]:
    """How an extra hidden unit's outgoing and incoming weights drive each other, to first order.

    A network of width k is embedded in a wide one whose other units are silent: recurrence w onto themselves
    and nothing else. Give one of them small weights: outgoing `o = (W[:, j], V[:, j])` and incoming
    `i = (W[j, :], U[j, :])`. The loss changes first at second order, by `o^T M i`, so under gradient flow

        do/ds = -M i,    di/ds = -M^T o,    M = d^2 L / do di

    and the largest singular value of M is the transverse growth rate: the silent units are N - k copies of
    the same unstable direction. A rule of finite steps amplifies each singular direction by its `growth` instead.

    Assumptions: dense network; any objective. M is the gradient with respect to the outgoing
    weights of k + p silent units, the j-th of which has the j-th incoming weight alone: exact, no differences.

    Args:
        observer: the problem's `Observer`, which knows its gradient.
        problem: the learning problem.
        network: the narrow network's "recurrent" (k, k), "input" (k, p) and "readout" (q, k).
        own_recurrence: w, the silent unit's recurrence onto itself.

    Returns:
        M, shape (k + q, k + p).

    Source: derived here; at a fixed point of one or two poles it gives the escape rates of the staircase.
    """
    W, U, V = (network[name] for name in ("recurrent", "input", "readout"))
    k, p, q, time = W.shape[0], U.shape[1], V.shape[0], problem.teacher.time
    silent = k + p  # one silent unit for each incoming weight; none of them sends anything
    incoming = jnp.eye(silent)

    def wide(outgoing):
        own = own_recurrence * jnp.eye(silent)
        weights = {
            "recurrent": jnp.block([[W, outgoing[:k]], [incoming[:, :k], own]]),
            "input": jnp.concatenate([U, incoming[:, k:]]),
            "readout": jnp.concatenate([V, outgoing[k:]], axis=1),
        }
        return FullRank().matrices(weights, time)

    matrices, pull_back = jax.vjp(wide, jnp.zeros((k + q, silent)))
    return pull_back(observer.gradient(problem, *matrices))[0]


def couplings_along(reduction, observer, problem, states) -> Float[np.ndarray, "record outgoing incoming"]:
    """The coupling M at every state of a path, (record, state)."""
    own = jnp.asarray(reduction.silent_recurrence(problem))
    return np.asarray(_couplings_along(reduction, observer, as_data(problem), own, padded(states)))[: len(states)]


@eqx.filter_jit
def _couplings_along(reduction, observer, problem, own, states):
    return jax.lax.map(
        lambda state: coupling(observer, problem, reduction.network(problem, state), own),
        states,
        batch_size=64,
    )


def outside(weights: dict, basis) -> Float[np.ndarray, "... weight width"]:
    """The weights between a narrow network and the units outside it, of a wide network that contains it.

    In coordinates of the narrow network, a column for each direction of hidden space: the outgoing weights
    `(W[:, j], V[:, j])` of every unit j and then its incoming ones, `(W[j, :], U[j, :])`, without what lies within the
    narrow network.

    Args:
        weights: "recurrent" (..., N, N), "input" (..., N, p) and "readout" (..., q, N).
        basis: orthonormal directions of the narrow network's units, (N, k).

    Returns:
        Shape (..., 2k + p + q, N): the rows that `propagator` acts on.
    """
    basis = np.asarray(basis)
    W, U, V = (np.asarray(weights[name]) for name in ("recurrent", "input", "readout"))

    def beyond(rows):
        return rows - (rows @ basis) @ basis.T

    W_out, W_in = basis.T @ W, basis.T @ np.swapaxes(W, -1, -2)
    return np.concatenate([beyond(part) for part in (W_out, V, W_in, np.swapaxes(U, -1, -2))], axis=-2)


def recurrent_rows(units: int, outputs: int) -> np.ndarray:
    """Which rows of `outside` are recurrent weights: k outgoing and k incoming ones.

    Args:
        units: k, of the narrow network.
        outputs: q.

    >>> recurrent_rows(units=2, outputs=1)
    array([0, 1, 3, 4])
    """
    return np.concatenate([np.arange(units), units + outputs + np.arange(units)])


def propagator(
    couplings, times, rule: LearningRule
) -> tuple[Float[np.ndarray, "record weight weight"], Float[np.ndarray, " record"]]:
    """How a silent unit's weights at the start act on those at every record, to first order.

    With z the weights between the narrow network and a silent unit, in the order of `outside`:
    `z(s) = exp(scale) Phi z(0)`. Between records M is taken as constant at the mean of both ends.

    Args:
        couplings: M along the path, (record, k + q, k + p).
        times: training times of the records, (record,).
        rule: how weights move.

    Returns:
        Phi and the logarithm of its scale, at every record.
    """
    found = _propagator(padded(couplings), padded(times), rule)  # nothing happens while time stands still
    return jax.tree.map(lambda values: np.asarray(values)[: len(times)], found)


@eqx.filter_jit
def _propagator(couplings, times, rule: LearningRule):
    left, rates, right = jnp.linalg.svd((couplings[1:] + couplings[:-1]) / 2, full_matrices=False)

    # under gradient flow exp(-t [[0, M], [M^T, 0]]) on (o, i), from M = left diag(rates) right: o - i grows
    def advance(carry, interval):
        (outgoing, incoming), scale = carry
        left, rate, right, duration = interval
        up, down = rule.growth(rate, duration)[:, None], rule.growth(-rate, duration)[:, None]
        cosh, sinh = (up + down) / 2, (up - down) / 2
        o, i = left.T @ outgoing, right @ incoming
        outgoing += left @ ((cosh - 1) * o - sinh * i)
        incoming += right.T @ ((cosh - 1) * i - sinh * o)
        size = jnp.maximum(jnp.abs(outgoing).max(), jnp.abs(incoming).max())
        outgoing, incoming, scale = outgoing / size, incoming / size, scale + jnp.log(size)
        return ((outgoing, incoming), scale), (jnp.concatenate([outgoing, incoming]), scale)

    # a column for each weight from, then to, the silent unit
    columns = jnp.eye(couplings.shape[1] + couplings.shape[2])
    start = ((columns[: couplings.shape[1]], columns[couplings.shape[1] :]), jnp.zeros(()))
    later, scales = jax.lax.scan(advance, start, (left, rates, right, jnp.diff(times)))[1]
    return jnp.concatenate([columns[None], later]), jnp.concatenate([jnp.zeros(1), scales])


def log_amplification(couplings, times, outputs: int, rule: LearningRule) -> Float[np.ndarray, " record"]:
    """The logarithm of the factor by which random recurrent weights outside have grown since the start.

    Root-mean-square over the entries of W between the narrow network and a silent unit, for independent
    entries at the start.

    Args:
        couplings, times, rule: as for `propagator`.
        outputs: q.
    """
    Phi, scale = propagator(couplings, times, rule)
    kept = recurrent_rows(couplings.shape[1] - outputs, outputs)
    Phi = Phi[:, kept[:, None], kept]
    return scale + 0.5 * np.log((Phi**2).sum(axis=(1, 2)) / Phi.shape[1])


def log_size_outside(couplings, times, left_out, rule: LearningRule) -> Float[np.ndarray, " record"]:
    """The logarithm of the size of all weights outside the narrow network, which start as given; see `outside`.

    Their Frobenius norm, to first order: what one silent unit would have that does the work of all. A network has left
    its reduction by about the square of that size.

    Args:
        couplings, times, rule: as for `propagator`.
        left_out: the weights outside at the start, (2k + p + q, width).
    """
    Phi, scale = propagator(couplings, times, rule)
    root = np.linalg.qr(np.asarray(left_out).T, mode="r").T  # of the same norms, and with few columns
    with np.errstate(divide="ignore"):
        return scale + np.log(np.linalg.norm(Phi @ root, axis=(1, 2)))


def escape_time(path, perturbation: float, size: float = 1e-2) -> float:
    """The training time at which random recurrent weights outside the narrow network have grown to a size.

    Args:
        path: what `LearningDynamics.amplification` returned.
        perturbation: standard deviation of each such weight at the start: `gain / sqrt(width)` for a random
            W(0), about 1e-17 for rounding in float64.
        size: standard deviation of each at the time asked for. The perturbation has taken over once it
            is as large as the weights themselves; below that the prediction is exact to first order.

    Returns:
        The time, interpolated between records; infinite where they do not reach that size within the path.

    Raises:
        ProblemError: sizes that are not positive, or a start that is not below the end; a path without
            amplification.
    """
    if "log_amplification" not in path:
        raise ProblemError("this path has no amplification: LearningDynamics.amplification(path) adds it.")
    if not 0 < perturbation < size:
        raise ProblemError(
            f"a perturbation of {perturbation:g} cannot grow to {size:g}: give 0 < perturbation < size."
        )
    needed = np.log(size / perturbation)
    return first_passage(path["training_time"].values, path["log_amplification"].values, needed)


def first_passage(times, values, level: float) -> float:
    """When a curve first rises above a level, by linear interpolation; infinite where it does not.

    >>> first_passage([0.0, 1.0, 2.0], [0.0, 1.0, 3.0], 2.0)
    1.5
    """
    beyond = np.asarray(values) > level
    if not beyond.any():
        return float("inf")
    after = max(int(np.argmax(beyond)), 1)
    return float(np.interp(level, values[after - 1 : after + 1], times[after - 1 : after + 1]))
