"""Where a model without noise comes to rest: one state, some, or a continuum; or whether it goes on moving."""

from dataclasses import dataclass

import numpy as np
import scipy.cluster.hierarchy

_MOVES = 1e-2
_TOGETHER = 2e-2


@dataclass(frozen=True, eq=False)
class Rest:
    """How rollouts end.

    Args:
        moving: whether more than half of them still move to and fro, and do not merely relax.
        recurrence: how near a moving rollout comes again to a state it was in, over its own extent (median over
            rollouts): zero for a cycle.
        clusters: number of different end states, of those that rest.
        of_rollout: which each belongs to, (rollout,).
        gap: distance between the nearest two clusters over the extent of all ends.
        width: the largest distance from the centre of a cluster to its farthest end, over the same.
        motion: the longest way that any end has gone in the last quarter of its rollout, over the same.
        dimensions: share of the variance of ends along each principal axis, (axis,).
        hollowness: coefficient of variation of the distance from the centre in the plane of the ends: 0 for a ring.
    """

    moving: bool
    recurrence: float
    clusters: int
    of_rollout: np.ndarray
    gap: float
    width: float
    motion: float
    dimensions: np.ndarray
    hollowness: float


def rest_of(rollouts: np.ndarray, spread: float = 1.0) -> Rest:
    """How noise-free rollouts end.

    End states nearer than 2% of the spread of what was recorded are one (single linkage).

    Args:
        rollouts: (rollout, step, channel), of comparable units.
        spread: of a channel in what was recorded.

    >>> ends = np.repeat([[[0.0]], [[0.001]], [[1.0]]], 100, axis=1)
    >>> rest_of(ends).clusters
    2
    """
    tail = rollouts[:, rollouts.shape[1] // 2 :]
    extents = np.linalg.norm(tail - tail.mean(axis=1, keepdims=True), axis=2).max(axis=1)
    path = np.linalg.norm(np.diff(tail, axis=1), axis=2).sum(axis=1)
    ahead = np.linalg.norm(tail[:, -1] - tail[:, 0], axis=1)
    half = tail.shape[1] // 2
    late = tail[:, half:]
    later = np.linalg.norm(late - late.mean(axis=1, keepdims=True), axis=2).max(axis=1)
    # to and fro without becoming less: longer than any way from one place to another, however it turns
    moves = (extents > _MOVES * spread) & (path > 4 * np.maximum(ahead, extents)) & (later > 0.5 * extents)
    recurrence = float(np.median([_recurrence(one) for one in tail[moves]])) if moves.any() else 0.0
    ends = rollouts[:, -1]
    if len(ends) > 1:
        links = scipy.cluster.hierarchy.linkage(ends, "single")
        of_rollout = scipy.cluster.hierarchy.fcluster(links, _TOGETHER * spread, "distance") - 1
        apart = links[links[:, 2] > _TOGETHER * spread, 2]
    else:
        of_rollout, apart = np.zeros(1, int), np.empty(0)
    extent = max(float(np.linalg.norm(ends - ends.mean(axis=0), axis=1).max()), _TOGETHER * spread)
    centres = np.stack([ends[of_rollout == c].mean(axis=0) for c in range(of_rollout.max() + 1)])
    width = np.linalg.norm(ends - centres[of_rollout], axis=1).max()
    motion = np.linalg.norm(ends - tail[:, tail.shape[1] // 2], axis=1).max()
    centred = ends - ends.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    total = np.sum(sizes**2)
    return Rest(
        moving=bool(moves.mean() > 0.5),
        recurrence=recurrence,
        clusters=int(of_rollout.max()) + 1,
        of_rollout=of_rollout,
        gap=float(apart.min() / extent) if apart.size else 0.0,
        width=float(width / extent),
        motion=float(motion / extent),
        dimensions=sizes**2 / total if total > 0 else np.zeros_like(sizes),
        hollowness=hollowness(centred @ axes[:2].T) if len(sizes) > 1 and total > 0 else 1.0,
    )


def hollowness(points: np.ndarray) -> float:
    """Coefficient of variation of the distance from the centre, axes scaled alike: .52 of a Gaussian, 0 of a ring.

    Args:
        points: (point, 2).

    >>> angles = np.linspace(0, 6, 50)
    >>> hollowness(np.stack([3 * np.cos(angles), np.sin(angles)], axis=1)) < 0.1
    True
    """
    if points.shape[1] < 2:
        return 1.0
    centred = points - points.mean(axis=0)
    scale = centred.std(axis=0)
    if scale.min() <= 1e-6 * scale.max():
        return 1.0
    radius = np.linalg.norm(centred / scale, axis=1)
    return float(radius.std() / radius.mean())


def _recurrence(path: np.ndarray) -> float:
    """The nearest return to the last state after having been away, over the extent of the path."""
    distance = np.linalg.norm(path - path[-1], axis=1)
    far = np.flatnonzero(distance > 0.5 * distance.max())
    if far.size == 0:
        return 0.0
    before = distance[: far[-1]]
    return float(before.min() / distance.max()) if before.size else 1.0
