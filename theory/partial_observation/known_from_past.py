"""What the past of the observed neurons tells of the hidden ones, beyond what their present does."""

import numpy as np
import scipy.linalg

from theory.checks import instance
from theory.circuits import LinearCircuit
from theory.circuits.noise import common_level
from theory.errors import DivergedError
from theory.partial_observation.markov_student import observed_neurons

_ROUNDING = np.finfo(float).eps
_DOUBLINGS = 60


def known_from_past(circuit: LinearCircuit, observed) -> np.ndarray:
    """A factor U of `U U^T = S_(h|o) - Pi`: variance of hidden neurons that the past explains and the present does not.

    S_(h|o) is the covariance of the hidden neurons h given the observed ones x now, and Pi that given x of all times up
    to now, recorded without noise: the error of the Kalman-Bucy filter, with
    `F Pi + Pi F^T + 2 q - Pi B_oh^T B_oh Pi / (2 q) = 0`, `F = B_hh - I` and noise of variance q on every neuron.
    Subtracting the two large covariances would cost digits and all the time: Pi has full rank. Their difference
    obeys an equation of its own. Put `Pi = S_(h|o) - X`; then

        F' X + X F'^T + L L^T + X C^T C X = 0,   F' = F - S_(h|o) C^T C,   C = B_oh / sqrt(2q),

    where `L = S_ho S_oo^-1 sqrt(2q) - S_(h|o) C^T` is what one more moment of the past tells. (Seen backwards in time
    the circuit drifts by `-2q S^-1 - (B - I)`. The block E of that from hidden to observed neurons obeys
    `E S_(h|o) = sqrt(2q) L^T`, and x, which sees E h in noise 2q, takes `S_(h|o) E^T E S_(h|o) / (2q) = L L^T` off the
    covariance per unit of time.) L has as many columns as neurons are observed, and the rank of X, up to rounding,
    is far below the number of hidden neurons unless many are observed.

    Cayley's transform turns the equation into one in discrete time with the same X, and time doubles in every step
    (structure-preserving doubling), with `G = V V^T` what the hidden neurons tell of the future, and `K = V^T U`:

        X' = X + A^T U (1 - K^T K)^-1 U^T A,   G' = G + A V (1 - K K^T)^-1 V^T A^T,
        A' = A A + A V (1 - K K^T)^-1 K U^T A.

    The singular values of K are correlations between future and past, below 1; all sums are of positive terms, and
    columns of U and V below rounding are dropped. For 1,000 neurons, ten observed, a step costs little more than one
    matrix product, of which 5 to 15 are needed.

    Args:
        circuit: the truth, with noise that is the same and independent for all neurons.
        observed: indices of the recorded neurons.

    Returns:
        U, (hidden neuron, rank), hidden neurons in their order in the circuit, in units where time constants are 1.

    Raises:
        ProblemError: noise that differs between neurons or is shared, or all neurons observed.
        DivergedError: the doubling does not settle.

    >>> from theory.circuits import feedforward_chain
    >>> known_from_past(feedforward_chain(3), [0]).shape[0]
    2

    Source: derived here. Kalman & Bucy, J. Basic Eng. 83 (1961) 95; doubling: Chu, Fan & Lin, Linear Algebra Appl. 396
    (2005) 55.
    """
    instance(circuit, LinearCircuit, "circuit")
    observed, noise = observed_neurons(circuit, observed), common_level(circuit.noise)
    hidden = np.setdiff1d(np.arange(circuit.neurons), observed)
    if hidden.size == 0:
        return np.zeros((0, 0))
    S = circuit.covariance()
    C = circuit.recurrence[np.ix_(observed, hidden)] / np.sqrt(2 * noise)
    S_ho = S[np.ix_(hidden, observed)]
    regression = np.linalg.solve(S[np.ix_(observed, observed)], S_ho.T).T
    into = S[np.ix_(hidden, hidden)] @ C.T - regression @ (S_ho.T @ C.T)
    L = np.sqrt(2 * noise) * regression - into
    drift = circuit.recurrence[np.ix_(hidden, hidden)] - np.eye(hidden.size) - into @ C
    return _stationary_factor(drift, L, C)


def _stationary_factor(drift: np.ndarray, L: np.ndarray, C: np.ndarray) -> np.ndarray:
    """U of `F X + X F^T + L L^T + X C^T C X = 0`, `X = U U^T`, the smallest positive solution."""
    try:
        A, U, V = _cayley(drift, L, C)
        for _ in range(_DOUBLINGS):
            K, before, ahead = V.T @ U, A.T @ U, A @ V
            added = before @ _root_of_inverse(K.T @ K)
            if not np.isfinite(added).all():
                break
            if np.abs(added).max() ** 2 <= 0.1 * _ROUNDING * np.abs(U).max() ** 2:
                return U
            root = _root_of_inverse(K @ K.T)
            A = A @ A + ahead @ root @ (root.T @ K) @ before.T
            U, V = _few_columns(np.hstack([U, added])), _few_columns(np.hstack([V, ahead @ root]))
    except np.linalg.LinAlgError:  # future and past correlate by 1: what is hidden is known without error
        pass
    raise DivergedError("the filter of the hidden neurons does not settle: are they driven by noise at all?")


def _cayley(drift: np.ndarray, L: np.ndarray, C: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A, U and V of the same X in discrete time, with unit rate; with N = L^T M^T C^T inverses are of its size."""
    identity = np.eye(len(drift))
    M = np.linalg.inv(drift - identity)
    past, future = M @ L, (C @ M).T
    N = past.T @ C.T
    root, other = _root_of_inverse(N.T @ N), _root_of_inverse(N @ N.T)
    A = identity + 2 * M.T + 2 * (future @ root) @ (root.T @ N.T) @ past.T
    return A, np.sqrt(2) * past @ other, np.sqrt(2) * future @ root


def _root_of_inverse(product: np.ndarray) -> np.ndarray:
    """R of `R R^T = (1 - product)^-1`."""
    return np.linalg.inv(np.linalg.cholesky(np.eye(len(product)) - product)).T


def _few_columns(factor: np.ndarray) -> np.ndarray:
    """A factor of the same product with its transpose, up to rounding, of as few columns as its rank.

    Of a pivoted QR decomposition `U^T = Q R` the last rows of R are dropped: the product loses their squares.
    """
    R, order = scipy.linalg.qr(factor.T, mode="r", pivoting=True, check_finite=False)
    sizes = np.abs(np.diag(R))
    rank = max(1, int(np.sum(sizes > 0.1 * np.sqrt(_ROUNDING) * sizes[0])))
    fewer = np.empty((len(factor), rank))
    fewer[order] = R[:rank].T
    return fewer
