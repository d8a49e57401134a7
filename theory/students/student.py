"""Students of recordings: what they all give back, and the one method that a new one must have."""

import abc
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model `s_{n+1} = A s_n`, `x_n = C s_n`, and the timescales it reports.

    Args:
        propagator: A over `lag` bins, (state, state).
        bin_size: in units of time.
        lag: how many bins the propagator spans.
        readout: C, (neuron, state); None where the states are the neurons.
        covariance: of the states, (state, state).
        process_noise: covariance of what moves the states besides A within a bin, (state, state); None where the
            student has no such model.
        observation_noise: covariance of what is seen besides C s, (neuron, neuron); None for none.
    """

    propagator: np.ndarray
    bin_size: float
    lag: int = 1
    readout: np.ndarray | None = None
    covariance: np.ndarray | None = None
    process_noise: np.ndarray | None = None
    observation_noise: np.ndarray | None = None

    def eigenvalues(self) -> np.ndarray:
        """Of the propagator, largest modulus first, (mode,), complex."""
        values = np.linalg.eigvals(self.propagator).astype(complex)
        return values[np.argsort(-np.abs(values), kind="stable")]

    def timescales(self) -> np.ndarray:
        """`-lag bin / ln |eigenvalue|`, in units of time, slowest first, (mode,); infinite without decay."""
        return timescale_of(np.abs(self.eigenvalues()), self.lag * self.bin_size)

    def slowest(self) -> float:
        """The slowest timescale it reports, in units of time."""
        return float(self.timescales()[0])

    def drift(self) -> np.ndarray:
        """F with `exp(F lag bin) = A`: the principal logarithm, per unit of time, (state, state).

        A rotation is taken to be of less than half a turn in `lag` bins; faster ones cannot be told from those.

        Raises:
            ProblemError: an eigenvalue of A is zero or negative, so that A is no step of a real drift.
        """
        values = self.eigenvalues()
        lost = np.abs(values) < 1e-12 * np.abs(values).max()
        negative = (values.real < 0) & (np.abs(values.imag) < 1e-12 * np.abs(values))
        if (lost | negative).any():
            value = values[np.argmax(lost | negative)].real
            raise ProblemError(
                f"the propagator has an eigenvalue {value:.3g}, which no drift in continuous time steps by: use "
                "shorter bins, a longer recording, or EulerDrift."
            )
        return np.real(scipy.linalg.logm(self.propagator)) / (self.lag * self.bin_size)


class Student(abc.ABC):
    """One way to fit a network to a recording. A subclass is a frozen dataclass with its settings as fields.

    Everything a student knows of a recording are its lagged covariances, so that the same code fits a finite
    recording (`numerics.recordings.Recording`) and predicts what an endless one would give
    (`theory.partial_observation.RecordedCircuit`).
    """

    @abc.abstractmethod
    def fit(self, recorded) -> Fit:
        """The model fitted to a recording.

        Args:
            recorded: has `lagged_covariance(lags)`, `bin_size` and `neurons`.

        Raises:
            ProblemError: the recording does not determine the model.
        """


def timescale_of(modulus, time: float) -> np.ndarray:
    """`-time / ln modulus`: 0 for a modulus of 0, infinite from 1 on.

    Args:
        modulus: of eigenvalues of propagators, any shape.
        time: that the propagators span.

    >>> timescale_of(np.array([0.0, np.exp(-0.5), 1.0]), time=1.0)
    array([ 0.,  2., inf])
    """
    with np.errstate(divide="ignore"):
        rates = -np.log(modulus) / time
    return np.where(rates > 0, 1.0 / np.where(rates > 0, rates, 1.0), np.inf)


def regression(later: np.ndarray, present: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """`C(k) (C(0) + ridge I)^-1`, or a ProblemError where C(0) is singular to rounding.

    Args:
        later: C(k), (neuron, neuron).
        present: C(0), (neuron, neuron).
        ridge: as a variance.
    """
    regularised = present + ridge * np.eye(len(present))
    condition = np.linalg.cond(regularised)
    if condition > 1e12:
        raise ProblemError(
            f"the recorded neurons are linearly dependent (condition number {condition:.1g} of their covariance). "
            "Leave out what repeats, or use a ridge."
        )
    return np.linalg.solve(regularised, later.T).T


def square_root(covariance: np.ndarray) -> np.ndarray:
    """The Cholesky factor L, `L L^T = covariance`, or a ProblemError where there is none.

    Args:
        covariance: of samples or of errors of prediction, (n, n).
    """
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise ProblemError(
            "the covariance of successive samples is singular: use a shorter horizon, a longer recording or longer "
            "bins."
        ) from error
