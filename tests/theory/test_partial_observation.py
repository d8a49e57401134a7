"""What a Markov student of some neurons believes, and what it takes to tell it from the truth."""

import numpy as np
import pytest
import scipy.linalg
from scipy.stats import norm

from theory import circuits
from theory.circuits import LinearCircuit
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.partial_observation import (
    RecordedCircuit,
    best_explained_variance,
    chain_end_timescale,
    divergence_rate,
    explained_variance,
    known_from_past,
    log_convexity,
    markov_divergence_rate,
    markov_impostor,
    markov_student,
    null_low_rank_eigenvalue,
    optimal_pulse,
    pulse_trials_needed,
    recording_time_needed,
    response_difference,
    symmetric_line_spread,
    symmetric_line_timescale,
)
from theory.partial_observation.pulses import conditional_covariance


def arbitrary(neurons=14, seed=3) -> LinearCircuit:
    """A stable circuit without any symmetry."""
    random = generator(seed)
    return LinearCircuit(0.6 * random.normal(size=(neurons, neurons)) / np.sqrt(neurons))


OBSERVED = [1, 4, 5, 9]


class TestMarkovStudent:
    """R1."""

    def test_drift_is_the_identity_plus_the_antisymmetric_part(self):
        circuit = arbitrary()
        S, B = circuit.covariance(), circuit.recurrence
        K = (B @ S - S @ B.T) / 2
        S_oo, K_oo = S[np.ix_(OBSERVED, OBSERVED)], K[np.ix_(OBSERVED, OBSERVED)]
        student = markov_student(circuit, OBSERVED)
        np.testing.assert_allclose(
            (np.eye(4) - student.recurrence) @ S_oo, np.eye(4) - K_oo, atol=1e-12
        )

    def test_has_the_teachers_equal_time_covariance_and_slope_at_lag_zero(self):
        circuit = arbitrary()
        impostor = markov_impostor(circuit, OBSERVED)
        np.testing.assert_allclose(impostor.covariance(), circuit.covariance()[np.ix_(OBSERVED, OBSERVED)], atol=1e-12)
        gaps = []
        for t in (1e-2, 5e-3):
            truth = circuit.lagged_covariance([t])[0][np.ix_(OBSERVED, OBSERVED)]
            gaps.append(np.abs(impostor.lagged_covariance([t])[0] - truth).max())
        assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.02)  # the first difference is at order t^2

    @pytest.mark.parametrize("seed", range(5))
    def test_timescales_lie_between_the_extreme_variances(self, seed):
        student = markov_student(arbitrary(seed=seed), OBSERVED)
        low, high = student.timescale_bounds()
        found = student.timescales()
        assert low - 1e-10 <= found[-1] and found[0] <= high + 1e-10

    def test_in_detailed_balance_timescales_are_the_variances_themselves(self):
        circuit = circuits.symmetric_line_attractor(30, slow=50.0)
        student = markov_student(circuit, range(6))
        np.testing.assert_allclose(np.sort(student.timescales()), np.linalg.eigvalsh(student.covariance), rtol=1e-9)

    def test_is_the_regression_on_the_hidden_neurons_and_ridge_shrinks_it(self):
        circuit = arbitrary()
        hidden = np.setdiff1d(np.arange(14), OBSERVED)
        S, B = circuit.covariance(), circuit.recurrence
        regression = S[np.ix_(hidden, OBSERVED)] @ np.linalg.inv(S[np.ix_(OBSERVED, OBSERVED)])
        expected = B[np.ix_(OBSERVED, OBSERVED)] + B[np.ix_(OBSERVED, hidden)] @ regression
        np.testing.assert_allclose(markov_student(circuit, OBSERVED).recurrence, expected, atol=1e-12)
        sizes = [np.linalg.norm(markov_student(circuit, OBSERVED, ridge).recurrence) for ridge in (0.0, 1.0, 1e6)]
        assert sizes[0] > sizes[1] > sizes[2] and sizes[2] < 1e-4

    def test_fully_observed_it_is_the_truth(self):
        circuit = arbitrary()
        np.testing.assert_allclose(markov_student(circuit, range(14)).recurrence, circuit.recurrence, atol=1e-11)

    @pytest.mark.parametrize("observed", [[], [14], [-1], [0, 0], [0.5], "all"])
    def test_neurons_that_are_not_there_are_refused(self, observed):
        with pytest.raises(ProblemError, match="observed"):
            markov_student(arbitrary(), observed)


class TestClosedForms:
    def test_symmetric_line_attractor_is_missed_as_predicted(self):
        """R2: the mean over draws, and its spread; and not the true timescale."""
        found = [
            markov_student(circuits.symmetric_line_attractor(60, 1000.0, 1.25, seed), range(6)).timescales()[0]
            for seed in range(400)
        ]
        predicted, spread = symmetric_line_timescale(0.1, 1000.0, 1.25), symmetric_line_spread(60, 0.1, 1000.0, 1.25)
        assert np.mean(found) == pytest.approx(predicted, abs=3 * spread / 20)
        assert np.std(found) == pytest.approx(spread, rel=0.15)
        assert predicted < 200

    def test_reference_value_of_the_symmetric_line(self):
        assert symmetric_line_timescale(0.05, 1000.0, 1.25) == pytest.approx(51.2, abs=0.05)

    @pytest.mark.parametrize("neurons", [1, 2, 30, 200])
    def test_end_of_a_chain(self, neurons):
        """R3: from the covariance of the whole chain."""
        found = markov_student(circuits.feedforward_chain(neurons), [0]).timescales()[0]
        assert found == pytest.approx(chain_end_timescale(neurons), rel=1e-11)

    def test_reference_values_of_chains(self):
        assert chain_end_timescale(1000) == pytest.approx(35.678, abs=5e-4)
        for number, expected in ((5, 9.75), (20, 6.66)):
            found = markov_student(circuits.feedforward_chain(100), range(number)).timescales()[0]
            assert found == pytest.approx(expected, abs=5e-3)

    def test_spectrum_of_a_chains_end(self):
        frequencies = np.array([0.05, 0.3, 2.0])
        found = circuits.feedforward_chain(50).power_spectrum(frequencies)[:, 0, 0].real
        expected = 2 / frequencies**2 * (1 - (1 + frequencies**2) ** -50.0)
        np.testing.assert_allclose(found, expected, rtol=1e-10)

    @pytest.mark.parametrize("rank", [1, 3])
    def test_mean_slow_eigenvalue_of_null_low_rank_recurrence(self, rank):
        """R4, at D = 400, f = 1/2: the mean over modes and draws, against its reference scatter."""
        found = [
            markov_student(circuits.null_low_rank(400, rank, 1000.0, seed), range(200)).eigenvalues()[:rank].real.mean()
            for seed in range(8)
        ]
        expected = null_low_rank_eigenvalue(0.5, 1000.0)
        assert expected == pytest.approx(2 / 3, abs=1e-5)
        assert np.mean(found) == pytest.approx(expected, abs=3 * 0.033 / np.sqrt(rank * 8))

    @pytest.mark.parametrize("fraction", [0.0, 1.5, np.nan])
    def test_impossible_fractions_are_refused(self, fraction):
        with pytest.raises(ProblemError, match="fraction"):
            symmetric_line_timescale(fraction, 100.0, 1.0)


class TestIdentifiability:
    """R6."""

    def test_reference_rate_of_a_chain(self):
        rate = markov_divergence_rate(circuits.feedforward_chain(100), [0])
        assert rate * np.sqrt(100) == pytest.approx(0.00577, abs=5e-6)

    @pytest.mark.parametrize(
        "circuit",
        [
            circuits.feedforward_chain(60, skip=1.0, rotated=True),
            circuits.non_normal_line_attractor(60, 10.0),
            circuits.null_low_rank(60, 5, 100.0),
        ],
        ids=["chain", "line", "null low rank"],
    )
    @pytest.mark.parametrize("observed", [1, 3, 40])
    def test_what_the_past_tells_is_the_filters_gain_by_eigenvectors(self, circuit, observed):
        hidden, seen = range(observed, 60), range(observed)
        S, into = circuit.covariance(), circuit.recurrence[:observed, observed:]
        S_hh, S_ho, S_oo = S[np.ix_(hidden, hidden)], S[np.ix_(hidden, seen)], S[np.ix_(seen, seen)]
        given_past = scipy.linalg.solve_continuous_are(
            circuit.drift[observed:, observed:].T, into.T, 2 * np.eye(60 - observed), 2 * np.eye(observed)
        )
        U = known_from_past(circuit, seen)
        expected = S_hh - S_ho @ np.linalg.solve(S_oo, S_ho.T) - given_past
        np.testing.assert_allclose(U @ U.T, expected, atol=1e-9 * np.abs(S_hh).max())

    @pytest.mark.parametrize("neurons", [300, pytest.param(1000, marks=pytest.mark.full)])
    @pytest.mark.parametrize("observed", [1, 20])
    def test_error_of_the_filter_of_a_large_circuit_obeys_its_equation(self, neurons, observed):
        """`F P + P F^T + 2 - P C^T C P / 2 = 0`, to rounding of its largest term."""
        circuit = circuits.feedforward_chain(neurons, skip=1.0, rotated=True)
        S, into = circuit.covariance(), circuit.recurrence[:observed, observed:]
        S_ho, U = S[observed:, :observed], known_from_past(circuit, range(observed))
        P = S[observed:, observed:] - S_ho @ np.linalg.solve(S[:observed, :observed], S_ho.T) - U @ U.T
        flow, gain = circuit.drift[observed:, observed:] @ P, into @ P
        residual = flow + flow.T + 2 * np.eye(neurons - observed) - gain.T @ gain / 2
        scale = np.linalg.norm(circuit.drift, 2) * np.linalg.norm(S, 2)
        assert np.abs(residual).max() < 10 * np.finfo(float).eps * scale

    def test_rate_does_not_depend_on_units_of_time_or_noise(self):
        base = arbitrary()
        scaled = LinearCircuit(base.recurrence, noise=7.0, time_constant=0.01)
        rates = [markov_divergence_rate(circuit, OBSERVED) for circuit in (base, scaled)]
        assert rates[1] == pytest.approx(rates[0], rel=1e-10)

    def test_past_tells_of_a_hidden_neuron_that_reaches_no_other_but_the_rate_is_zero(self):
        recurrence = np.array([[0.0, 0.0], [2.0, 0.0]])
        circuit = LinearCircuit(recurrence)
        assert markov_divergence_rate(circuit, [0]) == 0.0
        # dh = (-h + 2x) dt + noise: given all of the past of x it scatters by its own noise, 1
        U = known_from_past(circuit, [0])
        S = circuit.covariance()
        assert U[0, 0] ** 2 == pytest.approx(S[1, 1] - S[1, 0] ** 2 / S[0, 0] - 1.0)

    @pytest.mark.full
    def test_rate_of_a_long_chain_approaches_its_limit(self):
        """`h sqrt(D) -> .005865`, with corrections of order 1 / D."""
        rates = [markov_divergence_rate(circuits.feedforward_chain(D), [0]) * np.sqrt(D) for D in (250, 500, 1000)]
        assert 2 * rates[2] - rates[1] == pytest.approx(0.005865, abs=2e-6)

    def test_filter_and_spectra_agree_in_the_limit_of_short_bins(self):
        circuit = arbitrary(8)
        impostor = markov_impostor(circuit, [0, 3])
        continuous = markov_divergence_rate(circuit, [0, 3])
        rates = [
            divergence_rate(RecordedCircuit(circuit, [0, 3], bin_size=h), RecordedCircuit(impostor, bin_size=h)) / h
            for h in (0.1, 0.05, 0.025)
        ]
        gaps = np.abs(np.array(rates) - continuous)
        assert gaps[2] < 0.06 * continuous
        assert gaps[0] > 1.7 * gaps[1] > 1.7**2 * gaps[2]

    def test_rate_is_the_mean_log_likelihood_ratio_per_sample(self):
        """Exact Gaussian likelihoods of finite records: their divergence grows by the rate per sample."""
        circuit, noise = arbitrary(8), 0.3
        truth = RecordedCircuit(circuit, [0, 3], bin_size=0.7, observation_noise=noise)
        impostor = RecordedCircuit(markov_impostor(circuit, [0, 3]), bin_size=0.7, observation_noise=noise)

        def divergence(samples):
            matrices = []
            for recorded in (truth, impostor):
                C = recorded.lagged_covariance(range(samples))
                matrices.append(
                    np.block([[C[i - j] if i >= j else C[j - i].T for j in range(samples)] for i in range(samples)])
                )
            ratio = np.linalg.solve(matrices[1], matrices[0])
            return (np.trace(ratio) - np.linalg.slogdet(ratio)[1] - len(ratio)) / 2

        expected = (divergence(80) - divergence(40)) / 40
        assert divergence_rate(truth, impostor) == pytest.approx(expected, rel=1e-3)

    def test_noise_and_bins_lower_it(self):
        chain = circuits.feedforward_chain(30)
        impostor = markov_impostor(chain, [0])
        variance = float(chain.covariance()[0, 0])

        def rate(bin_size, noise):
            options = dict(bin_size=bin_size, observation_noise=noise)
            return divergence_rate(RecordedCircuit(chain, [0], **options), RecordedCircuit(impostor, **options))

        assert rate(1.0, variance) < 0.6 * rate(1.0, 0.0)
        assert rate(0.1, 0.0) / 0.1 < 1.0001 * markov_divergence_rate(chain, [0])

    def test_nothing_is_hidden_from_a_full_recording(self):
        assert markov_divergence_rate(arbitrary(), range(14)) == 0.0
        assert recording_time_needed(0.0) == np.inf

    def test_time_needed_gives_the_error_rates_of_gaussian_log_likelihoods(self):
        rate = 2e-3
        T = recording_time_needed(rate, 0.05, 0.05)
        threshold = 0.0
        assert norm.cdf((threshold - rate * T) / np.sqrt(2 * rate * T)) == pytest.approx(0.05, rel=1e-9)
        assert T == pytest.approx(5.41 / rate, rel=1e-3)

    def test_refusals(self):
        shared = LinearCircuit(np.zeros((2, 2)), noise=[[1.0, 0.5], [0.5, 1.0]])
        with pytest.raises(ProblemError, match="noise"):
            markov_divergence_rate(shared, [0])
        with pytest.raises(ProblemError, match="bins"):
            divergence_rate(RecordedCircuit(shared, [0], 1.0), RecordedCircuit(shared, [0], 2.0))
        with pytest.raises(ProblemError, match="misses"):
            recording_time_needed(1.0, 0.05, 0.7)


class TestExplainedVariance:
    """R7."""

    def test_reference_values_of_a_literal_chain_cannot_tell_the_student_from_the_optimum(self):
        recorded = RecordedCircuit(circuits.feedforward_chain(100), range(20), bin_size=1.0)
        student = scipy.linalg.expm(markov_student(recorded.circuit, range(20)).recurrence - np.eye(20))
        found = [explained_variance(student, recorded, k) for k in (1, 5, 20)]
        best = [best_explained_variance(recorded, k) for k in (1, 5, 20)]
        np.testing.assert_allclose(found, [0.898, 0.708, 0.162], atol=6e-4)
        np.testing.assert_allclose(best, [0.898, 0.708, 0.163], atol=6e-4)
        assert all(mine <= most for mine, most in zip(found, best, strict=True))


class TestPulses:
    """R8."""

    def test_pulse_sees_at_first_order_what_watching_sees_at_second(self):
        circuit = arbitrary()
        hidden = np.setdiff1d(np.arange(14), OBSERVED)
        S = circuit.covariance()
        first = circuit.recurrence[np.ix_(OBSERVED, hidden)] @ S[np.ix_(hidden, OBSERVED)]
        first = -first @ np.linalg.inv(S[np.ix_(OBSERVED, OBSERVED)])
        np.testing.assert_allclose(response_difference(circuit, OBSERVED, 1e-5) / 1e-5, first, atol=1e-4)

    def test_trials_are_those_of_a_test_on_simulated_trials(self):
        circuit, time = circuits.feedforward_chain(20, skip=0.3), 2.0
        observed, w, e = [0, 1, 2], np.array([1.0, 0.5, 0.0]), np.array([0.0, 0.0, 3.0])
        needed = pulse_trials_needed(circuit, observed, e, time, w)
        # the regression residual of w.x(t) on w.x(0) has this variance, by simulation
        random = np.random.default_rng(0)
        propagator, noise = circuit.discretise(time)
        before = random.normal(size=(200_000, 20)) @ scipy.linalg.sqrtm(circuit.covariance()).real
        after = before @ propagator.T + random.normal(size=before.shape) @ scipy.linalg.sqrtm(noise).real
        y0, yt = before[:, observed] @ w, after[:, observed] @ w
        scatter = np.var(yt - y0 * (yt @ y0) / (y0 @ y0))
        effect = w @ response_difference(circuit, observed, time) @ e
        assert needed == pytest.approx((2 * norm.isf(0.05)) ** 2 * scatter / effect**2, rel=0.02)

    def test_no_pulse_tells_more_than_the_optimal_one(self):
        circuit, time, observed = circuits.feedforward_chain(20, skip=0.3), 2.0, [0, 1, 2]
        V, M = conditional_covariance(circuit, observed, time), response_difference(circuit, observed, time)

        def power(e, w):
            return (w @ M @ e) ** 2 / (w @ V @ w)

        pulse, readout = optimal_pulse(circuit, observed, time)
        best = power(pulse, readout)
        assert np.linalg.norm(pulse) == pytest.approx(1.0)
        random = np.random.default_rng(1)
        others = [power(e / np.linalg.norm(e), w) for e, w in random.normal(size=(2000, 2, 3))]
        assert 0.5 * best < max(others) <= best * (1 + 1e-12)

    def test_full_observation_leaves_nothing_to_find(self):
        assert np.abs(response_difference(arbitrary(), range(14), 1.0)).max() < 1e-10
        with pytest.raises(ProblemError, match="pulse has 2"):
            pulse_trials_needed(arbitrary(), [0], [1.0, 0.0], 1.0, [1.0])


class TestLogConvexity:
    """R9."""

    def test_holds_for_reversible_circuits_and_any_projection(self):
        random = np.random.default_rng(0)
        symmetric = random.normal(size=(10, 10))
        symmetric = (symmetric + symmetric.T) / 20
        C = LinearCircuit(symmetric).lagged_covariance(np.arange(20) * 0.3)
        for w in random.normal(size=(50, 10)):
            autocovariance = np.einsum("i,tij,j->t", w, C, w)
            assert min(log_convexity(autocovariance, m, k) for m in (0, 1, 4) for k in (1, 3, 7)) > -1e-13

    def test_is_violated_by_a_chain(self):
        C = circuits.feedforward_chain(20).lagged_covariance(np.arange(40) * 0.5)[:, 0, 0]
        assert log_convexity(C, 1, 10) < -0.01

    def test_is_violated_by_a_far_from_normal_true_line_attractor_too(self):
        """So a violation does not disprove a line attractor, only a reversible one."""
        found = []
        for seed in range(20):
            circuit = circuits.non_normal_line_attractor(20, 10.0, slow=100.0, seed=seed)
            C = circuit.lagged_covariance(np.arange(30) * 0.5)
            found += [log_convexity(C[:, i, i], 1, k) for i in range(20) for k in (1, 3, 10)]
        assert min(found) < -1e-4
        assert circuit.truth.kind == "line"

    def test_noise_adds_to_lag_zero_alone_and_cannot_hide_a_violation_from_lag_one_on(self):
        chain = circuits.feedforward_chain(20)
        clean, noisy = (
            RecordedCircuit(chain, [0], 0.5, noise).lagged_covariance(range(25))[:, 0, 0] for noise in (0.0, 5.0)
        )
        assert noisy[0] == pytest.approx(clean[0] + 5.0)
        np.testing.assert_array_equal(clean[1:], noisy[1:])

    def test_too_long_a_lag_is_refused(self):
        with pytest.raises(ProblemError, match="ends at lag 4"):
            log_convexity(np.ones(5), 1, 2)
