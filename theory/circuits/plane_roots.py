"""All roots of a smooth map of a few dimensions in a box: none is missed, since every part is proved."""

import numpy as np

from theory.errors import ProblemError


def all_roots_in_box(function, jacobian, curvature: float, reach: float, dimensions: int = 2) -> np.ndarray:
    """The roots of f in the box |x_i| <= reach, (root, dimension), where the second derivative is below `curvature`.

    About the centre c of a ball of radius r, with beta = |J(c)^-1| and the Newton step s = -J(c)^-1 f(c), Taylor gives
    for a root x in it `|x - c - s| <= beta curvature r^2 / 2`: where |s| exceeds that and r, there is none. Where
    `beta curvature |s| <= 1/2`, Newton-Kantorovich proves that there is one, and no other within 1 / (beta curvature).
    What is neither is cut into halves along every axis. The proof is up to rounding of f.

    Args:
        function: f, (box, dimension) to (box, dimension).
        jacobian: J, (box, dimension) to (box, dimension, dimension).
        curvature: bound on `|f''[u, v]|` for unit vectors u and v.
        reach: half the edge of the box about zero.
        dimensions: of x.

    Raises:
        ProblemError: a root at which J is singular, or too nearly so.

    >>> def f(x): return np.stack([x[:, 0] ** 2 - 1, x[:, 1]], axis=1)
    >>> def J(x): return np.stack([np.array([[2 * one[0], 0], [0, 1]]) for one in x])
    >>> all_roots_in_box(f, J, 2.0, 1.7).round(12) + 0.0
    array([[-1.,  0.],
           [ 1.,  0.]])

    Source: Kantorovich's theorem as in Ortega & Rheinboldt, Iterative Solution of Nonlinear Equations (1970), 12.6.
    """
    corners = np.stack(np.meshgrid(*[[-1.0, 1.0]] * dimensions, indexing="ij"), axis=-1).reshape(-1, dimensions)
    # a first cut that is not symmetric keeps roots at zero off the seams
    half, centres = 1.05 * reach, np.full((1, dimensions), 0.03 * reach)
    roots: list[np.ndarray] = []
    while len(centres):
        if half < 1e-7 * reach:
            raise ProblemError(
                f"there are two roots within {half:.1g} of {np.round(centres[0], 6).tolist()}, or a double one: "
                "change a parameter or the seed."
            )
        steps, beta = _newton_step(function, jacobian, centres)
        radius, length = half * np.sqrt(dimensions), np.linalg.norm(steps, axis=1)
        possible = length <= radius + beta * curvature * radius**2 / 2
        proved = possible & (beta * curvature * length <= 0.5 - 1e-9) & (beta * curvature * radius < 1)
        roots += list(centres[proved] + steps[proved])
        rest, half = centres[possible & ~proved], half / 2
        centres = (rest[:, None] + half * corners).reshape(-1, dimensions)
    return _distinct(function, jacobian, np.array(roots).reshape(-1, dimensions), curvature)


def _newton_step(function, jacobian, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`-J^-1 f` and |J^-1|; where J is singular, no step and a stiffness beyond all others."""
    values, slopes = np.asarray(function(points)), np.asarray(jacobian(points))
    smallest = np.linalg.svd(slopes, compute_uv=False)[:, -1]
    regular, steps, beta = smallest > 1e-13, np.zeros_like(values), np.full(len(points), 1e100)
    steps[regular] = np.linalg.solve(slopes[regular], -values[regular, :, None])[:, :, 0]
    beta[regular] = 1 / smallest[regular]
    return steps, beta


def _distinct(function, jacobian, found: np.ndarray, curvature: float) -> np.ndarray:
    """Newton to the end, then one of each: no other root lies within 2 / (beta curvature) of one."""
    if not len(found):
        return found
    for _ in range(6):  # quadratic from where Kantorovich lets it start
        found = found + _newton_step(function, jacobian, found)[0]
    beta, kept = _newton_step(function, jacobian, found)[1], []
    for point, stiffness in zip(found, beta, strict=True):
        if all(np.linalg.norm(point - other) > 1 / (stiffness * curvature) for other in kept):
            kept.append(point)
    kept = np.array(kept)
    return kept[np.lexsort(kept.T[::-1])]
