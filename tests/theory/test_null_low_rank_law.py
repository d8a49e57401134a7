"""R4: the law of the timescales that a student invents of null low-rank recurrence."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import beta

from theory.circuits import null_low_rank
from theory.errors import ProblemError
from theory.partial_observation import (
    markov_student,
    null_low_rank_density,
    null_low_rank_edges,
    null_low_rank_eigenvalue,
    null_low_rank_modes,
    null_low_rank_timescales,
    slowest_null_low_rank_probability,
    slowest_null_low_rank_quantile,
    slowest_null_low_rank_scaling,
)


@pytest.mark.parametrize(
    ("neurons", "observed", "rank", "gain"), [(40, 8, 1, 100.0), (40, 20, 5, 3.0), (40, 12, 6, 30.0)]
)
def test_student_of_a_lyapunov_equation_has_the_eigenvalues_of_the_overlaps(neurons, observed, rank, gain):
    circuit = null_low_rank(neurons, rank, gain, seed=2)
    U = np.linalg.svd(circuit.recurrence)[0][:, :rank]
    V = circuit.recurrence.T @ U / gain
    found = np.sort_complex(null_low_rank_modes(U[:observed], V[:observed], gain))
    expected = markov_student(circuit, range(observed)).eigenvalues()
    expected = np.sort_complex(expected[np.argsort(-np.abs(expected))][:rank])
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_one_mode_has_its_closed_form():
    random, g = np.random.default_rng(0), 7.0
    X = np.linalg.qr(random.normal(size=(30, 2)))[0][:9]
    (a, c), (_, b) = X.T @ X
    expected = (1 + g * c + g**2 * (2 * a - a * b + c**2) / 4) / (1 + g**2 * (a * b - c**2) / 4)
    assert 1 / (1 - null_low_rank_modes(X[:, :1], X[:, 1:], g)[0].real) == pytest.approx(expected, rel=1e-12)


def test_reference_draw_is_a_typical_one_and_its_mean_is_not_the_formula_for_few_modes():
    """D = 100, f = .2, g = 100, r = 10: slowest 159. Median 171, mean 189, sd 80 over 20,000 draws; here 600."""
    found = null_low_rank_timescales(100, 20, 10, 100.0, 600)
    slowest = found[:, 0]
    assert np.median(slowest) == pytest.approx(171, rel=0.06)
    assert slowest.mean() == pytest.approx(189, abs=4 * 80 / np.sqrt(600))
    assert 0.25 < np.mean(slowest < 159) < 0.6
    few = 1 / (1 - null_low_rank_eigenvalue(0.2, 100.0))
    assert few == pytest.approx(8.9, abs=0.1)
    # of ten modes among twenty neurons the mean rate is 1/15.5; the formula holds for a rank well below d
    assert 1 / np.mean(1 / found) == pytest.approx(15.5, rel=0.02)
    assert 1 / np.mean(1 / null_low_rank_timescales(4000, 800, 3, 100.0, 20)) == pytest.approx(few, rel=0.02)


@pytest.mark.parametrize(("neurons", "observed"), [(40, 20), (40, 38), (10, 2), (100, 9)])
@pytest.mark.parametrize("timescale", [1.05, 2.0, 5.0, 300.0])
def test_of_one_mode_the_exact_law_is_a_beta_law(neurons, observed, timescale):
    expected = beta.sf(2 / (1 + timescale), (observed - 1) / 2, (neurons - observed) / 2)
    assert slowest_null_low_rank_probability(timescale, neurons, observed, 1) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("neurons", "observed", "rank"),
    [
        (60, 30, 5),
        (60, 20, 10),
        pytest.param(100, 20, 3, marks=pytest.mark.full),
        pytest.param(40, 36, 6, marks=pytest.mark.full),
        pytest.param(41, 37, 7, marks=pytest.mark.full),
    ],
)
def test_slowest_of_several_follows_its_exact_law_at_strong_gain(neurons, observed, rank):
    draws = 2000
    slowest = null_low_rank_timescales(neurons, observed, rank, 1e8, draws, seed=1)[:, 0]
    for probability in (0.1, 0.5, 0.9):
        share = np.mean(slowest <= slowest_null_low_rank_quantile(probability, neurons, observed, rank))
        # 3.5 standard errors of a share
        assert share == pytest.approx(probability, abs=3.5 * np.sqrt(probability * (1 - probability) / draws))


def test_at_twice_the_rank_the_law_is_edelmans_and_the_limit_lies_far_beyond_usual_gains():
    """Few of many neurons, d = 2r: r D t_min of a square Gaussian matrix; errors fall as 1/r."""
    gaps = []
    for rank in (8, 16):
        D = 300 * rank
        for s in (0.05, 0.5):
            found = 1 - slowest_null_low_rank_probability(2 * rank * D / s - 1, D, 2 * rank, rank)
            gaps.append(found - (1 - np.exp(-(s / 2 + np.sqrt(s)))))
    assert np.abs(gaps).max() < 0.02
    assert np.abs(gaps[2:]).sum() < 0.6 * np.abs(gaps[:2]).sum()
    assert slowest_null_low_rank_quantile(0.5, 100, 20, 10) > 20 * 171  # the limit, against the gain of 100


def test_without_a_mean_the_slowest_grows_with_the_gain_and_with_one_it_settles():
    edge, inside = (
        [np.mean(null_low_rank_timescales(60, d, 10, g, 150)[:, 0]) for g in (1e2, 1e3, 1e4)] for d in (20, 40)
    )
    assert edge[1] > 3 * edge[0] and edge[2] > 3 * edge[1]
    assert inside[2] == pytest.approx(inside[1], rel=0.02)


def test_many_modes_fluctuate_as_tracy_and_widom_say():
    """Quantiles of the law of order 1 at .05, .5, .95: -3.1808, -1.2686, .9793; errors of order r^(-2/3) = .14."""
    scaling = slowest_null_low_rank_scaling(400, 100, 20)
    for probability, expected in ((0.05, -3.1808), (0.5, -1.2686), (0.95, 0.9793)):
        slowest = slowest_null_low_rank_quantile(probability, 400, 100, 20)
        assert (np.log((slowest - 1) / 2) - scaling.centre) / scaling.width == pytest.approx(expected, abs=0.14)


@pytest.mark.parametrize(("fraction", "share"), [(0.2, 0.01), (0.5, 0.1), (0.2, 0.1), (0.9, 0.2)])
def test_density_has_its_mass_between_its_edges(fraction, share):
    low, high = null_low_rank_edges(fraction, share)

    def integrand(log):
        return null_low_rank_density([np.exp(log)], fraction, share)[0] * np.exp(log)

    mass = quad(integrand, np.log(low), np.log(min(high, 1e14)), limit=400, epsabs=1e-7)[0]
    seen_completely = max(0.0, (fraction + share - 1) / share)
    assert mass == pytest.approx(1 - seen_completely, abs=1e-6)  # of t^(-1/2) below 1e-14 where d = 2r
    assert null_low_rank_density([low * 0.99, 1.01 * high], fraction, share).max() == 0.0


def test_many_modes_fill_the_density():
    found = null_low_rank_timescales(400, 160, 40, 1e6, 12).ravel()
    cuts = np.quantile(found, [0.25, 0.5, 0.75])
    low, _ = null_low_rank_edges(0.4, 0.1)
    for cut, expected in zip(cuts, (0.25, 0.5, 0.75), strict=True):
        share = quad(lambda s: null_low_rank_density([s], 0.4, 0.1)[0], low, cut)[0]
        assert share == pytest.approx(expected, abs=0.02)  # of 480 independent ones; modes repel
    rate = quad(lambda s: null_low_rank_density([s], 0.4, 0.1)[0] / s, *null_low_rank_edges(0.4, 0.1))[0]
    assert np.mean(1 / found) == pytest.approx(rate, rel=0.02)  # corrections are of order 1/(2r)


def test_refusals():
    with pytest.raises(ProblemError, match="fewer than 2 rank"):
        slowest_null_low_rank_probability(3.0, 40, 9, 5)
    with pytest.raises(ProblemError, match="the truth"):
        slowest_null_low_rank_probability(3.0, 40, 40, 5)
    with pytest.raises(ProblemError, match="unbounded"):
        slowest_null_low_rank_scaling(40, 10, 5)
    with pytest.raises(ProblemError, match="half the observed"):
        null_low_rank_edges(0.1, 0.06)
    with pytest.raises(ProblemError, match="below 1"):
        slowest_null_low_rank_quantile(1.0, 40, 20, 5)
    assert slowest_null_low_rank_probability(1.0, 40, 20, 5) == 0.0
