"""The statistics of a verdict: they accept what is right, reject what is wrong, and know their power."""

import numpy as np
import pytest

from numerics.judgement import judge_asymptotic, judge_exact, relative_gaps

WIDTHS = np.array([32, 64, 128, 256])


def networks_at(steps, truth, order=4.0, size=1.0, seeds=6):
    """Runs whose step-size error is `size step^order (1 + step)`, of a shape of its own for each seed."""
    shape = np.random.default_rng(1).normal(size=(seeds, truth.size))
    return [truth + size * step**order * (1 + step) * shape for step in steps]


def test_relative_gaps_leave_out_what_does_not_exist():
    measured = np.array([[1.0, np.nan, 2.0]])
    assert relative_gaps(measured, np.array([[1.0, 5.0, 1.0]])) == pytest.approx([1 / np.sqrt(2)])


def test_exact_judgement_accepts_a_right_prediction_and_finds_the_order():
    steps, truth = (0.4, 0.2, 0.1), np.linspace(1, 2, 30)
    measured = networks_at(steps, truth)
    judgement = judge_exact(steps, measured, [np.tile(truth, (6, 1))] * 3, 4.0)
    low, high = judgement.exponent_interval
    assert not judgement.rejected
    assert low <= 4.0 <= high


def test_exact_judgement_rejects_a_prediction_off_by_twice_its_detectable_error():
    steps, truth = (0.4, 0.2, 0.1), np.linspace(1, 2, 30)
    measured = networks_at(steps, truth)
    bound = judge_exact(steps, measured, [np.tile(truth, (6, 1))] * 3, 4.0).detectable
    wrong = np.tile(truth * (1 + 2 * bound), (6, 1))
    assert judge_exact(steps, measured, [wrong] * 3, 4.0).rejected


def drawn_errors(rng, error, size=1.0, seeds=12):
    """A common error, and fluctuations of size / sqrt(width) in three directions, one of them the same."""
    return [
        error * np.eye(3)[0] + size / np.sqrt(w) * rng.normal(size=(seeds, 3)) / np.sqrt(3) for w in WIDTHS
    ]


def rejection_rate(error, trials=250):
    rng = np.random.default_rng(2)
    judged = (judge_asymptotic(1 / WIDTHS, drawn_errors(rng, error), 0.5, resamples=2) for _ in range(trials))
    return np.mean([j.rejected for j in judged])


def test_asymptotic_judgement_rarely_rejects_a_right_prediction():
    """At a nominal 5%; with a dozen seeds the scatter itself is uncertain, and twice that is tolerable."""
    assert rejection_rate(0.0) < 0.10


def test_asymptotic_judgement_detects_what_it_says_it_detects():
    """A prediction wrong by the detectable error is rejected in some 80% of experiments."""
    rng = np.random.default_rng(3)
    detectable = np.median(
        [
            judge_asymptotic(1 / WIDTHS, drawn_errors(rng, 0.0), 0.5, resamples=2).detectable
            for _ in range(100)
        ]
    )
    # nominally 0.80 at the median detectable error; 250 experiments know it to 0.03, the median to 0.1
    assert 0.65 < rejection_rate(detectable) < 0.95


def test_exponent_interval_covers_the_exponent():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(60):
        low, high = judge_asymptotic(1 / WIDTHS, drawn_errors(rng, 0.0, seeds=24), 0.5, 300).exponent_interval
        covered += low <= 0.5 <= high
    assert covered >= 49  # 95% of 60 is 57; fewer than 49 has a probability below 0.1% at 90%
