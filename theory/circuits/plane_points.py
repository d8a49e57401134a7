"""Fixed points of a circuit of rank two, all of them, from the two equations that they solve."""

import numpy as np

from theory.circuits.nonlinear_truth import FixedPoints, fixed_points_truth
from theory.circuits.plane_roots import all_roots_in_box
from theory.circuits.scalar_roots import in_blocks
from theory.nonlinearities import Nonlinearity


def points_in_plane(M: np.ndarray, N: np.ndarray, phi: Nonlinearity) -> FixedPoints:
    """All fixed points of `B = M N^T` with two loadings: `z = M k` with `0 = -k + N^T phi(M k)`.

    Their growth rates are those of the 2 x 2 matrix `-I + N^T diag(phi') M`; outside the plane of M it is -1.

    Args:
        M, N: (neuron, 2).
        phi: bounded.

    Raises:
        ProblemError: the draw is within rounding of a bifurcation.
    """

    def rate(k):
        return -k + np.asarray(phi(k @ M.T)) @ N

    def slope(k):
        return -np.eye(2) + np.einsum("bi,ia,ic->bac", np.asarray(phi.derivative(k @ M.T)), N, M, optimize=True)

    lengths = np.linalg.norm(N, axis=1)
    reach = phi.bound * float(np.abs(N).sum(axis=0).max())
    curvature = phi.curvature * float(np.sum(lengths * np.sum(M**2, axis=1)))
    rate, slope = in_blocks(rate, size=128), in_blocks(slope, size=128)
    roots = all_roots_in_box(rate, slope, curvature, reach)
    roots[np.abs(roots).max(axis=1) < 1e-12 * reach] = 0.0
    slopes = slope(roots)
    half, determinant = np.trace(slopes, axis1=1, axis2=2) / 2, np.linalg.det(slopes)
    apart = np.sqrt(np.clip(half**2 - determinant, 0.0, None))  # complex pairs have one real part
    return fixed_points_truth(roots @ M.T, np.stack([half + apart, half - apart], axis=1))
