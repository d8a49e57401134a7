"""Outlying poles of a network and their residues."""

import numpy as np
import scipy.linalg
import scipy.sparse.linalg

_AT_CENTRE = 1e-9
_DENSE_UP_TO = 96  # below this a dense eigenvalue solve is faster than Arnoldi iterations


def outlying_poles(A, B, C, centre: float, number: int) -> tuple[np.ndarray, np.ndarray]:
    """The poles farthest from a centre, and their residues, for one-input, one-output systems.

    A network without recurrence has all its poles at the centre (-1 in continuous time, 0 in discrete
    time), a random recurrence spreads them over a disc, and what it learns leaves that disc:
    outliers are the eigenvalues of largest modulus of `A - centre I`. The residue of a simple pole
    with right and left eigenvectors r, l is `(C r)(l B) / (l r)`.

    Args:
        A, B, C: arrays with equal leading axes: (..., n, n), (..., n, 1), (..., 1, n).
        centre: where poles sit without recurrence.
        number: how many outliers; missing ones (n too small) are at the centre with residue 0.

    Returns:
        poles, residues: complex, shape (..., number), by decreasing distance from the centre. A pole without a
        full set of eigenvectors has a residue of nan, since none exists; poles that coincide at the centre
        have one in common, given to the first of them (nan where it is not known: in large networks, and
        beside a pole without eigenvectors); among poles that coincide elsewhere the split is arbitrary.

    >>> A = np.array([[-0.2, 0.0], [0.0, -1.0]])
    >>> poles, residues = outlying_poles(A, np.ones((2, 1)), np.ones((1, 2)), centre=-1.0, number=1)
    >>> poles.real, residues.real
    (array([-0.2]), array([1.]))
    """
    A, B, C = (np.asarray(matrix, dtype=float) for matrix in (A, B, C))
    lead, n = A.shape[:-2], A.shape[-1]
    poles = np.full((*lead, number), centre, dtype=complex)
    residues = np.zeros((*lead, number), dtype=complex)
    if n <= _DENSE_UP_TO:
        found, weights = _dense(A, B, C, centre)
        order = np.argsort(-np.abs(found - centre), axis=-1, kind="stable")[..., :number]
        kept = order.shape[-1]
        poles[..., :kept] = np.take_along_axis(found, order, axis=-1)
        residues[..., :kept] = np.take_along_axis(weights, order, axis=-1)
        return poles, residues
    for index in np.ndindex(lead):
        poles[index], residues[index] = _arnoldi(A[index], B[index], C[index], centre, number)
    return poles, residues


def _dense(A, B, C, centre):
    values, right = np.linalg.eig(A)
    values, right = values.astype(complex), right.astype(complex)
    # numerically defective matrices have no inverse eigenvector matrix: taken one by one below
    defective = np.linalg.cond(right) > 1e12
    right = np.where(defective[..., None, None], np.eye(A.shape[-1]), right)
    weights = (C @ right)[..., 0, :] * np.linalg.solve(right, B.astype(complex))[..., 0]
    at_centre = np.abs(values - centre) < _AT_CENTRE
    common = np.where(at_centre, weights, 0.0).sum(axis=-1, keepdims=True)
    first = at_centre & (np.cumsum(at_centre, axis=-1) == 1)
    weights = np.where(at_centre, np.where(first, common, 0.0), weights)
    # among equals at the centre the one with the residue comes first
    values = np.where(at_centre & ~first, centre, values)
    for index in np.argwhere(defective):
        index = tuple(index)
        deviation = A[index] - centre * np.eye(A.shape[-1])
        found, left, right_one = scipy.linalg.eig(deviation, left=True)
        values[index] = found + centre
        weights[index] = _residues(found, right_one, found, left.conj(), B[index], C[index])
    return values, weights


def _arnoldi(A, B, C, centre, number):
    deviation = A - centre * np.eye(A.shape[0])
    if not deviation.any():
        # one degenerate pole carries the whole response
        return np.full(number, centre), np.array([(C @ B)[0, 0]] + [0.0] * (number - 1))
    start = np.random.default_rng(0).normal(size=A.shape[0])  # generic, and the same every time
    try:
        values, right = scipy.sparse.linalg.eigs(deviation, k=number, which="LM", v0=start)
        others, left = scipy.sparse.linalg.eigs(deviation.T, k=number, which="LM", v0=start)
    except scipy.sparse.linalg.ArpackError:
        # no outlier stands clear of the bulk: Arnoldi does not converge, the dense solve does
        values, left, right = scipy.linalg.eig(deviation, left=True)
        left, others = left.conj(), values
    order = np.argsort(-np.abs(values))[:number]
    residues = _residues(values[order], right[:, order], others, left, B, C)
    return values[order] + centre, residues


def _residues(values, right, others, left, B, C):
    """Residues from right eigenvectors of `values` and left ones of `others`; nan for a pole not simple."""
    residues = np.full(values.size, np.nan, dtype=complex)
    for k, value in enumerate(values):
        match = np.argmin(np.abs(others - value))
        overlap = left[:, match] @ right[:, k]
        # a double pole splits numerically, with an overlap of the square root of the rounding
        size = np.linalg.norm(left[:, match]) * np.linalg.norm(right[:, k])
        if np.abs(overlap) > 1e-7 * size and np.abs(value) > _AT_CENTRE:
            residues[k] = (C[0] @ right[:, k]) * (left[:, match] @ B[:, 0]) / overlap
    return residues
