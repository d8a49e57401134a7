"""Outlying poles and residues of systems whose modes are known, by dense solves and by Arnoldi."""

import numpy as np
import pytest
import scipy.linalg

import theory.poles
from theory.poles import outlying_poles

DENSE, ARNOLDI = 12, 120  # sizes on either side of where the method changes
either_method = pytest.mark.parametrize("n", [DENSE, ARNOLDI])


def modal_system(n, real=(-0.1, -0.4), pair=None, seed=0):
    """A system in a random, not orthogonal, basis: outliers by real poles and a pair, bulk within 0.3 of -1.

    Returns its matrices and {outlier: residue}. In the basis of modes a real pole's residue is c b; a pair
    a +- i w is a block [[a, w], [-w, a]] of residue ((c . b) - i (c1 b2 - c2 b1)) / 2 at a + i w.
    """
    random = np.random.default_rng(seed)
    bulk = n - len(real) - (2 if pair else 0)
    # a bulk far enough inside that it stays away from every outlier
    blocks = [[[pole]] for pole in real]
    b, c = random.normal(size=n), random.normal(size=n)
    residues = {complex(pole): complex(c[k] * b[k]) for k, pole in enumerate(real)}
    if pair:
        a, w = pair.real, pair.imag
        blocks.append([[a, w], [-w, a]])
        (b1, b2), (c1, c2) = b[len(real) : len(real) + 2], c[len(real) : len(real) + 2]
        residue = ((c1 * b1 + c2 * b2) - 1j * (c1 * b2 - c2 * b1)) / 2
        residues |= {pair: residue, pair.conjugate(): residue.conjugate()}
    blocks.extend([[pole]] for pole in random.uniform(-1.3, -0.7, bulk))
    basis = np.eye(n) + 0.3 * random.normal(size=(n, n)) / np.sqrt(n)
    A = basis @ scipy.linalg.block_diag(*blocks) @ np.linalg.inv(basis)
    return A, (basis @ b)[:, None], np.linalg.solve(basis.T, c)[None], residues


def random_recurrence_with_outlier(n, seed=1):
    """A = -I + 0.4 randn/sqrt(n) + rank one, with a pole near -0.2 clear of the bulk."""
    random = np.random.default_rng(seed)
    W = 0.4 * random.normal(size=(n, n)) / np.sqrt(n)
    m = random.normal(size=(n, 1)) / np.sqrt(n)
    W += 0.8 * m @ m.T / (m.T @ m)
    B, C = m + 0.1 * random.normal(size=(n, 1)), m.T + 0.1 * random.normal(size=(1, n))
    return W - np.eye(n), B, C


@either_method
def test_outliers_of_a_known_modal_system(n):
    A, B, C, known = modal_system(n)
    poles, residues = outlying_poles(A, B, C, centre=-1.0, number=2)
    np.testing.assert_allclose(poles, [-0.1, -0.4], rtol=1e-11)  # rounding
    np.testing.assert_allclose(residues, [known[-0.1], known[-0.4]], rtol=1e-10, atol=1e-12)


@either_method
def test_oscillating_outliers_come_as_a_pair_with_conjugate_residues(n):
    A, B, C, known = modal_system(n, real=(-0.6,), pair=-0.3 + 0.9j)
    poles, residues = outlying_poles(A, B, C, centre=-1.0, number=3)
    assert {complex(np.round(pole, 9)) for pole in poles[:2]} == {-0.3 + 0.9j, -0.3 - 0.9j}
    assert poles[2] == pytest.approx(-0.6, rel=1e-11)
    for pole, residue in zip(poles, residues, strict=True):
        expected = known[complex(np.round(pole, 9))]
        assert residue == pytest.approx(expected, rel=1e-10)


@either_method
def test_order_is_by_distance_from_the_centre_on_either_side(n):
    A, B, C, known = modal_system(n, real=(-0.4, -1.9))
    for shift in (0.0, 1.0):  # the centre of continuous time, then that of discrete time
        poles, residues = outlying_poles(A + shift * np.eye(n), B, C, centre=shift - 1.0, number=2)
        np.testing.assert_allclose(poles, [shift - 1.9, shift - 0.4], rtol=1e-11)  # rounding
        np.testing.assert_allclose(residues, [known[-1.9], known[-0.4]], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n", [60, 150])
def test_dense_and_arnoldi_agree_on_a_random_recurrence_with_an_outlier(n, monkeypatch):
    A, B, C = random_recurrence_with_outlier(n)
    found = {}
    for method, up_to in {"dense": 1000, "arnoldi": 0}.items():
        monkeypatch.setattr(theory.poles, "_DENSE_UP_TO", up_to)
        found[method] = outlying_poles(A, B, C, centre=-1.0, number=1)
    np.testing.assert_allclose(found["dense"], found["arnoldi"], rtol=1e-10, atol=1e-12)
    assert abs(found["dense"][0][0] + 0.2) < 0.1


@pytest.mark.parametrize("n", [60, 150])
def test_residue_is_the_contour_integral_of_the_transfer_function(n):
    A, B, C = random_recurrence_with_outlier(n)
    (pole,), (residue,) = outlying_poles(A, B, C, centre=-1.0, number=1)
    # a sum over a circle of 32 points errs by (radius / distance to the bulk)^32, near 0.4^32 = 2e-13
    turns = np.exp(2j * np.pi * np.arange(32) / 32)
    values = [(C @ np.linalg.solve((pole + 0.15 * z) * np.eye(n) - A, B))[0, 0] for z in turns]
    assert residue == pytest.approx(np.mean(0.15 * turns * values), rel=1e-10)


@either_method
def test_leading_axes_are_systems_of_their_own(n):
    systems = [modal_system(n, seed=seed)[:3] for seed in range(4)]
    A, B, C = (np.stack(group).reshape(2, 2, *group[0].shape) for group in zip(*systems, strict=True))
    poles, residues = outlying_poles(A, B, C, centre=-1.0, number=2)
    assert poles.shape == residues.shape == (2, 2, 2)
    for k, system in enumerate(systems):
        expected = outlying_poles(*system, centre=-1.0, number=2)
        np.testing.assert_allclose(poles[divmod(k, 2)], expected[0], rtol=1e-12)
        np.testing.assert_allclose(residues[divmod(k, 2)], expected[1], rtol=1e-10)


def test_outliers_that_a_small_network_has_not_sit_at_the_centre_without_weight():
    poles, residues = outlying_poles(
        np.array([[-0.2]]), np.ones((1, 1)), np.ones((1, 1)), centre=-1.0, number=3
    )
    np.testing.assert_array_equal(poles, [-0.2, -1.0, -1.0])
    np.testing.assert_array_equal(residues, [1.0, 0.0, 0.0])


@either_method
def test_network_without_recurrence_has_one_pole_that_carries_its_whole_response(n):
    random = np.random.default_rng(2)
    B, C = random.normal(size=(n, 1)), random.normal(size=(1, n))
    for centre in (-1.0, 0.0):
        poles, residues = outlying_poles(centre * np.eye(n), B, C, centre, number=2)
        np.testing.assert_array_equal(poles, [centre, centre])
        np.testing.assert_allclose(residues, [(C @ B)[0, 0], 0.0], atol=1e-13)  # rounding


@either_method
def test_recurrence_of_rank_one_has_its_outlier(n):
    random = np.random.default_rng(3)
    m, k = random.normal(size=(n, 1)), random.normal(size=(1, n))
    B, C = random.normal(size=(n, 1)), random.normal(size=(1, n))
    A = -np.eye(n) + 0.7 * m @ k / (k @ m)
    poles, residues = outlying_poles(A, B, C, centre=-1.0, number=2)
    assert poles[0] == pytest.approx(-0.3, rel=1e-11)
    expected = ((C @ m) * (k @ B) / (k @ m))[0, 0]
    assert residues[0] == pytest.approx(expected, rel=1e-10)
    # the others coincide at the centre: dense solves know the residue they have in common
    assert poles[1] == pytest.approx(-1.0, abs=1e-7)
    if n == DENSE:
        assert residues[1] == pytest.approx((C @ B)[0, 0] - expected, rel=1e-10)
    else:
        assert np.isnan(residues[1])


@either_method
def test_pole_that_is_not_simple_has_no_residue(n):
    A = -np.eye(n)
    A[:2, :2] = [[-0.2, 1.0], [0.0, -0.2]]
    poles, residues = outlying_poles(A, np.ones((n, 1)), np.ones((1, n)), centre=-1.0, number=1)
    # a double pole, computed, is off by the square root of the rounding error
    assert abs(poles[0] + 0.2) < 1e-6
    assert np.isnan(residues[0])


@either_method
def test_simple_outlier_keeps_its_residue_beside_a_pole_that_is_not_simple(n):
    A = -np.eye(n)
    A[0, 0], A[1, 2] = -0.2, 1.0
    poles, residues = outlying_poles(A, np.ones((n, 1)), np.ones((1, n)), centre=-1.0, number=1)
    assert poles[0] == pytest.approx(-0.2, rel=1e-14) and residues[0] == pytest.approx(1.0, rel=1e-10)


@either_method
def test_readout_opposite_to_the_read_in_is_no_special_case(n):
    A, B, _, _ = modal_system(n)
    poles, residues = outlying_poles(A, B, -B.T, centre=-1.0, number=1)
    assert poles[0] == pytest.approx(-0.1, rel=1e-11)
    values, left, right = scipy.linalg.eig(A, left=True)
    k = np.argmax(values.real)
    expected = -(B.T @ right[:, k]) * (left[:, k].conj() @ B) / (left[:, k].conj() @ right[:, k])
    assert residues[0] == pytest.approx(expected[0], rel=1e-10)
