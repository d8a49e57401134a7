"""A slow manifold that was found, against the one that is there."""

import numpy as np

from numerics.dynamics.homology import betti_numbers
from numerics.dynamics.manifolds import hausdorff, slow_manifold


def manifold_scores(truth, found, velocity, dimension: int, resolution: float) -> dict[str, float]:
    """Hausdorff distance over the manifold's extent, drift and attraction of what was found, and its topology.

    Args:
        truth: states on the true manifold, (point, state).
        found: states to which the found system relaxes, (point, state).
        velocity: of the found system.
        dimension: of the manifold.
        resolution: as of `betti_numbers`.

    Returns:
        `hausdorff`, over the root mean square distance of the true states from their mean; `drift_rate`, `attraction`
        and `ratio` as of `slow_manifold`; `same_topology`, 1 where pieces and loops are as many as in the truth.

    >>> line = np.linspace(-1, 1, 50)[:, None] * np.array([1.0, 0.0])
    >>> scores = manifold_scores(line, line, lambda x: x * np.array([-1e-3, -1.0]), 1, 0.01)
    >>> scores["hausdorff"], scores["same_topology"], scores["attraction"]
    (0.0, 1.0, 1.0)
    """
    truth, found = (np.asarray(part, dtype=float) for part in (truth, found))
    slow = slow_manifold(velocity, found, dimension)
    extent = float(np.sqrt(((truth - truth.mean(axis=0)) ** 2).sum(axis=1).mean()))
    return {
        "hausdorff": hausdorff(truth, found) / extent if extent > 0 else np.nan,
        "drift_rate": slow.drift_rate,
        "attraction": slow.attraction,
        "ratio": slow.ratio,
        "same_topology": float(betti_numbers(truth, resolution) == betti_numbers(found, resolution)),
    }
