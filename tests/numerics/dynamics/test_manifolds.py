"""Topology, dimension and speed of sets that are known."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.dynamics.homology import betti_numbers, persistence
from numerics.dynamics.manifolds import hausdorff, intrinsic_dimension, relax, slow_manifold
from theory.errors import ProblemError

RANDOM = np.random.default_rng(0)


def circle(number, noise=0.0):
    angle = RANDOM.uniform(0, 2 * np.pi, number)
    flat = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return flat @ np.linalg.qr(RANDOM.normal(size=(10, 2)))[0].T + noise * RANDOM.normal(size=(number, 10))


def lemniscate(number):
    angle = RANDOM.uniform(0, 2 * np.pi, number)
    return np.stack([np.sin(angle), np.sin(2 * angle)], axis=1)


SETS = {
    "point": (lambda: 1e-9 * RANDOM.normal(size=(50, 3)), (1, 0)),
    "one state": (lambda: np.ones((1, 3)), (1, 0)),
    "two states": (lambda: np.eye(2), (2, 0)),
    "three points": (lambda: np.eye(3)[RANDOM.integers(3, size=50)] + 1e-9 * RANDOM.normal(size=(50, 3)), (3, 0)),
    "line": (lambda: np.outer(RANDOM.uniform(-1, 1, 300), [1.0, 2.0, 0.5]), (1, 0)),
    "curved line": (lambda: (lambda s: np.stack([s, s**2, s**3], axis=1))(RANDOM.uniform(-1, 1, 300)), (1, 0)),
    "plane": (lambda: RANDOM.uniform(-1, 1, size=(1000, 2)), (1, 0)),
    "ring": (lambda: circle(300), (1, 1)),
    "noisy ring": (lambda: circle(300, 0.02), (1, 1)),
    "two rings": (lambda: np.concatenate([circle(300), circle(300) + 10]), (2, 2)),
    "figure of eight": (lambda: lemniscate(600), (1, 2)),
    "ring and a point": (lambda: np.concatenate([circle(300), np.full((5, 10), 9.0)]), (2, 1)),
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("unit", [1.0, 1e-20])
def test_betti_numbers(name, unit):
    draw, expected = SETS[name]
    assert betti_numbers(unit * draw(), 0.01 * unit) == expected


def rank(matrix):
    """Over the integers modulo 2, by elimination."""
    matrix, found = matrix.copy() % 2, 0
    for column in range(matrix.shape[1]):
        pivots = np.flatnonzero(matrix[found:, column]) + found
        if pivots.size:
            matrix[[found, pivots[0]]] = matrix[[pivots[0], found]]
            others = np.flatnonzero(matrix[:, column])
            others = others[others != found]
            matrix[others] ^= matrix[found]
            found += 1
    return found


def test_bars_agree_with_the_ranks_of_the_boundaries_at_every_distance():
    points = RANDOM.normal(size=(11, 2))
    bars = persistence(points)
    distance = np.linalg.norm(points[:, None] - points, axis=-1)
    end = distance.max(axis=1).min()
    for r in np.linspace(0.05, end * 0.999, 25):
        edges = [e for e in itertools.combinations(range(11), 2) if distance[e] <= r]
        triples = [
            t for t in itertools.combinations(range(11), 3) if all(e in edges for e in itertools.combinations(t, 2))
        ]
        one = np.zeros((11, max(len(edges), 1)), dtype=int)
        two = np.zeros((max(len(edges), 1), max(len(triples), 1)), dtype=int)
        for k, e in enumerate(edges):
            one[list(e), k] = 1
        for k, t in enumerate(triples):
            two[[edges.index(e) for e in itertools.combinations(t, 2)], k] = 1
        pieces, loops = 11 - rank(one), len(edges) - rank(one) - rank(two)
        assert (bars.pieces[:, 1] > r).sum() == pieces
        assert ((bars.loops[:, 0] <= r) & (bars.loops[:, 1] > r)).sum() == loops


def test_death_of_a_regular_polygon_is_that_of_its_largest_triangle():
    # the loop of n points of a unit circle dies when an acute triangle of them closes: sqrt(3) for n divisible by 3
    angle = 2 * np.pi * np.arange(30) / 30
    ((birth, death),) = persistence(np.stack([np.cos(angle), np.sin(angle)], axis=1)).loops
    assert birth == pytest.approx(2 * np.sin(np.pi / 30), rel=1e-12)
    assert death == pytest.approx(np.sqrt(3), rel=1e-12)


def test_too_many_points_are_refused():
    with pytest.raises(ProblemError, match="landmarks"):
        persistence(np.zeros((101, 2)))


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_intrinsic_dimension_of_a_turned_cube(dimension):
    frame = np.linalg.qr(RANDOM.normal(size=(10, 10)))[0][:, :dimension]
    found = intrinsic_dimension(RANDOM.uniform(size=(3000, dimension)) @ frame.T, 1e-9)
    # 3 errors, and the boundary, where neighbours are on one side only
    assert abs(found.value - dimension) < 3 * found.error + 0.05 * dimension
    assert intrinsic_dimension(1e-9 * RANDOM.normal(size=(50, 3)), 0.01).value == 0


def test_hausdorff_distance_against_all_pairs():
    first, second = RANDOM.normal(size=(30, 4)), RANDOM.normal(size=(50, 4))
    distance = np.linalg.norm(first[:, None] - second, axis=-1)
    expected = max(distance.min(axis=0).max(), distance.min(axis=1).max())
    assert hausdorff(first, second) == hausdorff(second, first) == pytest.approx(expected, rel=1e-14)
    with pytest.raises(ProblemError, match="4 and 3"):
        hausdorff(first, second[:, :3])


def test_a_slow_ring_is_relaxed_to_and_measured():
    def velocity(x):
        flat = 2 * x[:2] * (1 - x[:2] @ x[:2]) + 1e-4 * jnp.array([-x[1], x[0]])
        return jnp.append(flat, -3.0 * x[2])

    states = relax(velocity, RANDOM.normal(size=(200, 3)), 20.0, 0.02)
    assert np.abs(np.hypot(*states[:, :2].T) - 1).max() < 1e-9
    found = slow_manifold(velocity, states, 1)
    assert found.drift == pytest.approx(1e-4 * np.ones(200), rel=1e-6)
    assert found.attraction == pytest.approx(3.0, rel=1e-6)  # of 4 and 3, the slower
    assert found.ratio == pytest.approx(3e4, rel=0.02)  # the extent is the radius, up to the mean of 200 points
    assert betti_numbers(states, 0.01) == (1, 1)
    assert abs(intrinsic_dimension(states, 1e-4).value - 1) < 0.25


def test_where_nothing_is_slow_the_ratio_is_about_one():
    found = slow_manifold(lambda x: -x, RANDOM.normal(size=(100, 3)), 1)
    assert 0.1 < found.ratio < 1.1
