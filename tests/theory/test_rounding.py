"""Rounding outside the confined subspace: against rounded numbers, a random walk, and networks in float64."""

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.transverse_escape import recurrent_outside, three_modes, weights_of
from numerics.simulation import simulate
from theory import derive
from theory.learning_rules import GradientDescent, GradientFlow
from theory.reductions import Confinement
from theory.rounding import RELATIVE_ROUNDING, rounding_outside


def test_relative_rounding_is_that_of_float32_in_its_own_units():
    """Numbers of many sizes, rounded to 24 instead of 53 digits."""
    exact = np.exp(np.random.default_rng(0).uniform(0.0, 8 * np.log(2), 400_000))
    found = np.std(exact.astype(np.float32) / exact - 1) * 2.0 ** (24 - 53)
    assert found == pytest.approx(RELATIVE_ROUNDING, rel=5e-3)  # 400,000 of them know it to 0.1%


@pytest.mark.parametrize("rule", [GradientFlow(), GradientDescent(0.1)], ids=str)
def test_covariance_is_that_of_many_noisy_weights(rule):
    """The recursion against 20,000 realisations of it, step by step."""
    random, k, width, steps = np.random.default_rng(1), 2, 8, 40
    M = 0.4 * random.normal(size=(k + 1, k + 1))
    network = {"recurrent": random.normal(size=(k, k)), "input": random.normal(size=(k, 1))}
    network["readout"] = random.normal(size=(1, k))
    along = {name: np.stack([values] * (steps + 1)) for name, values in network.items()}
    times = 0.1 * np.arange(steps + 1)
    found = rounding_outside(along, np.stack([M] * (steps + 1)), times, width, 0.1, rule)
    generator = -np.block([[np.zeros((3, 3)), M], [M.T, np.zeros((3, 3))]])
    rates, modes = np.linalg.eigh(generator)
    factor = 1 + 0.1 * rates if isinstance(rule, GradientDescent) else np.exp(0.1 * rates)
    step = modes @ np.diag(factor) @ modes.T
    sizes = {name: np.linalg.norm(values) / np.sqrt(width) for name, values in network.items()}
    spread = [sizes["recurrent"] / np.sqrt(width)] * k + [sizes["readout"]]
    spread = RELATIVE_ROUNDING * np.array([*spread, *spread[:k], sizes["input"]])
    z = np.zeros((6, 20_000))
    for _ in range(steps):
        z = step @ z + spread[:, None] * random.normal(size=z.shape)
    assert found[-1] == pytest.approx(np.sqrt((z[[0, 1, 3, 4]] ** 2).mean()), rel=0.03)
    assert found[0] == 0.0


@pytest.mark.full
@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize(("end", "seeds"), [(30.0, 2), (240.0, 4)])
def test_networks_from_zero_recurrence_leave_their_subspace_at_the_size_of_rounding(end, seeds):
    """Nothing is fitted; the control is the same number without the growth."""
    problem, width, step = three_modes(), 16, 0.075
    networks = simulate(
        problem, width, seeds, end, records=5, step_size=step, weights=True, progress=False
    )
    dynamics, ratios = derive(problem), []
    for seed in range(seeds):
        basis = np.asarray(Confinement().basis(problem.draw(width, seed)))
        found = recurrent_outside(weights_of(networks.isel(seed=seed)), basis)[1:]
        ratios.append(found / dynamics.rounding_outside(dynamics.solve(end, width, seed, 41), width, step)[10::10])
    # one direction that grows, from a few dozen random numbers: a factor of up to two for a single network
    assert np.abs(np.log(ratios)).max() < np.log(2.5)
    assert np.exp(np.mean(np.log(ratios))) == pytest.approx(1.0, abs=0.4)
    still = RELATIVE_ROUNDING * np.sqrt(end / step) * float(jnp.linalg.norm(networks.weights_recurrent[0, -1].values))
    assert found[-1] > 3 * still / width
