"""The Kalman-Bucy filter: what endless observation of some neurons leaves unknown of the others."""

import numpy as np
import scipy.linalg

from theory.errors import DivergedError

_ROUNDING = np.finfo(float).eps
_DOUBLINGS = 60


def filter_covariance(drift: np.ndarray, diffusion: np.ndarray, information: np.ndarray) -> np.ndarray:
    """The stationary error P of the best estimate of h given the past, `F P + P F^T + D - P J P = 0`.

    Here `dh = F h dt + noise of covariance D dt`, and J = C^T R^-1 C is the information that comes in per unit of time,
    from `C h` observed in white noise of intensity R. Cayley's transform with unit rate turns the equation into that of
    a filter in discrete time with the same P; then time doubles in every step (structure-preserving doubling),

        P' = P + A^T P (I + G P)^-1 A,   G' = G + A G (I + P G)^-1 A^T,   A' = A (I + G P)^-1 A,

    where P grows to the answer from below by positive terms only, and A, what is left of the initial uncertainty,
    vanishes quadratically: no eigenvectors of a Hamiltonian are needed, which far from normal circuits of 1,000
    neurons do not give accurately or fast.

    Args:
        drift: F, (n, n), in units where rates of interest are of order 1.
        diffusion: D, symmetric positive semi-definite, (n, n).
        information: J, symmetric positive semi-definite, (n, n).

    Raises:
        DivergedError: the doubling does not settle.

    >>> P = filter_covariance(np.array([[-1.0]]), np.array([[2.0]]), np.array([[0.5]]))
    >>> round(float(P[0, 0] ** 2 * 0.5 + 2 * P[0, 0] - 2), 12)
    0.0

    Source: Kalman & Bucy, J. Basic Eng. 83 (1961) 95; doubling: Chu, Fan & Lin, Linear Algebra Appl. 396 (2005) 55.
    """
    identity = np.eye(len(drift))
    shifted = np.linalg.inv(drift.T - identity)
    W = np.linalg.inv(drift - identity + diffusion @ shifted @ information)
    A = identity + 2 * W.T
    G, P = 2 * shifted @ information @ W, 2 * W @ diffusion @ shifted
    for _ in range(_DOUBLINGS):
        G, P = (G + G.T) / 2, (P + P.T) / 2
        factors = scipy.linalg.lu_factor(identity + G @ P)
        forward = scipy.linalg.lu_solve(factors, A)
        G = G + A @ scipy.linalg.lu_solve(factors, G @ A.T)
        added = A.T @ P @ forward
        P, A = P + added, A @ forward
        if not np.isfinite(added).all():
            break
        if np.abs(added).max() <= 0.1 * _ROUNDING * np.abs(P).max() and np.abs(A).max() < 1.0:
            return (P + P.T) / 2
    raise DivergedError("the filter of the hidden neurons does not settle: is the circuit stable?")
