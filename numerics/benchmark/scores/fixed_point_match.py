"""Fixed points: those of the fitted model, against those that are there."""

from typing import ClassVar

import numpy as np
import scipy.optimize

from numerics.benchmark.score import EQUATIONS, Evidence, Score
from theory.checks import positive
from theory.circuits import fixed_points_of

_REACH = 0.5


class FixedPointMatch(Score):
    """All fixed points that Newton's method finds of the model, matched one to one with the circuit's, in channels.

    It starts from what is behind the held-out histories and from around that: where a recording stays in one basin,
    those of others may not be found.

    Two are the same that differ by less than half a standard deviation, root mean square over channels. Of circuits
    without any, such as ghosts, all that are found are false. The stability of a point is that of the model's
    Jacobian there, proved where it can be.
    """

    id: ClassVar[str] = "fixed-points"
    sentence: ClassVar[str] = "the fitted model's own fixed points, against those that are there"
    needs: ClassVar[str] = EQUATIONS
    columns: ClassVar[dict[str, str]] = {
        "points_found": "fixed points of the model",
        "points_certified": "share of them that is proved to exist",
        "points_precision": "share of them that is there in truth; nan where there is a continuum, or none is found",
        "points_recall": "share of the true ones that is found; nan where there is none",
        "points_stability": "share of the matched ones with the true number of unstable dimensions",
        "points_distance": "root mean square distance of the matched ones, in standard deviations of a channel",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        model, circuit = evidence.examined, evidence.cell.circuit
        if model is None:
            return dict.fromkeys(self.columns, float("nan"))
        points = model.fixed_points(evidence.states)
        number = len(points.states)
        found = dict.fromkeys(self.columns, float("nan")) | {"points_found": float(number)}
        if number:
            found["points_certified"] = float(points.certified.mean())
        truth = fixed_points_of(circuit)
        if truth is None:
            return found
        counted = np.sum(np.abs(points.eigenvalues) > 1, axis=1)
        reach = _REACH * np.sqrt(len(evidence.cell.readout))
        matched = fixed_point_scores(
            evidence.standardised(truth.states @ evidence.cell.readout.T),
            truth.unstable_dimensions,
            evidence.standardised(evidence.fitted.decode(points.states)),
            np.where(points.unstable_dimensions < 0, counted, points.unstable_dimensions),
            reach,
        )
        return found | {
            "points_precision": matched["precision"],
            "points_recall": matched["recall"],
            "points_stability": matched["same_dimension"],
            "points_distance": matched["distance"] / np.sqrt(len(evidence.cell.readout)),
        }


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
