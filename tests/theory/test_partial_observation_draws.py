"""Reference values of partly observed circuits that are means over draws, or depend on bins, noise and history."""

import numpy as np
import pytest
import scipy.linalg
import scipy.special
import scipy.stats

from theory import circuits
from theory.circuits import LinearCircuit
from theory.circuits.random_vectors import rotation, unit_vector
from theory.circuits.timescales import timescales_of
from theory.partial_observation import (
    RecordedCircuit,
    best_explained_variance,
    divergence_rate,
    explained_variance,
    log_convexity,
    markov_divergence_rate,
    markov_impostor,
    markov_student,
    symmetric_line_spread,
    symmetric_line_timescale,
)

SKIPS = [0.0, 0.25, 0.5, 1.0]


def slowest(chain: LinearCircuit, directions: np.ndarray) -> float:
    """Of the student of these orthogonal directions of a chain: one covariance serves all rotations."""
    S = directions @ chain.covariance()
    A = np.linalg.solve(S @ directions.T, (directions @ chain.recurrence @ S.T).T).T
    return timescales_of(np.linalg.eigvals(A))[0]


class TestRotatedChains:
    """Mean and spread over rotations of 100 neurons of the slowest timescale; every eigenvalue of the truth is 0."""

    @pytest.mark.parametrize(
        ("observed", "skip", "mean", "spread"),
        [
            *zip([5] * 4, SKIPS, [10.6, 30, 81, 211], [3.8, 13, 38, 118], strict=True),
            *zip([20] * 4, SKIPS, [15.7, 76, 147, 196], [2.7, 17, 44, 76], strict=True),
        ],
    )
    def test_reference_values_are_those_of_twelve_rotations(self, observed, skip, mean, spread):
        """To their printed digits; but twelve draws are few, as the next test shows."""
        chain = circuits.feedforward_chain(100, skip)
        found = [slowest(chain, scipy.stats.ortho_group.rvs(100, random_state=seed)[:observed]) for seed in range(12)]
        # the references' last digit is a unit, or a tenth of one below 20
        digit = 0.1 if mean < 20 else 1.0
        assert np.mean(found) == pytest.approx(mean, abs=0.51 * digit)
        assert np.std(found) == pytest.approx(spread, abs=0.51 * (0.1 if spread < 10 else 1.0))

    @pytest.mark.parametrize(
        ("skip", "mean", "spread"),
        [(0.0, 16.0, 3.5), (0.25, 67.4, 20.5), (0.5, 120.8, 34.5), (1.0, 156.1, 50.6)],
    )
    def test_more_draws_of_twenty_neurons_are_faster(self, skip, mean, spread):
        """300 other draws gave these: the twelve above lie up to 2.7 standard errors of theirs too high, together."""
        chain, draws = circuits.feedforward_chain(100, skip), 60
        found = [slowest(chain, rotation(100, seed)[:20]) for seed in range(1000, 1000 + draws)]
        assert np.mean(found) == pytest.approx(mean, abs=3 * spread * np.sqrt(1 / draws + 1 / 300))

    def test_student_of_a_rotated_circuit_is_that_of_rotated_directions_of_the_literal_one(self):
        turned = circuits.feedforward_chain(100, 0.5, rotated=True, seed=4)
        expected = slowest(circuits.feedforward_chain(100, 0.5), rotation(100, 4)[:20])
        assert markov_student(turned, range(20)).timescales()[0] == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize("skip", SKIPS)
    def test_covariance_is_that_of_positive_quadrature(self, skip):
        """`int 2 exp(-2t) exp(Bt) exp(Bt)^T dt`: B^100 = 0, so that 100 Gauss-Laguerre points integrate it exactly."""
        chain = circuits.feedforward_chain(100, skip)
        points, weights = scipy.special.roots_laguerre(100)
        expected = np.zeros((100, 100))
        for point, weight in zip(points / 2, weights, strict=True):
            if weight > 0:  # the last ones underflow
                term = scipy.linalg.expm(chain.recurrence * point) * np.sqrt(weight)
                expected += term @ term.T
        np.testing.assert_allclose(chain.covariance(), expected, rtol=1e-10, atol=1e-12)


class TestSymmetricLine:
    """R2: neurons hold a share of the line that scatters."""

    @staticmethod
    def timescales(neurons, seeds):
        """By the covariance `fast I + (slow - fast) v v^T` of the circuit of that seed, 5% of it observed."""
        shares = [np.sum(unit_vector(neurons, seed)[: neurons // 20] ** 2) for seed in seeds]
        return 1.25 + (1000.0 - 1.25) * np.array(shares)

    @pytest.mark.parametrize(("neurons", "scatter"), [(100, 27.0), (2000, 6.7)])
    def test_reference_mean_and_scatter(self, neurons, scatter):
        """The references' scatter is that of draws whose number is not told; 30 have it within 1 / sqrt(60) = 13%."""
        predicted = symmetric_line_timescale(0.05, 1000.0, 1.25)
        spread = symmetric_line_spread(neurons, 0.05, 1000.0, 1.25)
        assert spread == pytest.approx(scatter, rel=0.13)
        found = self.timescales(neurons, range(1000))
        assert np.mean(found) == pytest.approx(predicted, abs=3 * spread / np.sqrt(1000))
        # the share is beta-distributed: skewed, so its variance's own error is that of the fourth moment
        kurtosis = scipy.stats.beta(neurons / 40, neurons * 19 / 40).stats("k")
        assert np.std(found) == pytest.approx(spread, rel=3 * np.sqrt((2 + kurtosis) / 4000))

    @pytest.mark.parametrize("neurons", [100, pytest.param(2000, marks=pytest.mark.full)])
    def test_student_has_the_timescale_of_its_share(self, neurons):
        student = markov_student(circuits.symmetric_line_attractor(neurons, 1000.0, 1.25, seed=3), range(neurons // 20))
        assert student.timescales()[0] == pytest.approx(self.timescales(neurons, [3])[0], rel=1e-8)


def test_bins_and_noise_make_a_chain_harder_to_tell_from_its_student():
    """Ten neurons, the last one recorded in bins of 1 with noise as large as its signal: .00063 instead of .00156."""
    chain = circuits.feedforward_chain(10)
    options = dict(bin_size=1.0, observation_noise=float(chain.covariance()[0, 0]))
    found = divergence_rate(
        RecordedCircuit(chain, [0], **options), RecordedCircuit(markov_impostor(chain, [0]), **options)
    )
    assert markov_divergence_rate(chain, [0]) == pytest.approx(0.00156, abs=5e-6)
    assert found == pytest.approx(0.00063, abs=5e-6)


class TestExplainedVarianceOfRotatedChains:
    """R7: 20 of 100 neurons of a rotated chain, 20 bins of .5 ahead: R^2 does tell the student from the optimum."""

    @staticmethod
    def recordings(draws):
        return [
            RecordedCircuit(circuits.feedforward_chain(100, rotated=True, seed=seed), range(20), bin_size=0.5)
            for seed in range(draws)
        ]

    @staticmethod
    def from_history(recorded, steps, history):
        """R^2 of the best linear prediction from this many bins: block Toeplitz regression."""
        C = recorded.lagged_covariance(range(steps + history))
        past = np.block([[C[j - i] if j >= i else C[i - j].T for j in range(history)] for i in range(history)])
        ahead = np.hstack(list(C[steps:]))
        return np.sum(np.linalg.solve(past, ahead.T).T * ahead) / np.trace(C[0])

    def test_history_of_one_bin_is_the_best_from_the_present(self):
        (recorded,) = self.recordings(1)
        assert self.from_history(recorded, 20, 1) == pytest.approx(best_explained_variance(recorded, 20), abs=1e-10)

    def test_reference_values(self):
        """.311 against .495 with a longer history; against the best from the present alone it is .32 to .46."""
        recordings, students, present, past = self.recordings(12), [], [], []
        for recorded in recordings:
            drift = markov_student(recorded.circuit, range(20)).recurrence - np.eye(20)
            students.append(explained_variance(scipy.linalg.expm(0.5 * drift), recorded, 20))
            present.append(best_explained_variance(recorded, 20))
            past.append(self.from_history(recorded, 20, 8))
        # 12 draws and a reference of at least 3
        error = 3 * np.sqrt(1 / 12 + 1 / 3)
        assert np.mean(students) == pytest.approx(0.311, abs=error * np.std(students, ddof=1))
        assert np.mean(past) == pytest.approx(0.495, abs=error * np.std(past, ddof=1))
        gaps = np.subtract(present, students)
        assert gaps.min() > 0.05 and np.all(np.greater(past, present))


class TestLogConvexityOfRandomCircuits:
    """R9: how many irreversible circuits it cannot tell from reversible ones."""

    @staticmethod
    def convex(circuit):
        """Whether the first neuron's autocovariance is log-convex at all lags up to 30, within 1e-6."""
        C = circuit.lagged_covariance(np.arange(121) * 0.25)[:, 0, 0]
        pairs = [(first, step) for step in (2, 8, 32) for first in range(1, 121 - 2 * step, 4)]
        return min(log_convexity(C, first, step) for first, step in pairs) > -1e-6

    def share(self, neurons, gain, draws=60):
        return np.mean([self.convex(circuits.random_circuit(neurons, gain, seed)) for seed in range(draws)])

    def test_three_in_ten_show_no_violation(self):
        """At the default gain of .5 with 10 neurons; 60 draws have it within 3 times 6%."""
        assert self.share(10, 0.5) == pytest.approx(0.3, abs=3 * np.sqrt(0.3 * 0.7 / 60))
        circuit = circuits.random_circuit(10, 0.5)
        flow = circuit.drift @ circuit.covariance()
        assert np.abs(flow - flow.T).max() > 0.01 * np.abs(flow).max()  # not in detailed balance

    def test_the_stronger_the_recurrence_the_fewer(self):
        assert self.share(50, 0.8, draws=20) < 0.2 < self.share(50, 0.2, draws=20)
