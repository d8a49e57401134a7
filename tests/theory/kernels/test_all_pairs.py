"""Kernels at all pairs of times and averaged over time, against brute force."""

import sys

import numpy as np
import pytest

from tests.theory.kernels.brute_force import BruteForce
from tests.theory.kernels.test_last_time import FULL, NETWORKS, RAGGED
from theory.errors import ProblemError
from theory.kernels import (
    Erf,
    RecurrentLayer,
    RecurrentNetwork,
    TimeBlocks,
    all_pairs,
    all_pairs_bytes,
    last_time,
    padded,
    pooled,
    pooled_same_time,
)


def brute_force(network, sequences, others=None):
    """Matrices over (sequence, time)."""
    together = [*sequences, *(others or [])]
    slow = BruteForce(network, together)
    rows = [(i, t) for i, each in enumerate(sequences) for t in range(1, len(each) + 1)]
    columns = rows if others is None else [
        (len(sequences) + j, t) for j, each in enumerate(others) for t in range(1, len(each) + 1)
    ]
    found = np.array([[slow.kernels(*row, *column) for column in columns] for row in rows])
    return found[..., 0], found[..., 1]


@pytest.mark.parametrize("name", NETWORKS)
def test_all_pairs_of_ragged_sequences(name):
    sequences = RAGGED[:3] if name != "tanh" else [RAGGED[1][:2]]  # quadrature by brute force is slow
    found = all_pairs(NETWORKS[name], *padded(sequences)).matrices()
    for kernel, expected in zip((found.nngp, found.ntk), brute_force(NETWORKS[name], sequences), strict=True):
        np.testing.assert_allclose(kernel, expected, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(kernel, kernel.T, rtol=1e-13, atol=1e-15)
        assert np.linalg.eigvalsh(kernel)[0] > -1e-13 * np.trace(kernel)


@pytest.mark.parametrize("name", ["erf", "shared state", "untied", "stacked"])
def test_two_sets(name):
    found = all_pairs(NETWORKS[name], *padded(RAGGED[:2]), *padded(RAGGED[2:])).matrices()
    expected = brute_force(NETWORKS[name], RAGGED[:2], RAGGED[2:])
    np.testing.assert_allclose(found.nngp, expected[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(found.ntk, expected[1], rtol=1e-10, atol=1e-12)


def test_last_times_are_those_of_the_recursion_along_diagonals():
    values, lengths = padded(RAGGED)
    everywhere, last = all_pairs(NETWORKS["stacked"], values, lengths), last_time(NETWORKS["stacked"], values, lengths)
    indices = np.arange(len(lengths))
    rows, columns = np.ix_(indices, indices)
    picked = everywhere.ntk[rows, lengths[rows] - 1, columns, lengths[columns] - 1]
    np.testing.assert_allclose(picked, last.ntk, rtol=1e-12)


def test_is_not_symmetric_under_exchange_of_times_alone():
    ntk = all_pairs(NETWORKS["erf"], FULL).ntk
    np.testing.assert_allclose(ntk, ntk.transpose(2, 3, 0, 1), rtol=1e-12, atol=1e-14)
    assert np.abs(ntk - ntk.transpose(0, 3, 2, 1)).max() > 0.1 * np.abs(ntk).max()


def test_small_blocks_make_the_same_kernel(monkeypatch):
    whole = all_pairs(NETWORKS["trained state"], FULL)
    monkeypatch.setattr(sys.modules["theory.kernels.all_pairs"], "_BLOCK_NUMBERS", 225)
    parts = all_pairs(NETWORKS["trained state"], FULL)
    assert len(TimeBlocks(NETWORKS["trained state"], FULL)) == 3
    np.testing.assert_allclose(parts.ntk, whole.ntk, rtol=1e-13, atol=1e-15)


def test_memory_is_stated_beforehand_and_more_than_allowed_is_refused():
    assert all_pairs_bytes((4, 5), (4, 5)) == all_pairs(NETWORKS["erf"], FULL).ntk.nbytes * 2
    with pytest.raises(ProblemError, match="6.4e-06 GB, more than the 6e-06 GB allowed. .*TimeBlocks"):
        all_pairs(NETWORKS["erf"], FULL, memory=6000)


@pytest.mark.parametrize("name", ["erf", "relu", "shared state", "independent states", "untied", "stacked"])
class TestPooling:
    def test_mean_is_the_mean_over_all_pairs_of_times(self, name):
        values, lengths = padded(RAGGED)
        found, everywhere = pooled(NETWORKS[name], values, lengths), all_pairs(NETWORKS[name], values, lengths)
        average = everywhere.valid / lengths[:, None]
        for kernel, times in ((found.nngp, everywhere.nngp), (found.ntk, everywhere.ntk)):
            np.testing.assert_allclose(kernel, np.einsum("it,itjs,js->ij", average, times, average), rtol=1e-12)
            np.testing.assert_array_equal(kernel, kernel.T)

    def test_weights_that_pick_a_time_give_its_kernel(self, name):
        third = np.zeros((4, 5))
        third[:, 2] = 1.0
        expected = last_time(NETWORKS[name], FULL[:, :3])
        found = pooled(NETWORKS[name], FULL, weights=third)
        np.testing.assert_allclose(found.ntk, expected.ntk, rtol=1e-12)

    def test_same_time_is_another_kernel(self, name):
        found, everywhere = pooled_same_time(NETWORKS[name], FULL).ntk, all_pairs(NETWORKS[name], FULL).ntk
        np.testing.assert_allclose(found, np.einsum("itjt->ij", everywhere) / 5, rtol=1e-12)
        assert np.abs(found / pooled(NETWORKS[name], FULL).ntk - 1).max() > 0.1

    def test_two_sets_are_a_block_of_their_union(self, name):
        if not all(layer.initial_state.shared for layer in NETWORKS[name].layers):
            return
        both = pooled(NETWORKS[name], FULL).ntk
        np.testing.assert_allclose(pooled(NETWORKS[name], FULL[:1], others=FULL[1:]).ntk, both[:1, 1:], rtol=1e-12)
        same_time = pooled_same_time(NETWORKS[name], FULL).ntk
        found = pooled_same_time(NETWORKS[name], FULL[:1], FULL[1:]).ntk
        np.testing.assert_allclose(found, same_time[:1, 1:], rtol=1e-12)


def test_bad_weights_and_lengths_are_refused():
    with pytest.raises(ProblemError, match="times"):
        pooled_same_time(NETWORKS["erf"], FULL, FULL[:, :3])
    with pytest.raises(ProblemError, match="weights"):
        pooled(NETWORKS["erf"], FULL, weights=np.full((4, 5), np.nan))


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_all_pairs_stay_positive_over_long_constant_inputs(gain):
    """Correlations between times reach their fixed point, or leave an unstable one."""
    network = RecurrentNetwork(RecurrentLayer(Erf(), gain, 1.0, 0.1))
    sequences = np.concatenate([np.ones((2, 150, 1)), np.linspace(0, 1, 150)[None, :, None]])
    found = all_pairs(network, sequences).matrices()
    for kernel in (found.nngp, found.ntk):
        scale = np.sqrt(np.diag(kernel))
        assert np.linalg.eigvalsh(kernel / scale / scale[:, None])[0] > -1e-12
