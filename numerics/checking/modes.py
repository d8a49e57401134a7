"""The modes of a fitted network, and the stationary process that it would be."""

from dataclasses import dataclass

import numpy as np

from numerics.checking.weights import Weights
from numerics.recordings import Recording
from theory.errors import ProblemError
from theory.partial_observation.supported_timescale import supported_by_projection, timescale_of
from theory.students.kalman import stationary_covariance


@dataclass(frozen=True, eq=False)
class Mode:
    """A mode of the fit, and what the recording can support of it.

    Args:
        timescale: that the fit claims, in units of time.
        period: of its oscillation, in units of time; infinite for a real mode.
        direction: over the recorded neurons along which the mode is read out, (neuron,), complex.
        supported: the longest timescale that the recording's covariances allow it over one bin (R1), in units of time;
            NaN for a mode that reaches no recorded neuron.
        condition: how far a change of the weights of size one moves the eigenvalue; 1 for a normal network.
    """

    timescale: float
    period: float
    direction: np.ndarray
    supported: float
    condition: float


@dataclass(frozen=True, eq=False)
class StationaryLaw:
    """The fit as a process of its own: `s_{n+1} = A s_n + e`, recorded at some rows with observation noise.

    Args:
        propagator: A over a bin, (row, row).
        covariance: of the states, (row, row).
        rows: that are recorded, (observed,).
        observation_noise: variance of what is added to every sample of every neuron.
    """

    propagator: np.ndarray
    covariance: np.ndarray
    rows: np.ndarray
    observation_noise: float

    @classmethod
    def of(cls, weights: Weights, A: np.ndarray, rows: np.ndarray, recording: Recording) -> "StationaryLaw":
        """The law that weights have: with the noise that they give, or what they leave unexplained of the recording.

        Args:
            weights: of the fit.
            A: their propagator over a bin, (row, row).
            rows: that are recorded, (observed,).
            recording: of those rows, in their order.

        Raises:
            ProblemError: observation noise that exceeds all that varies.
        """
        noise = weights.noise
        if noise is None and rows.size == len(A) and not weights.observation_noise:
            # what the fit leaves unexplained of each bin, in the order of its rows
            C, later = recording.lagged_covariance([0, 1])
            ours = A[np.ix_(rows, rows)]
            left = C - ours @ later.T - later @ ours.T + ours @ C @ ours.T
            noise = np.empty_like(left)
            noise[np.ix_(rows, rows)] = left
        covariance = stationary_covariance(A, np.eye(len(A)) if noise is None else noise)
        if noise is None:  # independent noise of one size for all states, to match the recorded variance
            recorded = np.trace(recording.lagged_covariance([0])[0]) - rows.size * weights.observation_noise
            if recorded <= 0:
                raise ProblemError(
                    f"observation_noise = {weights.observation_noise:g} is more than all that varies in the recording "
                    f"({recorded / rows.size + weights.observation_noise:g} a neuron)."
                )
            covariance *= recorded / np.trace(covariance[np.ix_(rows, rows)])
        return cls(A, covariance, rows, weights.observation_noise)

    def errors(self, recording: Recording, lags: np.ndarray) -> np.ndarray:
        """`|C_fit(k) - C(k)| / |C(0)|` in the Frobenius norm, (lag,).

        Args:
            recording: of the law's recorded rows.
            lags: k, in bins, increasing, (lag,).
        """
        C, found, state, reached = recording.lagged_covariance([0, *lags]), [], self.covariance[:, self.rows], 0
        for k, recorded in zip(lags, C[1:], strict=True):
            state, reached = np.linalg.matrix_power(self.propagator, int(k) - reached) @ state, int(k)
            found.append(np.linalg.norm(state[self.rows] - recorded) / np.linalg.norm(C[0]))
        return np.array(found)


def modes_of(law: StationaryLaw, recording: Recording) -> tuple[Mode, ...]:
    """The modes of a fit, slowest first, each with what the recording can support of it.

    Args:
        law: of the fit.
        recording: of its recorded rows.

    Raises:
        ProblemError: by the law's noise some recorded rows do not vary, or repeat each other.
    """
    rows = law.rows
    values, left = np.linalg.eig(law.propagator.T)
    right_values, right = np.linalg.eig(law.propagator)
    seen = law.covariance[np.ix_(rows, rows)] + law.observation_noise * np.eye(rows.size)
    scale = np.sqrt(np.abs(np.diagonal(seen)))
    if not scale.all() or np.linalg.cond(seen / np.outer(scale, scale)) > 1e14:
        raise ProblemError(
            "by the fit's own noise its recorded rows do not vary, or repeat each other: a recording of them cannot be "
            "compared. Leave `noise` out, or give the covariance of what is left unexplained in each bin."
        )
    modes = []
    for index in np.argsort(-np.abs(values), kind="stable"):
        value, u = values[index], left[:, index]
        v = right[:, int(np.argmin(np.abs(right_values - value)))]
        # of the recorded neurons, what tells most of the mode: all of it, where no row is hidden
        direction = np.linalg.solve(seen, law.covariance[rows] @ u.conj()).conj()
        overlap = abs(u @ v)
        seen_at_all = np.abs(direction).max() > 1e-12 * np.abs(u).max()
        modes.append(
            Mode(
                timescale=float(timescale_of(abs(value), recording.bin_size)),
                period=float(2 * np.pi * recording.bin_size / abs(np.angle(value))) if value.imag else np.inf,
                direction=direction,
                supported=supported_by_projection(recording, direction) if seen_at_all else float("nan"),
                condition=float(np.linalg.norm(u) * np.linalg.norm(v) / overlap) if overlap else np.inf,
            )
        )
    return tuple(modes)
