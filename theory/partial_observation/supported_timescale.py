"""What timescales a recording can support: the bound of the Markov student, in bins and without knowing the circuit."""

import numpy as np
import scipy.linalg

from theory.checks import count
from theory.errors import ProblemError
from theory.students.student import regression, timescale_of


def supported_timescales(recorded, lag: int = 1) -> tuple[float, float]:
    """R1 in bins: between which timescales every mode of the regression over some bins lies, from covariances alone.

    A stationary network `x_{n+k} = A x_n + e`, whose innovations e have covariance `Q = S - A S A^T`, has for a left
    eigenvector `u^* A = m u^*`

        1 - |m|^2 = u^* Q u / u^* S u,

    a quotient between the extreme generalised eigenvalues of (Q, S). For the regression, `A = C(k) C(0)^-1`, these
    are one less the squares of the canonical correlations r between samples k bins apart, so that `|m|` lies between
    the least and the greatest r, and a timescale between the values of `-k bin / ln r`. No linear prediction from the
    present leaves smaller innovations than the regression's. So the upper bound holds for *every* network that has
    the recording's covariance and innovations no smaller than a prediction of the recording leaves; a fit that
    claims more claims activity that changes less, or varies more, than what was recorded. As the bin goes to zero,
    for noise that is independent and of the same strength in all neurons, it becomes the largest eigenvalue of S_oo.

    Observation noise lowers the canonical correlations: a fit that models it may claim more.

    Args:
        recorded: has `lagged_covariance` and `bin_size`.
        lag: k, in bins.

    Returns:
        The shortest and the longest, in units of time; 0 and infinity where nothing, or everything, is predicted.

    Raises:
        ProblemError: recorded neurons that are linearly dependent.

    >>> from theory.circuits import feedforward_chain
    >>> from theory.partial_observation import RecordedCircuit
    >>> from theory.students import Autoregression
    >>> recorded = RecordedCircuit(feedforward_chain(50, skip=1.0, rotated=True), range(5), bin_size=1.0)
    >>> shortest, longest = supported_timescales(recorded)
    >>> shortest <= Autoregression().fit(recorded).slowest() <= longest
    True

    Source: derived here, after R1; canonical correlations are Hotelling's, Biometrika 28 (1936) 321.
    """
    lag = count(lag, "lag")
    present, later = recorded.lagged_covariance([0, lag])
    root = _root(present)
    whitened = scipy.linalg.solve_triangular(root, later, lower=True)
    whitened = scipy.linalg.solve_triangular(root, whitened.T, lower=True).T
    correlations = np.linalg.svd(whitened, compute_uv=False)
    shortest, longest = timescale_of(correlations[[-1, 0]], lag * recorded.bin_size)
    return float(shortest), float(longest)


def supported_by_projection(recorded, direction: np.ndarray, lag: int = 1) -> float:
    """The longest timescale that one mode may claim: that of the best prediction of its projection, some bins ahead.

    For the mode with left eigenvector u the identity of `supported_timescales` reads
    `|m|^2 <= 1 - u^* Q u / u^* S u`, the explained variance of predicting `u^* x_{n+k}` from all of `x_n`.

    Args:
        recorded: as of `supported_timescales`.
        direction: u, real or complex, (neuron,).
        lag: k, in bins.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> round(supported_by_projection(RecordedCircuit(uncoupled(3), bin_size=0.5), np.array([1.0, 2.0, 0.0])), 9)
    1.0
    """
    lag = count(lag, "lag")
    present, later = recorded.lagged_covariance([0, lag])
    if direction.shape != (len(present),):
        raise ProblemError(f"the direction has shape {direction.shape}, but {len(present)} neurons are recorded.")
    ahead = regression(later, present).T @ direction.conj()
    explained = (ahead.conj() @ present @ ahead).real / (direction.conj() @ present @ direction).real
    return float(timescale_of(np.sqrt(explained), lag * recorded.bin_size))


def _root(covariance: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError as error:
        raise ProblemError(
            "the recorded neurons are linearly dependent: their covariance is singular. Leave out what repeats."
        ) from error
