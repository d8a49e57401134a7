"""Kernels at the last time, against brute force."""

import sys

import numpy as np
import pytest

from tests.theory.kernels.brute_force import BruteForce
from theory.errors import ProblemError, UnstableSystemError
from theory.kernels import (
    Erf,
    Identity,
    InitialState,
    Rates,
    RecurrentLayer,
    RecurrentNetwork,
    ReLU,
    Tanh,
    last_time,
    last_time_log,
    padded,
    variances,
)

RANDOM = np.random.default_rng(4)
RAGGED = [RANDOM.normal(size=(length, 2)) for length in (5, 3, 5, 1)]
FULL = RANDOM.normal(size=(4, 5, 2))

NETWORKS = {
    "identity": RecurrentNetwork(RecurrentLayer(Identity(), 0.9, 1.1, 0.2)),
    "relu": RecurrentNetwork(RecurrentLayer(ReLU(), 1.3, 0.7, 0.1), readout=1.5),
    "erf": RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.3)),
    "shared state": RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.0, InitialState(0.8))),
    "independent states": RecurrentNetwork(RecurrentLayer(ReLU(), 1.2, 1.0, 0.1, InitialState(0.8, shared=False))),
    "trained state": RecurrentNetwork(
        RecurrentLayer(Erf(), 1.5, 1.0, 0.0, InitialState(0.8), Rates(initial_state=0.7))
    ),
    "trained independent states": RecurrentNetwork(
        RecurrentLayer(Erf(), 1.5, 1.0, 0.0, InitialState(0.8, shared=False), Rates(initial_state=0.7))
    ),
    "rates": RecurrentNetwork(
        RecurrentLayer(Erf(), 1.1, 0.8, 0.4, rates=Rates(0.3, 1.7, 2.0)), readout=0.6, readout_rate=0.0
    ),
    "untied": RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.2, tied=False)),
    "readout of non-zero mean": RecurrentNetwork(RecurrentLayer(Erf(), 1.5), readout_mean=1.0),
    "stacked": RecurrentNetwork(
        (RecurrentLayer(Erf(), 1.5, 1.0, 0.2, InitialState(0.5)), RecurrentLayer(ReLU(), 0.8, 1.2, 0.1)), readout=1.2
    ),
    "tanh": RecurrentNetwork(RecurrentLayer(Tanh(), 1.2, 0.9, 0.1)),
}


def brute_force(network, sequences):
    slow = BruteForce(network, sequences)
    indices = range(len(sequences))
    found = np.array(
        [[slow.kernels(i, len(sequences[i]), j, len(sequences[j])) for j in indices] for i in indices]
    )
    return found[..., 0], found[..., 1]


@pytest.mark.parametrize("name", NETWORKS)
class TestBruteForce:
    def test_sequences_of_different_lengths(self, name):
        sequences = RAGGED if name != "tanh" else RAGGED[1::2]  # quadrature by brute force is slow
        found = last_time(NETWORKS[name], *padded(sequences))
        for kernel, expected in zip((found.nngp, found.ntk), brute_force(NETWORKS[name], sequences), strict=True):
            np.testing.assert_allclose(kernel, expected, rtol=1e-10, atol=1e-12)
            np.testing.assert_array_equal(kernel, kernel.T)

    def test_two_sets_are_a_block_of_their_union(self, name):
        """Of different inputs, with different numbers of times."""
        network = NETWORKS[name]
        whole = last_time(network, *padded(RAGGED))
        block = last_time(network, *padded(RAGGED[:3]), *padded(RAGGED[3:]))
        np.testing.assert_allclose(block.ntk, whole.ntk[:3, 3:], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(block.nngp, whole.nngp[:3, 3:], rtol=1e-12, atol=1e-14)


def test_blocks_join_seamlessly(monkeypatch):
    whole = last_time(NETWORKS["erf"], FULL)
    monkeypatch.setattr(sys.modules["theory.kernels.last_time"], "_BLOCK", 3)
    parts = last_time(NETWORKS["erf"], FULL)
    np.testing.assert_allclose(parts.ntk, whole.ntk, rtol=1e-14)
    np.testing.assert_array_equal(parts.ntk, parts.ntk.T)


def test_what_lies_beyond_a_length_is_not_read():
    values, lengths = padded(RAGGED)
    spoilt = np.where(values == 0, np.nan, values)
    np.testing.assert_array_equal(
        last_time(NETWORKS["erf"], spoilt, lengths).ntk, last_time(NETWORKS["erf"], values, lengths).ntk
    )


def test_tied_and_untied_weights_differ_away_from_equal_times_alone():
    values, lengths = padded(RAGGED)
    tied = last_time(NETWORKS["erf"], values, lengths).ntk
    untied = last_time(
        RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.3, tied=False)), values, lengths
    ).ntk
    equal = lengths[:, None] == lengths
    reachable = np.minimum(lengths[:, None], lengths) > 1
    np.testing.assert_allclose(tied[equal | ~reachable], untied[equal | ~reachable], rtol=1e-13)
    assert np.abs(tied / untied - 1)[~equal & reachable].min() > 0.01


def test_duplicates_have_the_kernel_of_one_sequence():
    for name in ("relu", "erf", "tanh"):
        network = NETWORKS[name]
        twice = last_time(network, np.concatenate([FULL[:1], FULL[:1]])).ntk
        np.testing.assert_allclose(twice, twice[0, 0], rtol=1e-11)


@pytest.mark.parametrize("activation", [Erf(), Tanh(terms=64), ReLU(), Identity()], ids=str)
@pytest.mark.parametrize("gain", [0.0, 0.9, 1.4])
def test_a_thousand_steps_stay_symmetric_and_positive(activation, gain):
    network = RecurrentNetwork(RecurrentLayer(activation, gain, 1.0, 0.1))
    sequences = np.random.default_rng(0).normal(size=(6, 1000, 1))
    found = last_time(network, sequences)
    for kernel in (found.nngp, found.ntk):
        np.testing.assert_array_equal(kernel, kernel.T)
        deviations = np.sqrt(np.diag(kernel))
        assert np.linalg.eigvalsh(kernel / deviations / deviations[:, None])[0] > -1e-13
        assert np.isfinite(kernel).all()


@pytest.mark.parametrize(
    ("activation", "gain"),
    [(Erf(), gain) for gain in (0.0, 0.6, 1.2, 1.8, 2.4, 3.0)]
    + [(Tanh(terms=64), 0.0), (Tanh(terms=64), 3.0)]
    + [pytest.param(Tanh(), gain, marks=pytest.mark.full) for gain in (0.6, 1.2, 1.8, 2.4, 3.0)],
)
def test_bounded_units_stay_positive_over_a_thousand_steps_or_say_where_gradients_overflow(activation, gain):
    network = RecurrentNetwork(RecurrentLayer(activation, gain, 0.5, 0.1))
    sequences = np.random.default_rng(0).normal(size=(5, 1000, 1))
    try:
        kernel = last_time(network, sequences).ntk
    except UnstableSystemError as error:
        assert gain > 2 and "chi" in str(error) and "last_time_log" in str(error)
        kernel = last_time_log(network, sequences).normalised_ntk()
    np.testing.assert_array_equal(kernel, kernel.T)
    scale = np.sqrt(np.diag(kernel))
    assert np.linalg.eigvalsh(kernel / scale / scale[:, None])[0] > -1e-12


@pytest.mark.parametrize("activation", [Erf(), Tanh()], ids=str)
def test_a_sequence_stays_itself_in_chaos(activation):
    """Correlation 1 is an unstable fixed point there: rounding, or what a series leaves out, must not leave it."""
    network = RecurrentNetwork(RecurrentLayer(activation, 3.0))
    sequences = 0.1 * np.random.default_rng(0).normal(size=(3, 300, 1))
    found = last_time(network, sequences[[0, 1, 2, 0]])
    np.testing.assert_allclose(np.diag(found.nngp)[:3], variances(network, sequences).state[0, -1], rtol=1e-8)
    np.testing.assert_allclose(found.nngp[0, 3], found.nngp[0, 0], rtol=1e-12)
    for kernel in (found.nngp, found.ntk):
        scale = np.sqrt(np.diag(kernel))
        assert np.linalg.eigvalsh(kernel / scale / scale[:, None])[0] > -1e-12


@pytest.mark.parametrize("activation", [Erf(), ReLU(), Identity()], ids=str)
def test_large_inputs_lose_no_digits(activation):
    """Variances of up to 1e25: a sequence with itself has the kernel of the recursion of variances alone."""
    network = RecurrentNetwork(RecurrentLayer(activation, 1.5, 1.0, 0.1))
    for scale in (1e5, 1e12):
        found, alone = last_time(network, scale * FULL), variances(network, scale * FULL)
        np.testing.assert_allclose(np.diag(found.ntk), alone.state[0, -1] + alone.gradient[0, -1], rtol=1e-14)
        deviations = np.sqrt(np.diag(found.ntk))
        assert np.linalg.eigvalsh(found.ntk / deviations / deviations[:, None])[0] > -1e-13


class TestRefusals:
    def test_growth_names_chi_and_the_last_safe_time(self):
        network = RecurrentNetwork(RecurrentLayer(Erf(), 3.0, 1.0))
        sequences = 0.1 * np.ones((2, 1000, 1))
        with pytest.raises(UnstableSystemError, match="chi = .* last safe time is (\\d+)") as refused:
            last_time(network, sequences)
        words = str(refused.value)
        last = int(words.split("last safe time is ")[1].split(":")[0])
        chi = float(words.split("s_w^2 D = ")[1].split()[0])
        assert last * np.log(chi) == pytest.approx(np.log(1e300), rel=0.02)
        assert np.isfinite(last_time(network, sequences[:, :last]).ntk).all()
        with pytest.raises(UnstableSystemError):
            last_time(network, sequences[:, : last + 1])

    def test_states_that_grow_are_named(self):
        with pytest.raises(UnstableSystemError, match="chi"):
            last_time(RecurrentNetwork(RecurrentLayer(ReLU(), 3.0)), np.ones((1, 1000, 1)))

    @pytest.mark.parametrize(
        "sequences, lengths, words",
        [
            ([[[1.0], [2.0]], [[1.0]]], None, "padded"),
            ([[[np.nan]]], None, "not finite"),
            ([[1.0]], None, "shape"),
            ([[[1.0]]], [2], "lengths"),
            ([[[1.0]]], [0], "lengths"),
            ([[[1.0]]], [1.0], "whole numbers"),
        ],
    )
    def test_bad_sequences(self, sequences, lengths, words):
        with pytest.raises(ProblemError, match=words):
            last_time(NETWORKS["erf"], sequences, lengths)

    @pytest.mark.parametrize("name", ["recurrent", "input", "bias"])
    def test_negative_scales(self, name):
        with pytest.raises(ProblemError, match=name):
            RecurrentLayer(Erf(), **{"recurrent": 1.0, name: -0.1})

    def test_gradient_independence_that_fails(self):
        with pytest.raises(ProblemError, match="not odd"):
            RecurrentNetwork(RecurrentLayer(ReLU(), 1.0), readout_mean=1.0)
        with pytest.raises(ProblemError, match="gradient independence"):
            RecurrentNetwork(RecurrentLayer(Erf(), 1.0), feedback=0.5)


def test_variances_are_the_diagonal_and_chi_is_the_growth_of_gradients():
    network = NETWORKS["erf"]
    found = variances(network, FULL)
    slow = BruteForce(network, FULL)
    for i in range(4):
        for t in range(1, 6):
            S, K, P = slow.state(0, i, t, i, t)
            np.testing.assert_allclose(found.preactivation[0, t - 1, i], S, rtol=1e-13)
            np.testing.assert_allclose(found.state[0, t - 1, i], K, rtol=1e-13)
            np.testing.assert_allclose(found.gradient[0, t - 1, i], P, rtol=1e-12)
            np.testing.assert_allclose(found.chi[0, t - 1, i], 2.25 * 4 / np.pi / np.sqrt(1 + 4 * S), rtol=1e-13)
