"""Kernels of finite networks: exact for the network at hand, and tending to the infinitely wide one's."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.wide_networks import draw_weights, empirical_kernels, kernels_at, outputs
from theory.errors import ProblemError
from theory.kernels import (
    Erf,
    Identity,
    InitialState,
    Rates,
    RecurrentLayer,
    RecurrentNetwork,
    ReLU,
    Tanh,
    all_pairs,
)

SEQUENCES = np.random.default_rng(7).normal(size=(2, 4, 2))
NETWORKS = {
    "identity": RecurrentNetwork(RecurrentLayer(Identity(), 0.9, 1.0, 0.2)),
    "relu": RecurrentNetwork(RecurrentLayer(ReLU(), 1.3, 1.0, 0.2)),
    "erf": RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.2)),
    "tanh": RecurrentNetwork(RecurrentLayer(Tanh(), 1.5, 1.0, 0.2)),
    "untied": RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.2, tied=False)),
    "states of their own": RecurrentNetwork(
        RecurrentLayer(Erf(), 1.5, 1.0, 0.2, InitialState(1.0, shared=False), Rates(0.5, 2.0, 1.0, 1.5))
    ),
    "trained shared state": RecurrentNetwork(
        RecurrentLayer(Erf(), 1.5, 1.0, 0.0, InitialState(1.0), Rates(initial_state=1.5))
    ),
    "stacked": RecurrentNetwork((RecurrentLayer(Erf(), 1.2, 1.0, 0.2), RecurrentLayer(ReLU(), 1.0, 1.3, 0.1))),
    "readout of non-zero mean": RecurrentNetwork(RecurrentLayer(Erf(), 1.2), readout=0.8, readout_mean=1.0),
}


@pytest.mark.parametrize("name", ["states of their own", "trained shared state", "untied", "stacked"])
def test_kernel_is_the_gram_matrix_of_gradients(name):
    """With respect to the weights themselves, by automatic differentiation."""
    network, width = NETWORKS[name], 6
    weights = draw_weights(network, width, 2, 3, times=4, sequences=2)
    gram = np.zeros((8, 8))
    jacobians = [jax.jacrev(lambda w, i=i: outputs(network, w, SEQUENCES[i], i))(weights) for i in range(2)]

    def add(rate, leaves):
        flat = np.concatenate([np.asarray(leaf).reshape(4, -1) for leaf in leaves])
        return rate * flat @ flat.T

    gram += add(network.readout_rate, [each["readout"] for each in jacobians])
    for layer, its in enumerate(network.layers):
        for name_of_group, rate in (
            ("recurrent", its.rates.recurrent),
            ("input", its.rates.input),
            ("bias", its.rates.bias),
            ("initial", its.rates.initial_state),
        ):
            gram += add(rate, [each["layers"][layer][name_of_group] for each in jacobians])
    found = empirical_kernels(network, SEQUENCES, width, 3).matrices().ntk
    np.testing.assert_allclose(found, gram, rtol=1e-11, atol=1e-13)


def drawn_kernels(network, sequences, width, draws):
    """NNGPs and NTKs, each (draw, output, other), of the networks of seeds 0, 1, ..., all drawn by one program.

    What is drawn depends on no activation or scale: networks of one kind share the program.
    """
    sequences = np.asarray(sequences)
    number, times, inputs = sequences.shape
    kinds = [(each.initial_state, each.tied) for each in network.layers]
    layers = tuple(RecurrentLayer(Identity(), 1.0, initial_state=state, tied=tied) for state, tied in kinds)
    weights = jax.tree.map(np.asarray, _drawn(RecurrentNetwork(layers), width, inputs, times, number, draws))
    found = [kernels_at(network, jax.tree.map(lambda leaf, i=i: leaf[i], weights), sequences) for i in range(draws)]
    return tuple(np.array(each).reshape(draws, number * times, -1) for each in zip(*found, strict=True))


@functools.partial(jax.jit, static_argnums=range(6))
def _drawn(network, width, inputs, times, sequences, draws):
    return jax.vmap(lambda seed: draw_weights(network, width, inputs, seed, times, sequences))(jnp.arange(draws))


def test_draws_at_once_are_those_one_by_one():
    found = drawn_kernels(NETWORKS["states of their own"], SEQUENCES, 6, 3)
    alone = empirical_kernels(NETWORKS["states of their own"], SEQUENCES, 6, 2).matrices()
    for kind, expected in zip(found, (alone.nngp, alone.ntk), strict=True):
        np.testing.assert_allclose(kind[2], expected, rtol=1e-12, atol=1e-14)


@functools.cache
def average(name, width, draws):
    """Mean and standard error of both."""
    found = drawn_kernels(NETWORKS[name], SEQUENCES, width, draws)
    return [(each.mean(0), each.std(0, ddof=1) / np.sqrt(draws)) for each in found]


@pytest.mark.parametrize("name", NETWORKS)
def test_kernels_are_the_mean_of_wide_networks(name):
    """Within five standard errors and a bias of order 1/N, here 4/N of the kernel's size."""
    width, draws = 256, 12
    expected = all_pairs(NETWORKS[name], SEQUENCES).matrices()
    for (mean, error), kernel in zip(
        average(name, width, draws), (expected.nngp, expected.ntk), strict=True
    ):
        size = np.sqrt(np.outer(np.diag(kernel), np.diag(kernel)))
        assert (np.abs(mean - kernel) < 5 * error + 4 / width * size).all()
        assert error.max() < 0.4 * size.max()


def test_untied_kernel_is_rejected_by_tied_networks_and_the_reverse():
    for tied, other in (("erf", "untied"), ("untied", "erf")):
        rival = all_pairs(NETWORKS[other], SEQUENCES).matrices().ntk
        mean, error = average(tied, 256, 12)[1]
        assert (np.abs(mean - rival) > 8 * error).any()


def test_single_draws_approach_the_kernel_as_one_over_the_root_of_width():
    network = NETWORKS["erf"]
    kernel = all_pairs(network, SEQUENCES).matrices().ntk
    distances = []
    for width in (32, 512):
        found = drawn_kernels(network, SEQUENCES, width, 6)[1]
        distances.append(np.mean([np.linalg.norm(each - kernel) / np.linalg.norm(kernel) for each in found]))
    assert np.log(distances[0] / distances[1]) / np.log(16) == pytest.approx(0.5, abs=0.2)


def test_gradient_dependence_keeps_an_error_that_width_does_not_cure():
    """What the engine refuses: a rectifier read out by weights of mean one."""
    network = NETWORKS["relu"]
    refused = object.__new__(RecurrentNetwork)
    refused.__dict__.update({**network.__dict__, "readout_mean": 1.0})
    kernel = 2 * all_pairs(network, SEQUENCES).matrices().ntk - all_pairs(network, SEQUENCES).matrices().nngp
    gaps = []
    for width in (64, 512):
        found = drawn_kernels(refused, SEQUENCES, width, 6)[1]
        gaps.append(np.linalg.norm(found.mean(0) - kernel) / np.linalg.norm(kernel))
    assert gaps[1] > 0.2 and gaps[1] > 0.6 * gaps[0]


def test_ragged_sequences_are_refused():
    with pytest.raises(ProblemError):
        empirical_kernels(NETWORKS["erf"], [[[1.0]], [[1.0], [2.0]]], 8, 0)
    with pytest.raises(ProblemError, match="width"):
        empirical_kernels(NETWORKS["erf"], jnp.ones((1, 2, 1)), 0, 0)
