"""Fixed points, cycles and exponents that were found, against those that are there."""

import numpy as np
import scipy.optimize

from theory.checks import positive


def fixed_point_scores(truth, true_dimensions, found, found_dimensions, reach: float) -> dict[str, float]:
    """Precision, recall and agreement of unstable dimensions, after matching one to one within a distance.

    The matching has as many pairs as can be, and among those the smallest sum of distances: two found points cannot
    both be the same true one.

    Args:
        truth: (point, state); may be none.
        true_dimensions: unstable dimension of each.
        found: (point, state); may be none.
        found_dimensions: of each, -1 where not certain.
        reach: farther apart two points are not the same, in units of the states.

    Returns:
        `precision` (nan where nothing was found), `recall` (nan where nothing is there), `same_dimension`, the share of
        pairs with one unstable dimension (nan without pairs), and `distance`, their root mean square distance.

    >>> fixed_point_scores([[0.0], [1.0]], [1, 0], [[1.01], [1.02]], [0, 0], 0.1)
    {'precision': 0.5, 'recall': 0.5, 'same_dimension': 1.0, 'distance': 0.01}
    """
    reach = positive(reach, "reach")
    truth, found = (np.atleast_2d(np.asarray(part, dtype=float)) for part in (truth, found))
    numbers = [len(part) if part.size else 0 for part in (truth, found)]
    pairs = []
    if all(numbers):
        distance = np.linalg.norm(truth[:, None] - found, axis=-1)
        # a pair too far apart costs more than all others together
        cost = np.where(distance <= reach, distance / reach, 1.0 + min(numbers))
        pairs = [(a, b) for a, b in zip(*scipy.optimize.linear_sum_assignment(cost), strict=True) if cost[a, b] <= 1]
    same = [true_dimensions[a] == found_dimensions[b] for a, b in pairs]
    return {
        "precision": len(pairs) / numbers[1] if numbers[1] else np.nan,
        "recall": len(pairs) / numbers[0] if numbers[0] else np.nan,
        "same_dimension": float(np.mean(same)) if pairs else np.nan,
        "distance": float(np.sqrt(np.mean([distance[a, b] ** 2 for a, b in pairs]))) if pairs else np.nan,
    }
