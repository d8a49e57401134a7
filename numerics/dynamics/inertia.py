"""How many directions are unstable, with a proof that holds for every matrix nearby."""

from typing import NamedTuple

import numpy as np
import scipy.linalg

_EPS = float(np.finfo(float).eps)


class Inertia(NamedTuple):
    """What is known of a spectrum.

    Args:
        unstable: number of unstable eigenvalues, or None where the matrices within the error differ in it.
        eigenvalues: of the matrix itself, (state,).
    """

    unstable: int | None
    eigenvalues: np.ndarray


def inertia(J, error: float = 0.0, discrete: bool = False) -> Inertia:
    """How many eigenvalues of every matrix within `error` of J (in spectral norm) are unstable.

    A symmetric P with `J^T P + P J < 0` (`J^T P J - P < 0` in discrete time) has as many negative eigenvalues as J has
    unstable ones, and so has any J + E for which the inequality remains: `2 |P| |E|` (`(2 |J| + |E|) |E| |P|`)
    less than what it holds by. P comes from the stable and the unstable invariant subspaces, and is then checked, with
    the rounding of the check: eigenvectors, which non-normal matrices lack, are not needed. The condition is
    sufficient: far from normality it asks for an error well below the distance to the nearest matrix that differs.

    Args:
        J: (state, state).
        error: how far the true Jacobian may be.
        discrete: unstable is outside the unit circle, instead of right of the imaginary axis.

    >>> inertia(np.diag([1.0, -1.0, -2.0])).unstable
    1
    >>> print(inertia(np.diag([1.0, -1e-9]), error=1e-8).unstable)
    None

    Source: Ostrowski & Schneider, J. Math. Anal. Appl. 4 (1962) 72; Wielandt 1973 (discrete time).
    """
    J = np.asarray(J, dtype=float)
    eigenvalues = np.full(len(J), np.nan, dtype=complex)
    try:
        T, Z, stable = scipy.linalg.schur(J, output="real", sort="iuc" if discrete else "lhp")
        eigenvalues = scipy.linalg.eigvals(T)
        P = _form(T, Z, stable, discrete)
    except (np.linalg.LinAlgError, ValueError):  # no order, or no solution, to rounding
        return Inertia(None, eigenvalues)
    if not np.isfinite(P).all():
        return Inertia(None, eigenvalues)
    P = (P + P.T) / 2
    size, norm = np.abs(np.linalg.eigvalsh(P)), np.linalg.norm(J, 2)
    change = J.T @ P @ J - P if discrete else J.T @ P + P @ J
    rounding = 10 * len(J) * _EPS * size.max() * (norm**2 + 1 if discrete else 2 * norm)
    moved = size.max() * error * (2 * norm + error if discrete else 2.0)
    holds = np.linalg.eigvalsh((change + change.T) / 2).max() + rounding + moved < 0
    regular = size.min() > 10 * len(J) * _EPS * size.max()
    return Inertia(int((np.linalg.eigvalsh(P) < 0).sum()) if holds and regular else None, eigenvalues)


def _form(T, Z, stable: int, discrete: bool):
    """P: positive on the stable subspace, negative on the unstable one."""
    A, B, C = T[:stable, :stable], T[stable:, stable:], T[:stable, stable:]
    size = len(T)
    # in the coordinates of `inverse` the two subspaces are apart
    X = _sylvester(A, -B, -C) if 0 < stable < size else np.zeros_like(C)
    inverse = np.block([[np.eye(stable), -X], [np.zeros((size - stable, stable)), np.eye(size - stable)]]) @ Z.T
    form = np.zeros((size, size))
    if discrete:
        if stable:
            form[:stable, :stable] = scipy.linalg.solve_discrete_lyapunov(A.T, np.eye(stable))
        if stable < size:
            G = np.linalg.inv(B)
            form[stable:, stable:] = -scipy.linalg.solve_discrete_lyapunov(G.T, G.T @ G)
    else:
        if stable:
            form[:stable, :stable] = _sylvester(A, A, -np.eye(stable), transpose=True)
        if stable < size:
            form[stable:, stable:] = -_sylvester(B, B, np.eye(size - stable), transpose=True)
    return inverse.T @ form @ inverse


def _sylvester(A, B, C, transpose: bool = False):
    """X with `A X + X B = C`, or `A^T X + X B = C`, of matrices that Schur has made nearly triangular."""
    X, scale, _ = scipy.linalg.lapack.dtrsyl(A, B, C, trana="T" if transpose else "N")
    return X / scale
