"""Limit cycles against closed orbits that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.dynamics.limit_cycles import limit_cycle
from numerics.dynamics.recurrent import RecurrentVelocity
from theory import circuits


def turning(x, speed, rate):
    """r' = rate r (1 - r^2), angle' = speed; a third coordinate decays at 3."""
    flat = rate * x[:2] * (1 - x[:2] @ x[:2]) + speed * jnp.array([-x[1], x[0]])
    return jnp.append(flat, -3.0 * x[2])


def test_period_and_exponents_of_a_circle():
    cycle = limit_cycle(jax.tree_util.Partial(turning, speed=0.7, rate=1.5), [0.2, 0.1, 1.0], 40.0)
    assert cycle.period == pytest.approx(2 * np.pi / 0.7, abs=max(10 * cycle.period_error, 1e-9))
    # the last multiplier is exp(-27), far below rounding of the first; its exponent is not
    assert cycle.exponents == pytest.approx([0, -3, -3], abs=1e-6)
    assert cycle.stable
    assert np.abs(np.hypot(*cycle.states[:, :2].T) - 1).max() < 1e-8
    assert np.abs(np.sort(np.abs(cycle.multipliers))[-1] - 1) < 1e-8


def test_nothing_that_rests_or_leaves_is_a_cycle():
    assert limit_cycle(lambda x: -x, [1.0, 2.0], 20.0) is None
    assert limit_cycle(lambda x: x * (1 - x**2), [0.3], 20.0) is None
    assert limit_cycle(lambda x: x, [1.0, 2.0], 20.0) is None
    # a focus turns, but does not come back
    assert limit_cycle(lambda x: jnp.array([[-0.3, 1.0], [-1.0, -0.3]]) @ x, [1.0, 2.0], 60.0) is None
    # chaos comes near, but not back
    assert limit_cycle(lambda x: jnp.full_like(x, jnp.nan), [1.0, 2.0], 20.0) is None


def test_period_doubles_with_the_unit_of_time():
    fast = limit_cycle(jax.tree_util.Partial(turning, speed=0.7, rate=1.5), [0.2, 0.1, 1.0], 40.0)
    slow = limit_cycle(
        lambda x: 1e-9 * turning(x / 1e20, 0.7, 1.5) * 1e20, [0.2e20, 0.1e20, 1e20], 40.0e9
    )
    assert slow.period == pytest.approx(1e9 * fast.period, rel=1e-9)
    assert slow.exponents == pytest.approx(1e-9 * fast.exponents, abs=1e-15)


def test_van_der_pol_against_its_published_period():
    # mu = 1: period 6.6632868593231301896996820305 (Amore, Boyd & Fernandez 2018)
    cycle = limit_cycle(lambda x: jnp.array([x[1], (1 - x[0] ** 2) * x[1] - x[0]]), [1.0, 0.0], 40.0)
    assert cycle.period == pytest.approx(6.66328685932313, abs=1e-8)
    # the exponent is the mean divergence over a turn (Liouville)
    divergence = np.mean(1 - cycle.states[:, 0] ** 2)
    assert cycle.exponents[1] == pytest.approx(divergence, abs=1e-6)


def test_cycle_of_a_circuit_against_its_own_truth():
    circuit = circuits.limit_cycle_circuit(64, rotation=0.6, seed=2)
    truth = circuit.truth
    cycle = limit_cycle(RecurrentVelocity(circuit), 0.3 * circuit.weights[0] @ np.array([1.0, 0.0]), 120.0)
    assert cycle.period == pytest.approx(truth.period, rel=1e-8)
    assert cycle.exponents[:2] == pytest.approx([0, truth.floquet_exponent], abs=1e-6)
    assert cycle.exponents[2:] == pytest.approx(-np.ones(62), abs=1e-6)
