"""Kalman filter and smoother of latent linear models: likelihoods, and the moments that learning needs."""

from typing import NamedTuple

import numpy as np

from theory.errors import ProblemError
from theory.linear_recursion import driven_states

# covariances of the filter are those of its steady state once they change by less, relative to themselves
_SETTLED = 1e-13


class LatentModel(NamedTuple):
    """`s_{n+1} = A s_n + w_n`, `x_n = C s_n + v_n` with white noises of covariance Q and R, and `s_0 ~ N(0, P)`."""

    A: np.ndarray
    C: np.ndarray
    Q: np.ndarray
    R: np.ndarray
    P: np.ndarray


class Moments(NamedTuple):
    """Log-likelihood of the data, and the sums of posterior second moments over time that EM needs."""

    log_likelihood: float
    states: np.ndarray
    """`sum <s_n s_n^T>` over all times, (state, state)."""
    first: np.ndarray
    """Its terms of every stretch's first sample."""
    last: np.ndarray
    """Its terms of every stretch's last sample."""
    successive: np.ndarray
    """`sum <s_{n+1} s_n^T>`, (state, state)."""
    seen: np.ndarray
    """`sum x_n <s_n>^T`, (neuron, state)."""


class Filter(NamedTuple):
    """Covariances of the filter by sample, up to the steady state, which the last entry holds."""

    predicted: np.ndarray
    gain: np.ndarray
    filtered: np.ndarray
    innovation: np.ndarray


def filter_of(model: LatentModel, samples: int) -> Filter:
    """The filter's covariances and gains, which do not depend on the data.

    Args:
        model: with a P of the first sample.
        samples: at most as many as this are wanted.
    """
    A, C, Q, R, P = model
    found = []
    for _ in range(samples):
        S = C @ P @ C.T + R
        try:
            np.linalg.cholesky(S)
        except np.linalg.LinAlgError as error:
            raise ProblemError(
                "the model says that some combination of neurons has no noise at all, so that data have no likelihood: "
                "leave out what repeats, or give it observation noise."
            ) from error
        K = np.linalg.solve(S, C @ P).T
        rest = np.eye(len(A)) - K @ C
        # equals P - K C P, and stays a covariance under rounding
        V = rest @ P @ rest.T + K @ R @ K.T
        found.append((P, K, V, S))
        ahead = A @ V @ A.T + Q
        ahead = (ahead + ahead.T) / 2
        if np.abs(ahead - P).max() <= _SETTLED * np.abs(P).max():
            break
        P = ahead
    return Filter(*map(np.stack, zip(*found, strict=True)))


def last_state(model: LatentModel, of: Filter, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (state,) and covariance (state, state) of the state at the last sample, given the whole stretch.

    Args:
        model: as of `filter_of`.
        of: `filter_of(model, samples)` for as many samples as there are, or more.
        stretch: (time, neuron).

    >>> one = np.eye(1)
    >>> model = LatentModel(0.5 * one, one, 0.75 * one, one, one)
    >>> mean, covariance = last_state(model, filter_of(model, 1), np.array([[2.0]]))  # half signal, half noise
    >>> mean.tolist(), covariance.tolist()
    ([1.0], [[0.5]])
    """
    predicted = _predicted_means(model, stretch[None], of)[0, -1]
    here = min(len(of.gain), len(stretch)) - 1
    return predicted + of.gain[here] @ (stretch[-1] - model.C @ predicted), of.filtered[here]


def _predicted_means(model: LatentModel, x: np.ndarray, of: Filter) -> np.ndarray:
    """Of the state given all earlier samples, (trial, time, state)."""
    A, C, (trials, samples, _) = model.A, model.C, x.shape
    means, settled = np.zeros((trials, samples, len(A))), min(len(of.gain), samples) - 1
    for n in range(settled):
        filtered = means[:, n] + (x[:, n] - means[:, n] @ C.T) @ of.gain[n].T
        means[:, n + 1] = filtered @ A.T
    K = of.gain[-1]
    closed = A - A @ K @ C
    means[:, settled:] = driven_states(closed, x[:, settled:] @ (A @ K).T, means[:, settled])[0]
    return means


def _log_likelihoods(x: np.ndarray, errors: np.ndarray, of: Filter) -> np.ndarray:
    """Of every trial, (trial,)."""
    trials, samples, neurons = x.shape
    settled = min(len(of.gain), samples) - 1
    totals = np.full(trials, -0.5 * samples * neurons * np.log(2 * np.pi))
    for n in range(settled + 1):
        e = errors[:, n : n + 1] if n < settled else errors[:, settled:]
        root = np.linalg.cholesky(of.innovation[n])
        squares = np.linalg.solve(root, e.reshape(-1, neurons).T) ** 2
        totals -= e.shape[1] * np.log(np.diag(root)).sum() + 0.5 * squares.reshape(neurons, trials, -1).sum(axis=(0, 2))
    return totals


def trial_log_likelihoods(model: LatentModel, x: np.ndarray) -> np.ndarray:
    """`ln p(x)` of every trial, a record of its own, in nats, (trial,); they sum to `filtered_log_likelihood`.

    Args:
        model: with a P of the first sample of every trial.
        x: (trial, time, neuron).

    >>> one = np.eye(1)
    >>> trial_log_likelihoods(LatentModel(0.5 * one, one, 0.75 * one, 0.0 * one, one), np.zeros((3, 1, 1)))
    array([-0.91893853, -0.91893853, -0.91893853])
    """
    of = filter_of(model, x.shape[1])
    return _log_likelihoods(x, x - _predicted_means(model, x, of) @ model.C.T, of)


def filtered_log_likelihood(model: LatentModel, stretches: list[np.ndarray]) -> float:
    """`ln p(x)` of all stretches, each a record of its own, in nats, from the innovations of a Kalman filter.

    Args:
        model: with a P of the first sample of every stretch.
        stretches: each (time, neuron).

    >>> one = np.eye(1)
    >>> model = LatentModel(0.5 * one, one, 0.75 * one, 0.0 * one, one)
    >>> round(filtered_log_likelihood(model, [np.zeros((1, 1)), np.zeros((1, 1))]), 4)  # -ln 2 pi
    -1.8379
    """
    total = 0.0
    for x in _by_length(stretches):
        total += float(trial_log_likelihoods(model, x).sum())
    return total


def smoothed_moments(model: LatentModel, stretches: list[np.ndarray]) -> Moments:
    """Posterior second moments of the states given all data, by the smoother of Rauch, Tung and Striebel.

    `s^_n = f_n + J_n (s^_{n+1} - A f_n)`, `J_n = V_n A^T P_{n+1}^-1`, with f and V those of the filter and P its
    prediction's. Gains and covariances do not depend on the data: they are found by as many steps as it takes them to
    settle, at either end, and the means by `driven_states`.

    Args:
        model, stretches: as of `filtered_log_likelihood`.

    Source: Shumway & Stoffer, J. Time Ser. Anal. 3 (1982) 253; Ghahramani & Hinton 1996.
    """
    return Moments(*map(sum, zip(*(_moments(model, x) for x in _by_length(stretches)), strict=True)))


def _moments(model: LatentModel, x: np.ndarray) -> Moments:
    A, C, (trials, samples, _) = model.A, model.C, x.shape
    of = filter_of(model, samples)
    predicted = _predicted_means(model, x, of)
    errors = x - predicted @ C.T
    settled = min(len(of.gain), samples) - 1
    filtered = predicted + errors @ of.gain[-1].T
    for n in range(settled):
        filtered[:, n] = predicted[:, n] + errors[:, n] @ of.gain[n].T
    J = np.stack(
        [
            np.linalg.solve(of.predicted[min(n + 1, len(of.predicted) - 1)], A @ of.filtered[n]).T
            for n in range(len(of.filtered))
        ]
    )
    means = np.empty_like(filtered)
    rest = filtered[:, settled:] - (filtered[:, settled:] @ A.T) @ J[-1].T
    # backwards in time: s^_n = J s^_{n+1} + rest_n, from the last sample, which the filter knows as well
    kicks = rest[:, -2::-1] if rest.shape[1] > 1 else rest[:, :0]
    behind, first = driven_states(J[-1], np.ascontiguousarray(kicks), filtered[:, -1])
    means[:, settled:] = np.concatenate([behind, first[:, None]], axis=1)[:, ::-1]
    for n in range(settled - 1, -1, -1):
        means[:, n] = filtered[:, n] + (means[:, n + 1] - filtered[:, n] @ A.T) @ J[n].T
    total, crossed, at_first, at_last = _smoothed_covariances(of, J, samples)
    flat, late, early = (m.reshape(-1, len(A)) for m in (means, means[:, 1:], means[:, :-1]))
    return Moments(
        float(_log_likelihoods(x, errors, of).sum()),
        flat.T @ flat + trials * total,
        means[:, 0].T @ means[:, 0] + trials * at_first,
        means[:, -1].T @ means[:, -1] + trials * at_last,
        late.T @ early + trials * crossed,
        x.reshape(-1, x.shape[2]).T @ flat,
    )


def _smoothed_covariances(of: Filter, J: np.ndarray, samples: int):
    """Sums over time of posterior covariances, at one time and between successive ones, and those at either end."""
    last = len(J) - 1
    V = of.filtered[min(samples - 1, last)]
    at_last, total, crossed, n = V, V.copy(), np.zeros_like(V), samples - 2
    while n >= 0:
        step, ahead = min(n, last), of.predicted[min(n + 1, last)]
        cross = V @ J[step].T
        before = of.filtered[step] + J[step] @ (V - ahead) @ J[step].T
        before = (before + before.T) / 2
        same = n > last and np.abs(before - V).max() <= _SETTLED * np.abs(V).max()
        times = n - last if same else 1  # nothing changes any more until the filter's own beginning
        total, crossed, V, n = total + times * before, crossed + times * cross, before, n - times
    return total, crossed, V, at_last


def stationary_covariance(A: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """`sum_k A^k Q (A^k)^T` by doubling (Smith 1968): sums of positive terms, whatever A is short of unstable.

    >>> stationary_covariance(np.array([[0.5]]), np.array([[3.0]]))
    array([[4.]])
    """
    covariance = Q
    for _ in range(60):
        added = A @ covariance @ A.T
        covariance, A = covariance + added, A @ A
        if np.abs(added).max() <= 1e-17 * np.abs(covariance).max():
            break
    return (covariance + covariance.T) / 2


def _by_length(stretches: list[np.ndarray]):
    lengths = sorted({len(x) for x in stretches})
    return [np.stack([x for x in stretches if len(x) == length]) for length in lengths]
