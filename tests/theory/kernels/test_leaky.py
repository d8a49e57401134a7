"""Kernels of leaky units, against the two-dimensional recursion in scalar arithmetic."""

import functools

import numpy as np
import pytest

from tests.theory.kernels.brute_force import dual
from tests.theory.kernels.test_activations import softplus
from theory.errors import ProblemError
from theory.kernels import (
    Erf,
    FromFunction,
    Identity,
    InitialState,
    Rates,
    RecurrentLayer,
    RecurrentNetwork,
    ReLU,
    all_pairs,
    leaky_all_pairs,
)

SEQUENCES = np.random.default_rng(5).normal(size=(2, 4, 2))
NETWORKS = [
    RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.1, 0.2, rates=Rates(0.7, 1.2, 0.4)), 1.3, 0.8),
    RecurrentNetwork(RecurrentLayer(ReLU(), 1.2, 0.9, 0.1)),
    RecurrentNetwork(RecurrentLayer(Identity(), 0.9, 1.0, 0.3)),
]


def brute_force(network, leak):
    layer = network.layers[0]
    w, u, b, rates, keep = layer.recurrent**2, layer.input**2, layer.bias**2, layer.rates, 1 - leak

    @functools.cache
    def filtered(i, t, j, s):
        """A and R."""
        if t == 0 or s == 0:
            return 0.0, 0.0
        K, D = duals(i, t - 1, j, s - 1)
        gram = float(SEQUENCES[i, t - 1] @ SEQUENCES[j, s - 1]) / 2
        corner = filtered(i, t - 1, j, s - 1)
        trained = rates.recurrent * w * K + rates.input * u * gram + rates.bias * b
        sources = w * K + u * gram + b, trained + w * D * corner[1]
        left, up = filtered(i, t - 1, j, s), filtered(i, t, j, s - 1)
        return tuple(leak**2 * sources[k] + keep * (left[k] + up[k]) - keep**2 * corner[k] for k in (0, 1))

    @functools.cache
    def duals(i, t, j, s):
        """K and D."""
        if t == 0 or s == 0:
            return 0.0, 0.0
        variances = filtered(i, t, i, t)[0], filtered(j, s, j, s)[0]
        return dual(layer.activation, *variances, filtered(i, t, j, s)[0])

    points = [(i, t) for i in range(2) for t in range(1, 5)]
    found = np.array([[filtered(*row, *column) + duals(*row, *column) for column in points] for row in points])
    nngp = network.readout**2 * found[..., 2]
    return nngp, network.readout_rate * nngp + network.readout**2 * found[..., 3] * found[..., 1]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: str(network.activations[0]))
def test_two_dimensional_recursion(network):
    found = leaky_all_pairs(network, 0.3, SEQUENCES).matrices()
    for kernel, expected in zip((found.nngp, found.ntk), brute_force(network, 0.3), strict=True):
        np.testing.assert_allclose(kernel, expected, rtol=1e-10, atol=1e-12)
        assert np.linalg.eigvalsh(kernel)[0] > -1e-13 * np.trace(kernel)


def test_a_leak_of_one_is_none():
    found, expected = leaky_all_pairs(NETWORKS[0], 1.0, SEQUENCES), all_pairs(NETWORKS[0], SEQUENCES)
    np.testing.assert_allclose(found.ntk, expected.ntk, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "layer, leak, words",
    [
        (RecurrentLayer(Erf(), 1.0), 1.5, "leak"),
        (RecurrentLayer(Erf(), 1.0), 0.0, "leak"),
        (RecurrentLayer(FromFunction(softplus), 1.0), 0.5, "at 0"),
        (RecurrentLayer(Erf(), 1.0, tied=False), 0.5, "tied"),
        (RecurrentLayer(Erf(), 1.0, initial_state=InitialState(1.0)), 0.5, "start at 0"),
    ],
)
def test_refusals(layer, leak, words):
    with pytest.raises(ProblemError, match=words):
        leaky_all_pairs(RecurrentNetwork(layer), leak, SEQUENCES)
