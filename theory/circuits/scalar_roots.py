"""All roots of a smooth function on an interval: none is missed, since every part is proved to have one or none."""

import numpy as np
import scipy.optimize

from theory.errors import ProblemError


def all_roots(function, derivative, curvature: float, low: float, high: float) -> np.ndarray:
    """The roots of f in [low, high], ascending, where |f''| is nowhere above `curvature`.

    On an interval of half width w about c, `|f'(x) - f'(c)| <= curvature w`. So f has no root where
    `|f(c)| > (|f'(c)| + curvature w) w`, and at most one where `|f'(c)| > curvature w`, which a change of sign
    decides. Whatever is neither is halved. The proof is up to rounding of f.

    Args:
        function: f, of an array.
        derivative: f', of an array.
        curvature: bound on |f''|.
        low, high: the interval.

    Raises:
        ProblemError: a root of f that is one of f' as well, or too near to it to be told.

    >>> all_roots(lambda x: x**3 - x, lambda x: 3 * x**2 - 1, 12.0, -2.0, 1.9).round(12) + 0.0
    array([-1.,  0.,  1.])
    """
    function, derivative = in_blocks(function), in_blocks(derivative)
    centres, width, roots = np.array([(low + high) / 2]), (high - low) / 2, []
    while centres.size:
        if width < 1e-9 * (high - low):
            raise ProblemError(
                f"there are two roots within {width:.1g} of {centres[0]:g}, or a double one: change a parameter."
            )
        value, slope = function(centres), derivative(centres)
        possible = np.abs(value) <= (np.abs(slope) + curvature * width) * width
        single = possible & (np.abs(slope) > curvature * width)
        for centre in centres[single]:
            left, right = centre - width, centre + width
            at_left, at_right = (float(function(np.array([x]))[0]) for x in (left, right))
            # a root on the seam of two parts belongs to the one that ends there
            if at_right == 0:
                roots.append(right)
            elif at_left * at_right < 0:
                found = scipy.optimize.brentq(lambda x: float(function(np.array([x]))[0]), left, right, xtol=1e-14)
                roots.append(found)
        width = width / 2
        rest = centres[possible & ~single]
        centres = np.concatenate([rest - width, rest + width])
    return np.sort(np.array(roots))


def in_blocks(function, size: int = 16):
    """The function, called with as many points every time: what JAX compiles for it once then serves all calls.

    Args:
        function: of an array whose first axis is the points'.
        size: how many.

    >>> in_blocks(lambda x: x + len(x), size=8)(np.arange(3))
    array([ 8,  9, 10])
    """

    def evaluate(points: np.ndarray) -> np.ndarray:
        blocks = -(-len(points) // size)
        padded = np.resize(points, (blocks, size, *points.shape[1:]))
        return np.concatenate([np.asarray(function(block)) for block in padded])[: len(points)]

    return evaluate
