"""Gated units in the mean-field limit: plain units as a special case, and real networks."""

import jax
import numpy as np
import pytest

from numerics.gated_networks import draw_gated_weights, empirical_gated_kernels, gated_outputs
from theory.errors import ProblemError, UnstableSystemError
from theory.kernels import Erf, Identity, InitialState, Rates, RecurrentLayer, RecurrentNetwork, all_pairs
from theory.kernels.gated import (
    GRU,
    GatedNetwork,
    GatedWeights,
    MinimalGated,
    Ungated,
    gated_all_pairs,
    gated_last_time,
)
from theory.kernels.gated.fields import Field, whitened

SEQUENCES = np.random.default_rng(7).normal(size=(2, 4, 2))


RATES = Rates(0.4, 1.3, 0.7)
GATED = {
    "gru": GatedNetwork(
        GRU(), (GatedWeights(1.5, 1.0, 0.2), GatedWeights(1.5, 1.0, 0.2), GatedWeights(2.0, 1.0, 0.2))
    ),
    "minimal": GatedNetwork(
        MinimalGated(), (GatedWeights(1.5, 1.0, 0.2, bias_mean=0.5), GatedWeights(2.0, 1.0, 0.2))
    ),
    "rates and state": GatedNetwork(
        MinimalGated(),
        (GatedWeights(1.5, 1.0, 0.3, rates=Rates(0.0, 2.0, 1.5)), GatedWeights(2.0, 1.0, 0.2, rates=RATES)),
        InitialState(0.8),
        initial_rate=0.7,
        readout=1.2,
        readout_rate=0.5,
    ),
    "untied": GatedNetwork(
        GRU(),
        (GatedWeights(1.5, 1.0, 0.2), GatedWeights(1.5, 1.0, 0.2), GatedWeights(2.0, 1.0, 0.2)),
        InitialState(0.5, shared=False),
        initial_rate=0.7,
        tied=False,
    ),
}


@pytest.mark.parametrize("tied", [True, False])
def test_without_gates_linear_units_have_their_kernel_to_rounding(tied):
    """Noise whose second moments are exact makes everything linear exact."""
    state = InitialState(0.8, shared=tied)
    layer = RecurrentLayer(Identity(), 0.9, 1.1, 0.3, state, Rates(0.4, 1.3, 0.7, 0.6), tied)
    expected = all_pairs(RecurrentNetwork(layer, readout=1.2, readout_rate=0.5), SEQUENCES).matrices()
    weights = (GatedWeights(0.9, 1.1, 0.3, rates=RATES),)
    network = GatedNetwork(Ungated(Identity()), weights, state, 0.6, 1.2, 0.5, tied=tied)
    found = gated_all_pairs(network, SEQUENCES, units=512, populations=2)
    np.testing.assert_allclose(found.nngp, expected.nngp, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(found.ntk, expected.ntk, rtol=1e-9, atol=1e-11)


def test_without_gates_units_have_the_engine_s_kernel_within_the_stated_error():
    layer = RecurrentLayer(Erf(), 1.5, 1.1, 0.3, rates=RATES)
    expected = all_pairs(RecurrentNetwork(layer), SEQUENCES).matrices()
    network = GatedNetwork(Ungated(Erf()), (GatedWeights(1.5, 1.1, 0.3, rates=RATES),))
    found = gated_all_pairs(network, SEQUENCES, units=4096)
    rival = all_pairs(RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.1, 0.3, rates=RATES, tied=False)), SEQUENCES)
    for name in ("nngp", "ntk"):
        kernel, error = getattr(found, name), getattr(found, f"{name}_error")
        gap = np.abs(kernel - getattr(expected, name)) / error
        assert gap.max() < 6 and np.median(gap) < 2  # 36 numbers, Student's t of 7 degrees of freedom
        assert error.max() < 0.03 * kernel.max()
        assert (np.abs(kernel - getattr(rival.matrices(), name)) / error).max() > 30


@pytest.mark.parametrize("name", ["rates and state", "untied"])
def test_finite_kernel_is_the_gram_matrix_of_gradients(name):
    network, width = GATED[name], 5
    weights = draw_gated_weights(network, width, 2, 3, times=4, sequences=2)
    jacobians = [
        jax.jacrev(lambda w, i=i: gated_outputs(network, w, SEQUENCES[i], i)[-1])(weights) for i in range(2)
    ]

    def gram(group, k=...):
        flat = np.stack([np.asarray(each[group][k]).ravel() for each in jacobians])
        return flat @ flat.T

    expected = network.readout_rate * gram("readout") + network.initial_rate * gram("initial")
    for k, each in enumerate(network.weights):
        for group in ("recurrent", "input", "bias"):
            expected += getattr(each.rates, group) * gram(group, k)
    found = empirical_gated_kernels(network, SEQUENCES, width, 3)[1]
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "widths"),
    [("rates and state", (256,)), ("untied", (256,))]
    + [pytest.param(name, (128, 512, 2048), marks=pytest.mark.full) for name in GATED],
)
def test_kernels_and_gradients_are_the_mean_of_wide_networks(name, widths):
    """Within five standard errors of both, and a bias of order 1/N, here 4/N of the kernel's size."""
    limit = gated_last_time(GATED[name], SEQUENCES, units=4096)
    limits = (limit.nngp, limit.nngp_error), (limit.ntk, limit.ntk_error), (limit.gradients, limit.gradients_error)
    for width in widths:
        draws = 12 if width > 1000 else 24
        found = [empirical_gated_kernels(GATED[name], SEQUENCES, width, seed) for seed in range(draws)]
        for each, (expected, sampling) in zip(zip(*found, strict=True), limits, strict=True):
            error = np.std(each, axis=0, ddof=1) / np.sqrt(draws)
            gap = np.abs(np.mean(each, axis=0) - expected)
            assert (gap < 5 * np.hypot(error, sampling) + 4 / width * np.abs(expected).max()).all()
            assert error.max() < 0.15 * np.abs(expected).max()


def test_tied_and_untied_gates_are_told_apart_by_networks():
    """At equal times too: a gated state remembers its gates' past, whose correlations only tied weights have."""
    width, draws = 128, 64
    found = np.array([empirical_gated_kernels(GATED["gru"], SEQUENCES, width, seed)[1] for seed in range(draws)])
    error = found.std(0, ddof=1) / np.sqrt(draws)
    untied = GatedNetwork(GATED["gru"].unit, GATED["gru"].weights, tied=False)
    rival = gated_last_time(untied, SEQUENCES, units=4096).ntk
    assert (np.abs(found.mean(0) - rival) / error).max() > 6


def test_sequences_are_causal_repeated_and_their_kernels_positive():
    values = np.concatenate([SEQUENCES, SEQUENCES[:1]])
    whole = gated_all_pairs(GATED["minimal"], values, units=1024)
    np.testing.assert_allclose(whole.ntk[8:, 8:], whole.ntk[:4, :4], rtol=1e-9)
    np.testing.assert_allclose(whole.ntk[8:, 4:8], whole.ntk[:4, 4:8], rtol=1e-9)
    for kernel in (whole.nngp, whole.ntk):
        np.testing.assert_allclose(kernel, kernel.T, rtol=1e-12)
        assert np.linalg.eigvalsh(kernel)[0] > -1e-12 * np.trace(kernel)
    ragged = gated_last_time(GATED["minimal"], np.where(values > 10, np.nan, values), [4, 2, 3], units=4096)
    picked = [3, 5, 10]
    gap = np.abs(ragged.ntk - whole.ntk[np.ix_(picked, picked)])
    assert (gap < 5 * np.hypot(ragged.ntk_error, whole.ntk_error[np.ix_(picked, picked)])).all()


def test_fields_have_the_covariance_asked_for_also_where_it_is_singular():
    root = np.random.default_rng(0).normal(size=(5, 3))
    covariance = root @ root.T
    field = Field(whitened(np.random.default_rng(1), 5, 200))
    drawn = np.concatenate([field.extended(covariance[:2, :2]), field.extended(covariance[:, 2:])])
    np.testing.assert_allclose(drawn @ drawn.T / 200, covariance, atol=1e-9)


def test_refusals():
    weights = (GatedWeights(1.0), GatedWeights(1.0))
    with pytest.raises(ProblemError, match="readout_mean = 1.*no width"):
        GatedNetwork(MinimalGated(), weights, readout_mean=1.0)
    with pytest.raises(ProblemError, match="feedback"):
        GatedNetwork(MinimalGated(), weights, feedback=0.5)
    with pytest.raises(ProblemError, match="update, reset, candidate; got 2"):
        GatedNetwork(GRU(), weights)
    with pytest.raises(ProblemError, match="recurrent = -1"):
        GatedWeights(-1.0)
    with pytest.raises(ProblemError, match="at least 272"):
        gated_last_time(GATED["minimal"], SEQUENCES, units=100)
    with pytest.raises(ProblemError, match="padded"):
        gated_last_time(GATED["minimal"], [[[1.0], [2.0]], [[1.0]]])
    explosive = GatedNetwork(Ungated(Identity()), (GatedWeights(1e40),))
    with pytest.raises(UnstableSystemError, match="within 4 steps"):
        gated_last_time(explosive, SEQUENCES, units=512)
