"""Intervals cover, thresholds keep their level, and a method that lies is found out."""

import numpy as np
import pandas
import pytest

from numerics.benchmark import statistics
from theory.errors import ProblemError


@pytest.mark.parametrize("draws", [19, 39, 100])
def test_a_calibrated_threshold_keeps_its_level_on_held_out_draws(draws):
    # exact for any law: the mean over calibrations of P(fresh > threshold) is 1 - k / (n + 1)
    rng = np.random.default_rng(draws)
    repeats = 2000
    passed = 0
    for _ in range(repeats):
        values = rng.standard_t(2, size=draws + 1)
        passed += values[0] > statistics.calibrated_threshold(values[1:])
    expected = 1 - np.ceil((draws + 1) * 0.95) / (draws + 1)
    low, high = statistics.wilson(passed, repeats, level=0.999)
    assert low <= expected <= high
    assert expected <= 0.05 + 1e-12
    # the naive quantile does not: it passes too many
    naive = [v[0] > np.quantile(v[1:], 0.95) for v in rng.normal(size=(repeats, 20))]
    assert statistics.wilson(sum(naive), repeats)[0] > 0.05


def test_the_bootstrap_covers_where_rows_repeat_draws_and_a_naive_interval_does_not():
    rng = np.random.default_rng(1)
    covered, naive, repeats, draws = 0, 0, 100, 40
    for _ in range(repeats):
        p = rng.beta(0.5, 0.5, size=draws)  # draws differ; mean 1/2
        values = rng.random((draws, 3, 2)) < p[:, None, None]
        seeds = [index.ravel() for index in np.indices(values.shape)]
        low, high = statistics.hierarchical_bootstrap(values.ravel(), *seeds, resamples=300)
        covered += low <= 0.5 <= high
        low, high = statistics.wilson(values.sum(), values.size)
        naive += low <= 0.5 <= high
    assert statistics.wilson(covered, repeats, level=0.999)[1] > 0.95
    assert statistics.wilson(naive, repeats, level=0.999)[1] < 0.95


def test_the_bootstrap_has_the_variance_of_the_hierarchical_mean():
    # second way: simulate the resampling row by row
    rng = np.random.default_rng(2)
    draws, data, fits = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 0, 1, 0]), np.array([0, 1, 0, 0, 0, 0])
    values = np.array([1.0, 0.0, 3.0, 2.0, 5.0, 4.0])
    means = []
    for _ in range(5_000):
        total = []
        for draw in rng.choice(3, size=3):
            numbers = np.unique(data[draws == draw])
            inner = []
            for number in rng.choice(numbers, size=len(numbers)):
                rows = values[(draws == draw) & (data == number)]
                inner.append(rng.choice(rows, size=len(rows)).mean())
            total.append(np.mean(inner))
        means.append(np.mean(total))
    for level in (0.5, 0.8, 0.95):
        expected = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        found = statistics.hierarchical_bootstrap(values, draws, data, fits, resamples=5_000, level=level)
        assert np.allclose(found, expected, atol=1 / 12 + 1e-9)  # means are multiples of 1/12: quantiles jump by that
    assert statistics.mean_over_draws(values, draws, data) == pytest.approx(np.mean([(0.5 + 3) / 2, 3.5, 4.0]))


@pytest.mark.parametrize("claim, H, M", [(1.0, 1.0, 0.0), (0.0, 0.0, 1.0), (np.nan, 1.0, 1.0)])
def test_a_liar_a_denier_and_a_failure_are_scored_as_such(claim, H, M):
    table = pandas.DataFrame(
        [
            dict(method="m", family=f, attractor=a, draw=i, data=0, fit=0, claimed=claim)
            for f, a in (("F1", False), ("F2", False), ("L1", True))
            for i in range(30)
        ]
    )
    found = statistics.rates(table).set_index(["family", "rate"])
    assert found.value["F1", "H"] == found.value["F2", "H"] == H
    assert found.value["L1", "M"] == M
    row = found.loc[("F1", "H")]
    assert (row.wilson_low, row.wilson_high) == pytest.approx(statistics.wilson(30 * H, 30))
    assert row.low == row.high == H
    with pytest.raises(ProblemError, match="never pooled"):
        statistics.rates(table, by=("method",))


def test_repeating_the_fits_of_a_draw_does_not_narrow_its_interval():
    once = pandas.DataFrame(
        [dict(method="m", family="F1", attractor=False, draw=i, data=0, fit=0, claimed=float(i < 3)) for i in range(10)]
    )
    often = pandas.concat([once.assign(fit=fit) for fit in range(20)])
    a, b = (statistics.rates(t).iloc[0] for t in (once, often))
    assert (a.value, a.wilson_low, a.wilson_high) == (b.value, b.wilson_low, b.wilson_high)
    assert b.high - b.low == pytest.approx(a.high - a.low, abs=0.11)  # rates of 10 draws are multiples of .1


def test_regret_pairs_cells_and_leaves_out_what_has_no_oracle():
    rng = np.random.default_rng(3)
    wrong = (rng.random(400) < 0.5).astype(float)
    oracle = np.where(np.arange(400) % 2, 0.2, np.nan)
    found = statistics.regret(wrong, oracle, np.arange(400), np.zeros(400), np.zeros(400))
    assert found["value"] == pytest.approx(wrong[1::2].mean() - 0.2)
    assert found["low"] < 0.3 < found["high"]
