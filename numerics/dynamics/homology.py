"""Betti numbers of a cloud of points: how many pieces, and how many loops."""

from typing import NamedTuple

import numpy as np

from theory.checks import count, positive, real_array
from theory.errors import ProblemError


class Bars(NamedTuple):
    """Persistent homology of a Vietoris-Rips filtration: at which distance each class is born and dies.

    Args:
        pieces: (piece, 2), born at 0; the last dies at infinity.
        loops: (loop, 2); infinite where it is there when the filtration ends.
    """

    pieces: np.ndarray
    loops: np.ndarray


def landmarks(points, number: int) -> tuple[np.ndarray, float]:
    """Points of the cloud far from one another, and the largest distance of any point from the nearest of them.

    Each is the farthest from those before; the first is the farthest from the mean.

    Args:
        points: (point, coordinate).
        number: how many, at most.

    >>> landmarks(np.array([[0.0], [1.0], [1.1], [3.0]]), 3)
    (array([3, 0, 2]), 0.1)
    """
    points = np.asarray(points, dtype=float)
    chosen = [int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmax())]
    distance = np.linalg.norm(points - points[chosen[0]], axis=1)
    while len(chosen) < number and distance.max() > 0:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return np.array(chosen), float(distance.max())


def persistence(points) -> Bars:
    """Bars of pieces and loops of the Vietoris-Rips filtration of a cloud of up to 100 points.

    At distance r all pairs nearer than r are joined, and all triples whose pairs are. The boundary matrices over the
    integers modulo 2 are reduced, columns as the bits of whole numbers. It ends at the distance at which some
    point is joined to all others: from there on it is a cone, without loops.

    Args:
        points: (point, coordinate).

    Raises:
        ProblemError: more than 100 points: choose `landmarks`.

    >>> square = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
    >>> persistence(square).loops.round(3)
    array([[1.   , 1.414]])

    Source: Edelsbrunner, Letscher & Zomorodian, Discrete Comput. Geom. 28 (2002) 511.
    """
    points = np.asarray(real_array(points, "points", 2))
    size = len(points)
    if size > 100:
        raise ProblemError(f"{size} points make {size**3 // 6:.2g} triples: choose up to 100 by `landmarks`.")
    distance = np.linalg.norm(points[:, None] - points, axis=-1)
    end = distance.max(axis=1).min()
    i, j = np.triu_indices(size, 1)
    order = np.argsort(distance[i, j], kind="stable")
    i, j = i[order], j[order]
    birth = distance[i, j]
    edge = np.full((size, size), -1)
    edge[i, j] = edge[j, i] = np.arange(len(i))

    # pieces: an edge between two of them ends one; any other begins a loop
    root = np.arange(size)
    deaths, begins = [], []
    for number, (a, b) in enumerate(zip(i, j, strict=True)):
        if root[a] != root[b]:
            root[root == root[b]] = root[a]
            deaths.append(birth[number])
        elif birth[number] <= end:
            begins.append(number)
    pieces = np.array([[0.0, death] for death in [*deaths, np.inf]])

    triples = [(p, q, r) for p in range(size) for q in range(p) for r in range(q)]
    a, b, c = np.array(triples, dtype=int).reshape(-1, 3).T
    edges = np.sort(np.stack([edge[a, b], edge[a, c], edge[b, c]], axis=1), axis=1)
    edges = edges[birth[edges[:, 2]] <= end] if len(edges) else edges
    columns, loops, waiting = {}, [], set(begins)
    for first, second, last in edges[np.lexsort(edges.T)]:
        if not waiting:
            break
        column = (1 << int(first)) ^ (1 << int(second)) ^ (1 << int(last))
        while column:
            lowest = column.bit_length() - 1
            if lowest not in columns:
                columns[lowest] = column
                waiting.discard(lowest)
                if birth[last] > birth[lowest]:
                    loops.append((birth[lowest], birth[last]))
                break
            column ^= columns[lowest]
    loops += [(birth[number], np.inf) for number in waiting if birth[number] < end]
    return Bars(pieces, np.array(sorted(loops)).reshape(-1, 2))


def betti_numbers(points, resolution: float, most: int = 60) -> tuple[int, int]:
    """Numbers of pieces and of loops of the set that a cloud of points samples, (b0, b1).

    Counted is what is there over a doubling of the distance, and beyond 2 r, where r is the resolution or twice the
    distance within which the landmarks cover the cloud, whichever is larger: what is smaller than r is not seen.
    Landmarks of a connected set are joined by r and the largest gap of the cloud within it.

    Args:
        points: (point, coordinate).
        resolution: states nearer than this are one, in units of the points: such as a hundredth of what the system's
            states spread over before they settle.
        most: landmarks.

    >>> angle = np.linspace(0, 2 * np.pi, 400)
    >>> betti_numbers(np.stack([np.cos(angle), np.sin(angle)], axis=1), 0.01)
    (1, 1)
    """
    points = np.asarray(real_array(points, "points", 2))
    resolution, most = positive(resolution, "resolution"), count(most, "most", most=100)
    chosen, covered = landmarks(points, most)
    r = max(resolution, 2 * covered)
    bars = persistence(points[chosen])
    born, died = bars.loops.T
    return int((bars.pieces[:, 1] > 2 * r).sum()), int((died > 2 * np.maximum(born, r)).sum())
