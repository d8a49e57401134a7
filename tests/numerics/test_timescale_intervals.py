"""Intervals for timescales: how often they hold what an endless recording would give, counted over recordings."""

import numpy as np
import pytest
from scipy.stats import binom

from numerics.recordings import Blocks, Recording, record, timescale_intervals
from theory import circuits
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.partial_observation import RecordedCircuit, reports_line
from theory.students import Autoregression, Fit, LowRank, Subspace, attractor_kind, report


def found_over_draws(circuit, observed, samples, bin_size, student, draws, trials=1):
    """The endless timescale, and the intervals' ends over recordings, (draw,)."""
    truth = student.fit(RecordedCircuit(circuit, observed, bin_size)).slowest()
    ends = []
    for seed in range(draws):
        recording = record(circuit, samples, bin_size, observed=observed, seed=seed, trials=trials)
        found = timescale_intervals(student, recording, modes=1)
        ends.append((found.low[0], found.high[0]))
    return truth, *np.array(ends).T


def covered(truth, low, high) -> int:
    return int(np.sum((low <= truth) & (truth <= high)))


def least_covered(draws, level=0.95, slack=0.03):
    """Fewer hits than this have a probability of 1 in 1,000 if intervals cover with the level less the slack."""
    return binom.ppf(1e-3, draws, level - slack)


class TestCoverage:
    # slack: a jackknife of ten blocks is right to leading order in 1/T only
    @pytest.mark.parametrize(
        ("circuit", "observed", "samples", "trials", "student"),
        [
            (LinearCircuit([[0.95]]), [0], 1_000, 1, Autoregression()),
            (LinearCircuit([[0.95]]), [0], 50, 20, Autoregression()),
            (circuits.feedforward_chain(30, 0.5, rotated=True, seed=1), range(3), 4_000, 1, Autoregression()),
            (circuits.symmetric_line_attractor(30, slow=30.0), range(6), 4_000, 1, Autoregression()),
            (circuits.symmetric_line_attractor(20, slow=20.0), range(4), 4_000, 1, LowRank(1, 1.0)),
            (circuits.symmetric_line_attractor(20, slow=20.0), range(4), 4_000, 1, Subspace(2, 4)),
        ],
        ids=["neuron", "trials", "chain", "line", "low rank", "subspace"],
    )
    def test_is_that_promised(self, circuit, observed, samples, trials, student):
        truth, low, high = found_over_draws(circuit, observed, samples, 1.0, student, 100, trials)
        assert covered(truth, low, high) >= least_covered(100)
        assert np.median(high / low) < 4  # and they say something

    def test_where_the_recording_is_not_long_against_the_timescale_intervals_end_at_infinity(self):
        """Ten timescales long: in half of the draws nothing excludes a mode that never decays, and none is missed."""
        truth, low, high = found_over_draws(LinearCircuit([[0.95]]), [0], 200, 1.0, Autoregression(), 200)
        assert covered(truth, low, high) >= least_covered(200)
        assert 0.3 < np.isinf(high).mean() < 0.8

    def test_logarithms_would_miss_more_than_twice_as_often(self):
        circuit, draws, blocks = LinearCircuit([[0.95]]), 200, 10
        truth, low, high = found_over_draws(circuit, [0], 200, 1.0, Autoregression(), draws)
        missed = 0
        for seed in range(draws):
            cut = Blocks(record(circuit, 200, 1.0, seed=seed), blocks)
            logs = [
                np.log(Autoregression().fit(cut.weighted(np.arange(blocks) != b)).slowest()) for b in range(blocks)
            ]
            whole = np.log(Autoregression().fit(cut.recording).slowest())
            missed += abs(whole - np.log(truth)) > 2.262 * np.sqrt((blocks - 1) * np.var(logs))
        assert missed > 2 * (draws - covered(truth, low, high))


class TestBlocks:
    @pytest.mark.parametrize(("trials", "samples"), [(1, 103), (3, 40), (12, 20)], ids=["one", "few", "many"])
    def test_leaving_one_out_is_to_leave_out_its_pairs(self, trials, samples):
        x = np.random.default_rng(0).normal(size=(trials, samples, 2)).cumsum(axis=1) + 5.0
        recording, number, lag = Recording(x, 1.0), 5, 3
        cut = Blocks(recording, number)
        np.testing.assert_allclose(
            cut.weighted(np.ones(number)).lagged_covariance([0, lag]), recording.lagged_covariance([0, lag]), atol=1e-11
        )
        left_out = cut.weighted(np.arange(number) != 1).lagged_covariance([0, lag])
        # by hand: which block is every sample in?
        if trials >= number:
            groups = np.array_split(np.arange(trials), number)
            block = np.repeat(np.concatenate([np.full(len(group), b) for b, group in enumerate(groups)]), samples)
        else:
            edges = np.linspace(0, trials * samples, number + 1).astype(int)
            block = np.searchsorted(edges, np.arange(trials * samples), "right") - 1
        kept = block.reshape(trials, samples) != 1
        mean = x[kept].mean(axis=0)
        for found, k in zip(left_out, (0, lag), strict=True):
            counts = kept[:, : samples - k]
            early, late = (x[:, : samples - k] - mean)[counts], (x[:, k:] - mean)[counts]
            np.testing.assert_allclose(found, late.T @ early / len(early), atol=1e-10)

    def test_stretches_are_the_samples_of_the_blocks_that_count(self):
        x = np.random.default_rng(0).normal(size=(2, 30, 1))
        cut = Blocks(Recording(x, 1.0), 4)  # halves of either trial
        found = cut.weighted([1, 1, 0, 1]).stretches()
        assert [len(part) for part in found] == [30, 15]
        kept = np.concatenate([x[0], x[1, 15:]])
        np.testing.assert_allclose(np.concatenate(found), kept - kept.mean(), atol=1e-14)
        assert [len(part) for part in cut.weighted([2, 0, 0, 1]).stretches()] == [15, 15, 15]
        with pytest.raises(ProblemError, match="whole number"):
            cut.weighted([0.5, 1, 1, 1]).stretches()

    def test_too_few_samples_are_refused(self):
        with pytest.raises(ProblemError, match="30 samples are too few for 20 blocks"):
            Blocks(Recording(np.random.default_rng(0).normal(size=(30, 2)), 1.0), 20)


class TestVerdict:
    def test_is_that_of_the_circuits_truth_where_nothing_is_hidden(self):
        for circuit in (circuits.symmetric_line_attractor(10), circuits.uncoupled(4)):
            fit = Autoregression().fit(RecordedCircuit(circuit))
            assert attractor_kind(fit) == circuit.truth.kind

    @pytest.mark.parametrize(
        ("timescales", "kinds"),
        [
            ((100.0, 1.0), ("line", "line", "line")),
            ((100.0, 8.0, 1.0), ("line", "line", "point")),
            ((15.0, 0.1), ("point", "point", "point")),
            ((100.0, 90.0, 6.0), ("plane", "plane", "point")),
            ((np.inf, 1.0), ("line", "line", "line")),
            ((100.0,), ("line", "line", "line")),
            ((100.0, 8.0), ("line", "line", "point")),  # 8 is not slow: no plane, though no third mode is there
            ((100.0, 50.0), ("plane", "plane", "plane")),
            ((100.0, 19.0, 0.5), ("line", "point", "point")),
        ],
    )
    def test_follows_the_rule_at_5_10_and_20(self, timescales, kinds):
        fit = Fit(np.diag(np.exp(-1.0 / np.array(timescales))), bin_size=1.0)
        assert tuple(attractor_kind(fit, ratio=ratio) for ratio in (5.0, 10.0, 20.0)) == kinds
        assert reports_line(fit) == (kinds[1] == "line")

    def test_slow_oscillation_is_no_line(self):
        turning = 0.999 * np.array([[np.cos(0.1), -np.sin(0.1)], [np.sin(0.1), np.cos(0.1)]])
        fit = Fit(turning, bin_size=1.0)
        assert attractor_kind(fit) == "oscillation" and "a slow oscillation" in report(fit)

    def test_report_says_timescales_intervals_and_verdict(self):
        circuit = circuits.feedforward_chain(100, skip=1.0, rotated=True)
        recording = record(circuit, 5_000, 1.0, observed=range(20), seed=1)
        student = Autoregression()
        found = timescale_intervals(student, recording)  # the truth is 1: it is invented
        said = report(student.fit(recording), intervals=found)
        assert f"[{found.low[0]:.3g}, {found.high[0]:.3g}]" in said and "a line attractor at 5" in said
