"""Plateaus: the reference target's, and that each is a fixed point which is left at its escape rate."""

import jax
import numpy as np
import pytest

from numerics.claims.integrator_outlier import dense_problem
from theory import teachers
from theory.plateaus import plateaus

REFERENCE = dense_problem(teachers.sum_of_exponentials((0.3, 2.5), (1.0, -1.5)), 1e-2)


@pytest.fixture(scope="module")
def found():
    return plateaus(REFERENCE, starts=8)


def test_reference_target_has_its_three(found):
    nothing, first, solution = found
    assert nothing.loss == pytest.approx(0.522619, abs=1e-6)
    # a unit without weights grows at |H*(1)|
    assert nothing.escape_rate == pytest.approx(abs(1 / 1.3 - 1.5 / 3.5), rel=1e-9)
    assert first.loss == pytest.approx(0.104586, abs=1e-6)
    assert first.poles[0] == pytest.approx(-0.18627, abs=1e-5)
    assert first.escape_rate == pytest.approx(0.239209, abs=1e-6)
    assert solution.loss < 1e-12 and solution.escape_rate == 0.0
    np.testing.assert_allclose(np.sort(solution.poles), [-2.5, -0.3], rtol=1e-6)
    assert first.hits + solution.hits > 4


def test_each_is_a_balanced_fixed_point_of_the_loss(found):
    for plateau in found[1:]:
        for slope in REFERENCE.gradient(plateau.network).values():
            assert np.abs(slope).max() < 1e-8
        W, U, V = (np.asarray(plateau.network[name]) for name in ("recurrent", "input", "readout"))
        np.testing.assert_allclose(U @ U.T + W @ W.T, V.T @ V + W.T @ W, atol=1e-8)


def test_wide_network_leaves_the_first_plateau_at_its_escape_rate(found):
    """Padded with silent units of small weights: the loss falls as exp(2 rate s)."""
    network, rate = found[1].network, found[1].escape_rate
    random = np.random.default_rng(0)
    wide = {"recurrent": np.zeros((4, 4)), "input": np.zeros((4, 1)), "readout": np.zeros((1, 4))}
    wide["recurrent"][0, 0] = network["recurrent"][0, 0]
    wide["input"][0], wide["readout"][:, 0] = network["input"][0], network["readout"][:, 0]
    wide = {name: values + 1e-5 * random.normal(size=values.shape) for name, values in wide.items()}
    sizes, step = [], 0.05

    @jax.jit
    def trained(weights):
        return jax.lax.fori_loop(
            0,
            400,
            lambda _, w: REFERENCE.learning_rule.step(w, (), lambda x: REFERENCE.gradient(x), step)[0],
            weights,
        )

    for _ in range(2):
        wide = trained(wide)
        sizes.append(np.linalg.norm(np.asarray(wide["input"])[1:]))
    assert np.log(sizes[1] / sizes[0]) / (400 * step) == pytest.approx(rate, rel=0.02)
