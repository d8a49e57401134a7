"""Scores of fixed points, cycles, exponents and manifolds: matched one to one, and by a brute-force search."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.benchmark.scores.fixed_point_match import fixed_point_scores
from numerics.benchmark.scores.manifold_match import manifold_scores
from numerics.benchmark.scores.orbits import cycle_scores, lyapunov_scores
from numerics.dynamics.limit_cycles import Cycle


def most_pairs(truth, found, reach):
    """The largest number of pairs, by trying all orders."""
    distance = np.linalg.norm(truth[:, None] - found, axis=-1)
    return max(
        sum(distance[a, b] <= reach for a, b in enumerate(order))
        for order in itertools.permutations(range(len(found)), len(truth))
    )


def test_matching_has_as_many_pairs_as_can_be():
    random = np.random.default_rng(0)
    for _ in range(30):
        truth, found = random.uniform(size=(4, 2)), random.uniform(size=(5, 2))
        scores = fixed_point_scores(truth, [0] * 4, found, [0] * 5, 0.3)
        pairs = most_pairs(truth, found, 0.3)
        assert scores["recall"] == pairs / 4 and scores["precision"] == pairs / 5


def test_nothing_found_or_nothing_there():
    nothing = np.zeros((0, 2))
    missed = fixed_point_scores([[0.0, 0.0]], [0], nothing, [], 1.0)
    assert missed["recall"] == 0 and np.isnan(missed["precision"])
    invented = fixed_point_scores(nothing, [], [[0.0, 0.0]], [0], 1.0)
    assert invented["precision"] == 0 and np.isnan(invented["recall"])


def test_a_wrong_unstable_dimension_counts():
    scores = fixed_point_scores(np.eye(2), [0, 1], np.eye(2)[::-1], [1, 2], 0.1)
    assert scores["precision"] == scores["recall"] == 1
    assert scores["same_dimension"] == 0.5


def test_errors_of_a_cycle():
    found = Cycle(np.zeros((1, 2)), 4.0, 0.0, np.array([1e-9, -0.6]), 1e-9, np.ones(2))
    scores = cycle_scores(2.0, [-0.5], found)
    assert scores["period_error"] == 1 and scores["floquet_error"] == pytest.approx(-0.2)


def test_errors_of_a_lyapunov_spectrum():
    scores = lyapunov_scores([0.9, 0.0, -14.6], [-14.6, 1.0, 0.0])
    assert scores["largest_exponent_error"] == pytest.approx(0.1)
    assert scores["spectrum_error"] == pytest.approx(0.1 / np.sqrt(0.9**2 + 14.6**2))


def test_a_point_is_not_a_ring():
    angle = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def velocity(x):
        return x * (1 - x @ x) + 1e-3 * jnp.array([-x[1], x[0]])

    right = manifold_scores(ring, ring, velocity, 1, 0.01)
    assert right["same_topology"] == 1 and right["hausdorff"] == 0
    assert right["ratio"] == pytest.approx(2000, rel=1e-2)
    wrong = manifold_scores(ring, ring[:1], velocity, 1, 0.01)
    assert wrong["same_topology"] == 0 and wrong["hausdorff"] == pytest.approx(2, rel=1e-2)
