"""Kernels as logarithms: those of `last_time` where they fit, and the laws of growth where they do not."""

import numpy as np
import pytest

from tests.theory.kernels.test_activations import softplus
from tests.theory.kernels.test_last_time import NETWORKS, RAGGED
from theory.errors import ProblemError, UnstableSystemError
from theory.kernels import (
    Erf,
    FromFunction,
    Identity,
    RecurrentLayer,
    RecurrentNetwork,
    ReLU,
    Tanh,
    last_time,
    last_time_log,
    padded,
    variances,
)


@pytest.mark.parametrize(
    "name", ["identity", "relu", "erf", "tanh", "independent states", "trained state", "rates", "untied"]
)
def test_is_last_time_where_that_fits(name):
    found, expected = last_time_log(NETWORKS[name], *padded(RAGGED)), last_time(NETWORKS[name], *padded(RAGGED))
    np.testing.assert_allclose(found.nngp_sign * np.exp(found.nngp_log), expected.nngp, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(found.ntk_sign * np.exp(found.ntk_log), expected.ntk, rtol=1e-12, atol=1e-14)


def test_stacked_homogeneous_layers():
    network = RecurrentNetwork((RecurrentLayer(ReLU(), 1.5, 1.0, 0.1), RecurrentLayer(Identity(), 0.8, 1.2, 0.3)))
    found, expected = last_time_log(network, *padded(RAGGED)), last_time(network, *padded(RAGGED))
    np.testing.assert_allclose(found.ntk_sign * np.exp(found.ntk_log), expected.ntk, rtol=1e-12)


@pytest.mark.parametrize("activation", [Erf(), pytest.param(Tanh(), marks=pytest.mark.full)], ids=str)
def test_gradients_beyond_the_edge_of_chaos_grow_by_chi_a_step_and_stay_positive(activation):
    network = RecurrentNetwork(RecurrentLayer(activation, 3.0))
    sequences = 0.1 * np.random.default_rng(0).normal(size=(4, 2000, 1)) + 0.1
    with pytest.raises(UnstableSystemError, match="last_time_log"):
        last_time(network, sequences)
    shorter, longest = (last_time_log(network, sequences[:, :t]) for t in (1000, 2000))
    assert (np.diag(longest.ntk_log) > np.log(1e300)).all()
    growth, chi = np.diag(longest.ntk_log - shorter.ntk_log), variances(network, sequences).chi[0]
    np.testing.assert_allclose(growth, np.log(chi[1000:]).sum(0), rtol=0.01)
    assert np.linalg.eigvalsh(longest.normalised_ntk())[0] > -1e-12


def test_states_that_grow_without_bound():
    """ReLU, s_w^2 = 9: K(T,T) grows by 9/2 a step."""
    network = RecurrentNetwork(RecurrentLayer(ReLU(), 3.0))
    sequences = np.random.default_rng(0).normal(size=(3, 1500, 1))
    found = [last_time_log(network, sequences[:, :t]) for t in (1000, 1500)]
    np.testing.assert_allclose(np.diag(found[1].nngp_log - found[0].nngp_log), 500 * np.log(4.5), rtol=1e-12)
    kernel = found[1].normalised_ntk()
    assert np.isfinite(kernel).all() and np.linalg.eigvalsh(kernel)[0] > -1e-12


def test_what_neither_has_a_bound_nor_scales_is_refused():
    with pytest.raises(ProblemError, match="homogeneous"):
        last_time_log(RecurrentNetwork(RecurrentLayer(FromFunction(softplus), 1.0)), np.ones((1, 2, 1)))
