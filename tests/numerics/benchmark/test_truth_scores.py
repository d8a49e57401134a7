"""Scores of fixed points, cycles, exponents and manifolds: matched one to one, and by a brute-force search."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.benchmark.cell import Cell
from numerics.benchmark.methods import method
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.score import Evidence
from numerics.benchmark.scores.fixed_point_match import FixedPointMatch, fixed_point_scores
from numerics.benchmark.scores.manifold_match import ManifoldMatch, manifold_scores
from numerics.benchmark.scores.orbits import Orbits, cycle_scores, lyapunov_scores
from numerics.benchmark.systems.bistable import Bistable
from numerics.benchmark.systems.ghost import GhostPassage
from numerics.benchmark.systems.limit_cycle import LimitCycle
from numerics.benchmark.systems.ring_attractor import RingAttractor
from numerics.dynamics.limit_cycles import Cycle
from numerics.dynamics.manifolds import slow_manifold
from theory.circuits.ring_circuit import ring_at_infinite_width


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


def evidence(system, name: str, draw: int = 1) -> Evidence:
    cell = Cell(system, RandomSubset(), fraction=1.0, duration=300.0, draw=draw)
    given = {"truth": cell} if name == "truth" else {}
    return Evidence(cell, cell.queries(), {}, fitted=method(name).fit(cell.training(), 0, **given))


def test_the_circuit_in_hand_has_its_own_points_and_manifold():
    """What is found of the truth itself is the truth, which a linear fit of the same recordings misses."""
    points = FixedPointMatch().of(evidence(Bistable(30), "truth"))
    assert points["points_found"] == 3
    assert points["points_precision"] == points["points_recall"] == points["points_stability"] == 1
    assert points["points_distance"] < 1e-6
    missed = FixedPointMatch().of(evidence(Bistable(30), "ridge"))
    assert missed["points_found"] == missed["points_certified"] == 1 and missed["points_recall"] <= 1 / 3
    ring = ManifoldMatch().of(evidence(RingAttractor(21), "truth"))
    assert ring["hausdorff"] < 1e-3 and ring["same_topology"] == 1 and ring["attraction_ratio"] > 1e4
    assert ring["attraction"] == pytest.approx(-ring_at_infinite_width(1.5)[1], rel=1e-3)


@pytest.mark.full
def test_the_circuit_in_hand_has_its_own_cycle():
    cycle = Orbits().of(evidence(LimitCycle(60, rotation=0.5), "truth"))
    # where it rises through its middle is known to 1e-3 of a bin, over 60 turns
    assert cycle["cycle_found"] == 1 and abs(cycle["period_error"]) < 2e-3 and abs(cycle["floquet_error"]) < 2e-3
    assert Orbits().of(evidence(LimitCycle(60, rotation=0.5), "ridge"))["cycle_found"] == 0


def test_every_fixed_point_claimed_of_a_ghost_is_false():
    """The ghost itself has none, and a linear model always has one."""
    none, invented = (FixedPointMatch().of(evidence(GhostPassage(6), name)) for name in ("truth", "ridge"))
    assert none["points_found"] == 0 and np.isnan(none["points_precision"])
    assert invented["points_found"] == 1 and invented["points_precision"] == 0
    assert all(np.isnan(one["points_recall"]) for one in (none, invented))
    passing = Orbits().of(evidence(GhostPassage(6), "truth"))
    assert passing["cycle_found"] == 1 and abs(passing["period_error"]) < 5e-3


def test_what_does_not_tell_its_equations_cannot_be_scored():
    silent = evidence(Bistable(30), "phase-randomised")
    for score in (FixedPointMatch(), ManifoldMatch(), Orbits()):
        assert np.isnan(list(score.of(silent).values())).all() and score.needs


def test_a_point_is_not_a_ring():
    angle = np.linspace(0, 2 * np.pi, 200)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def velocity(x):
        return x * (1 - x @ x) + 1e-3 * jnp.array([-x[1], x[0]])

    right = manifold_scores(ring, ring, slow_manifold(velocity, ring, 1), 0.01)
    assert right["same_topology"] == 1 and right["hausdorff"] == 0
    assert right["ratio"] == pytest.approx(2000, rel=1e-2)
    wrong = manifold_scores(ring, ring[:1], slow_manifold(velocity, ring[:1], 1), 0.01)
    assert wrong["same_topology"] == 0 and wrong["hausdorff"] == pytest.approx(2, rel=1e-2)
