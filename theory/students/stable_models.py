"""All stable latent models, as one vector of numbers without constraints: what descent on likelihoods runs over."""

import numpy as np
import scipy.linalg

from theory.students.kalman import LatentModel


def parameters_of(model: LatentModel) -> np.ndarray:
    """M, C and the Cholesky factor of R (its lower triangle, the logarithms of its diagonal), one after the other.

    The basis of the states is chosen such that their stationary covariance is the identity. Then `A = M L^-T`,
    `L L^T = I + M^T M`, `Q = I - A A^T = (I + M M^T)^-1` is a stable model for *every* matrix M, and every stable
    model with Q > 0 is one.

    Args:
        model: stable; its P is taken for the stationary covariance.

    >>> model = LatentModel(*[np.array([[value]]) for value in (0.6, 1.0, 1.28, 1.0, 2.0)])
    >>> [part.item().__round__(6) for part in matrices_of(parameters_of(model), order=1, neurons=1)]
    [0.6, 1.414214, 0.64, 1.0]
    """
    root = np.linalg.cholesky(model.P)
    A, C = np.linalg.solve(root, model.A @ root), model.C @ root
    # L^T L = (I - A^T A)^-1 with L lower triangular: a Cholesky factor taken from the other end
    upper = np.linalg.cholesky(np.linalg.inv(np.eye(len(A)) - A.T @ A)[::-1, ::-1])[::-1, ::-1]
    noise = np.linalg.cholesky(model.R)
    noise[np.diag_indices_from(noise)] = np.log(np.diag(noise))
    return np.concatenate([(A @ upper).ravel(), C.ravel(), noise[np.tril_indices_from(noise)]])


def matrices_of(parameters: np.ndarray, order: int, neurons: int):
    """A, C, Q and R of a model whose stationary covariance is the identity.

    Args:
        parameters: as of `parameters_of`.
        order, neurons: numbers of states and of neurons.
    """
    M, C, L, root = _factors(parameters, order, neurons)
    return _propagator(M, L), C, np.linalg.inv(np.eye(order) + M @ M.T), root @ root.T


def gradient_in_parameters(parameters: np.ndarray, order: int, neurons: int, of_A, of_C, of_Q, of_R) -> np.ndarray:
    """The gradient of a function of A, C, Q and R in the parameters.

    Args:
        parameters, order, neurons: as of `matrices_of`.
        of_A, of_C, of_Q, of_R: its derivatives in the matrices, each as if the others were independent of it.
    """
    M, C, L, root = _factors(parameters, order, neurons)
    A = _propagator(M, L)
    of_A = of_A - 2 * of_Q @ A  # Q = I - A A^T
    # back through A = M L^-T and the Cholesky factor L of S = I + M^T M
    of_M = scipy.linalg.solve_triangular(L, of_A.T, lower=True, trans="T").T
    of_L = -np.tril(of_M.T @ A)
    inner = np.tril(L.T @ of_L)
    inner[np.diag_indices(order)] /= 2
    half = scipy.linalg.solve_triangular(L, inner + inner.T, lower=True, trans="T")
    of_S = 0.5 * scipy.linalg.solve_triangular(L, half.T, lower=True, trans="T")
    of_M = of_M + 2 * M @ of_S
    of_root = 2 * of_R @ root
    of_root[np.diag_indices(neurons)] *= np.diag(root)
    return np.concatenate([of_M.ravel(), of_C.ravel(), of_root[np.tril_indices(neurons)]])


def _factors(parameters: np.ndarray, order: int, neurons: int):
    M, C, noise = np.split(parameters, [order**2, order**2 + order * neurons])
    M, C, root = M.reshape(order, order), C.reshape(neurons, order), np.zeros((neurons, neurons))
    root[np.tril_indices(neurons)] = noise
    root[np.diag_indices(neurons)] = np.exp(np.diag(root))
    return M, C, np.linalg.cholesky(np.eye(order) + M.T @ M), root


def _propagator(M: np.ndarray, L: np.ndarray) -> np.ndarray:
    return scipy.linalg.solve_triangular(L, M.T, lower=True).T
