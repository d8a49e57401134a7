"""Students: what they recover when nothing is hidden, and what they are predicted to report when much is."""

import inspect

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

from numerics.recordings import Recording, record
from theory import circuits, students
from theory.circuits import LinearCircuit
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.partial_observation import RecordedCircuit, markov_student
from theory.partial_observation.explained_variance import best_explained_variance, explained_variance
from theory.students import (
    Autoregression,
    EulerDrift,
    GeneralisedForcing,
    LatentDynamics,
    LogarithmDrift,
    LowRank,
    Rollout,
    Student,
    Subspace,
    TeacherForced,
    Windowed,
)


def arbitrary(neurons=5, seed=1) -> LinearCircuit:
    return LinearCircuit(0.7 * generator(seed).normal(size=(neurons, neurons)) / np.sqrt(neurons))


CONVERGED = {
    "Autoregression": Autoregression(),
    "EulerDrift": EulerDrift(),
    "GeneralisedForcing": GeneralisedForcing(window=4, forcing=0.3),
    "LatentDynamics": LatentDynamics(order=5),
    "LogarithmDrift": LogarithmDrift(),
    "LowRank": LowRank(rank=3),
    "Rollout": Rollout(steps=4),
    "Subspace": Subspace(order=5, horizon=3),
    "TeacherForced": TeacherForced(training_time=1e4),
    "Windowed": Windowed(window=3),
}
every_student = pytest.mark.parametrize("student", CONVERGED.values(), ids=CONVERGED.keys())


def test_every_student_of_the_package_is_tested_here():
    exported = {name: getattr(students, name) for name in students.__all__}
    classes = {name: kind for name, kind in exported.items() if inspect.isclass(kind)}
    concrete = {name for name, kind in classes.items() if issubclass(kind, Student) and not inspect.isabstract(kind)}
    assert concrete == set(CONVERGED)


@every_student
class TestEveryStudent:
    def test_recovers_a_circuit_of_which_nothing_is_hidden(self, student):
        circuit = arbitrary()
        student = LowRank(rank=5) if isinstance(student, LowRank) else student
        if isinstance(student, GeneralisedForcing):  # the one that is biased even then, but for f = 1 and f = 0
            student = GeneralisedForcing(student.window, forcing=0.0)
        bin_size = 1e-6 if isinstance(student, EulerDrift) else 0.5
        found = student.fit(RecordedCircuit(circuit, bin_size=bin_size)).timescales()
        rates = 1 - np.linalg.eigvals(circuit.recurrence).real
        # without observation noise the likelihood is flat along that noise
        tolerance = 1e-3 if isinstance(student, LatentDynamics) else 1e-5
        np.testing.assert_allclose(found[:5], np.sort(1 / rates)[::-1], rtol=tolerance)

    def test_dependent_neurons_are_refused(self, student):
        circuit = LinearCircuit(np.zeros((6, 6)), noise=np.ones((6, 6)))
        with pytest.raises(ProblemError, match="dependent|singular"):
            student.fit(RecordedCircuit(circuit))


# Maximum likelihood takes minutes for it, and has tests of its own against its limit.
@pytest.mark.parametrize("name", sorted(set(CONVERGED) - {"LatentDynamics"}))
def test_scatters_around_its_prediction_as_the_root_of_the_recording_time(name):
    student = CONVERGED[name]
    circuit, errors = circuits.symmetric_line_attractor(8, slow=8.0, fast=1.0), []
    if isinstance(student, Subspace):
        student = Subspace(order=2, horizon=3)
    expected = student.fit(RecordedCircuit(circuit, [0, 1, 2], bin_size=0.5)).slowest()
    for samples in (4_000, 64_000):
        fits = [
            student.fit(record(circuit, samples, 0.5, observed=[0, 1, 2], seed=seed)).slowest()
            for seed in range(16)
        ]
        errors.append(np.sqrt(np.mean((np.array(fits) - expected) ** 2)))
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.6)  # 16 draws each: 18% on either


class TestTeacherForced:
    def test_is_the_gradient_flow_of_the_one_step_error(self):
        recorded = RecordedCircuit(arbitrary(), [0, 2], bin_size=0.5)
        C0, C1 = recorded.lagged_covariance([0, 1])

        def descent(s, A):
            return (C1 - A.reshape(2, 2) @ C0).ravel()

        start = 0.3 * np.eye(2).ravel()
        found = scipy.integrate.solve_ivp(descent, (0.0, 0.8), start, rtol=1e-10, atol=1e-12).y[:, -1]
        fit = TeacherForced(0.8, start=0.3).fit(recorded)
        np.testing.assert_allclose(fit.propagator.ravel(), found, atol=1e-9)

    def test_loud_directions_are_learned_first(self):
        """A hidden line attractor is loud: stopped early, the network has its slow mode and nothing else yet."""
        recorded = RecordedCircuit(circuits.symmetric_line_attractor(20, slow=100.0), range(10), bin_size=1.0)
        early, late = (TeacherForced(s).fit(recorded) for s in (0.1, 100.0))
        assert early.slowest() > 0.4 * late.slowest()
        assert np.abs(early.eigenvalues()[1]) < 0.2 * np.abs(late.eigenvalues()[1])


@pytest.mark.parametrize("weighted", [False, True], ids=["least squares", "likelihood"])
class TestLowRank:
    @pytest.mark.parametrize("time_constant", [None, 1.5])
    def test_is_what_optimising_its_factors_finds(self, weighted, time_constant):
        recorded = RecordedCircuit(LinearCircuit(arbitrary(6).recurrence, np.diag(range(1, 7))), range(4), 0.5)
        C0, C1 = recorded.lagged_covariance([0, 1])
        leak = np.exp(-0.5 / time_constant) if time_constant else 0.0

        def error(A):
            covariance = C0 - A @ C1.T - C1 @ A.T + A @ C0 @ A.T
            return np.linalg.slogdet(covariance)[1] if weighted else np.trace(covariance)

        def loss(factors):
            m, n = factors.reshape(2, 4, 2)
            return error(leak * np.eye(4) + m @ n.T)

        starts = generator(3).normal(size=(6, 16))
        found = min((scipy.optimize.minimize(loss, start, tol=1e-10) for start in starts), key=lambda r: r.fun)
        fit = LowRank(2, time_constant, weighted).fit(recorded)
        assert error(fit.propagator) == pytest.approx(found.fun, abs=1e-8)
        assert error(fit.propagator) > error(Autoregression().fit(recorded).propagator) + 1e-4
        m, n = found.x.reshape(2, 4, 2)
        np.testing.assert_allclose(fit.propagator, leak * np.eye(4) + m @ n.T, atol=1e-4)  # a flat minimum
        covariance = C0 - fit.propagator @ C1.T - C1 @ fit.propagator.T + fit.propagator @ C0 @ fit.propagator.T
        np.testing.assert_allclose(fit.process_noise, covariance, atol=1e-12)

    def test_recovers_a_low_rank_circuit_at_any_bin_size(self, weighted):
        circuit = circuits.null_low_rank(12, rank=2, gain=3.0)
        for bin_size in (0.1, 3.0):
            fit = LowRank(2, 1.0, weighted).fit(RecordedCircuit(circuit, bin_size=bin_size))
            np.testing.assert_allclose(fit.propagator, circuit.discretise(bin_size)[0], atol=1e-9)

    def test_rank_above_the_number_of_neurons_is_refused(self, weighted):
        with pytest.raises(ProblemError, match="rank 3 is above the number of neurons, 2"):
            LowRank(3, weighted=weighted).fit(RecordedCircuit(arbitrary(), [0, 1]))


class TestDrifts:
    @pytest.mark.parametrize("student", [LogarithmDrift(), EulerDrift(), EulerDrift(1.5, ridge=0.3)])
    def test_tends_to_the_markov_student_as_the_bin_vanishes(self, student):
        circuit, ridge = LinearCircuit(arbitrary().recurrence, time_constant=1.5), getattr(student, "ridge", 0.0)
        limit = (markov_student(circuit, [0, 2], ridge).recurrence - np.eye(2)) / 1.5
        gaps = [student.fit(RecordedCircuit(circuit, [0, 2], b)).drift() - limit for b in (2e-3, 1e-3)]
        np.testing.assert_allclose(gaps[0], 2 * gaps[1], rtol=0.01)  # of first order: the next is 1e-3 of it
        S, o = circuit.covariance(), np.ix_([0, 2], [0, 2])
        M1, M2 = (
            (np.linalg.matrix_power(circuit.drift, k) @ S)[o] @ np.linalg.inv(S[o] + ridge * np.eye(2)) for k in (1, 2)
        )
        slope = (M2 - M1 @ M1 if isinstance(student, LogarithmDrift) else M2) / 2
        np.testing.assert_allclose(gaps[1] / 1e-3, slope, rtol=0.01, atol=1e-3)

    def test_logarithm_is_exact_and_difference_quotients_are_slow_where_nothing_is_hidden(self):
        circuit = circuits.symmetric_line_attractor(6, slow=40.0, fast=0.5)
        recorded = RecordedCircuit(circuit, bin_size=2.0)
        np.testing.assert_allclose(LogarithmDrift().fit(recorded).drift(), circuit.drift, atol=1e-12)
        found = EulerDrift().fit(recorded).timescales()
        truth = np.array([40.0, 0.5])
        np.testing.assert_allclose(found[[0, 1]], 2.0 / -np.expm1(-2.0 / truth), rtol=1e-9)
        assert found[0] == pytest.approx(40.0 + 1.0 + 4 / 480.0, abs=1e-5)  # the series

    def test_propagator_of_difference_quotients_keeps_the_covariance_that_their_noise_makes(self):
        """The noise over a bin is that of the drift with white noise: the stationary covariance says so."""
        fit = EulerDrift().fit(RecordedCircuit(arbitrary(), [0, 2], 0.01))
        S = scipy.linalg.solve_discrete_lyapunov(fit.propagator, fit.process_noise)
        np.testing.assert_allclose(S, fit.covariance, rtol=0.05)  # of first order in the bin

    def test_steps_that_no_drift_makes_are_refused_with_the_eigenvalue(self):
        short = record(circuits.uncoupled(3), 40, bin_size=10.0, seed=3)
        least = Autoregression().fit(short).eigenvalues().real.min()
        assert least < 0
        with pytest.raises(ProblemError, match=r"eigenvalue -0\.\d+, which no drift"):
            LogarithmDrift().fit(short)
        assert EulerDrift().fit(short).drift().shape == (3, 3)


class TestRollout:
    def test_one_step_is_teacher_forcing(self):
        recorded = RecordedCircuit(arbitrary(), [0, 2], bin_size=0.5)
        np.testing.assert_allclose(
            Rollout(1).fit(recorded).propagator, Autoregression().fit(recorded).propagator, atol=1e-7
        )

    def test_longer_rollouts_invent_less_of_a_slow_mode_for_a_chain_and_miss_less_of_a_true_one(self):
        chain = RecordedCircuit(circuits.feedforward_chain(60, skip=1.0, rotated=True), range(6), bin_size=1.0)
        line = RecordedCircuit(circuits.symmetric_line_attractor(60), range(6), bin_size=1.0)
        invented = [Rollout(k).fit(chain).slowest() for k in (1, 8, 20)]
        missed = [Rollout(k).fit(line).slowest() for k in (1, 8, 20)]
        assert invented[0] > 50 and invented[0] > invented[1] > invented[2]  # the truth is 1
        assert missed[0] < missed[1] < missed[2] < 1000.0  # the truth


class TestSubspace:
    def test_finds_what_is_hidden_if_its_order_is_that_of_the_circuit(self):
        circuit = arbitrary()
        found = Subspace(order=5, horizon=6).fit(RecordedCircuit(circuit, [0, 2], bin_size=0.5)).timescales()
        rates = 1 - np.linalg.eigvals(circuit.recurrence).real
        np.testing.assert_allclose(found, np.sort(1 / rates)[::-1], rtol=1e-4)

    def test_true_line_attractor_is_found_where_the_markov_student_misses_it(self):
        recorded = RecordedCircuit(circuits.symmetric_line_attractor(100), range(5), bin_size=1.0)
        assert Autoregression().fit(recorded).slowest() < 200
        assert Subspace(order=6, horizon=5).fit(recorded).slowest() == pytest.approx(1000.0, rel=1e-5)

    @pytest.mark.parametrize("seed", range(5))
    def test_is_always_stable(self, seed):
        line = circuits.symmetric_line_attractor(10, slow=1e4)
        short = record(line, 60, 1.0, observed=[0, 1], seed=seed)
        assert np.abs(Subspace(order=3, horizon=4).fit(short).eigenvalues()).max() < 1

    @pytest.mark.parametrize("seed", range(20))
    def test_is_stable_for_what_has_no_stationary_law(self, seed):
        """Random walks: most of their first shifts grow, and the padded one is taken instead."""
        walk = Recording(generator(seed).normal(size=(1, 40, 2)).cumsum(axis=1), 1.0)
        assert np.abs(Subspace(order=2, horizon=3).fit(walk).eigenvalues()).max() < 1

    def test_states_beyond_those_that_can_be_seen_change_nothing(self):
        """Ten neurons of a line attractor are a process of eleven states; asked for twenty, rounding is left out."""
        recorded = RecordedCircuit(circuits.symmetric_line_attractor(100), range(10))
        fit = Subspace(order=20, horizon=5).fit(recorded)
        assert fit.timescales().size == 11 and fit.slowest() == pytest.approx(1000.0, rel=1e-5)

    def test_horizon_that_is_too_short_is_refused(self):
        with pytest.raises(ProblemError, match="horizon above 6"):
            Subspace(order=5, horizon=3).fit(RecordedCircuit(arbitrary(), [0]))


class TestWindowed:
    def test_is_the_regression_on_histories_that_begin_with_the_window(self):
        k, d = 4, 2
        recorded = RecordedCircuit(circuits.feedforward_chain(8, skip=1.0, rotated=True), range(d), bin_size=0.7)
        C = recorded.lagged_covariance(range(k + 1))
        # a window x_0 to x_k is L times white noise: each row of L^T is a sample of as many as tell its covariance
        joint = np.block([[C[i - j] if i >= j else C[j - i].T for j in range(k + 1)] for i in range(k + 1)])
        x = np.linalg.cholesky(joint).T.reshape(-1, k + 1, d)
        past = [np.pad(x[:, n::-1].reshape(len(x), -1), ((0, 0), (0, (k - 1 - n) * d))) for n in range(k)]
        M = np.linalg.lstsq(np.vstack(past), x[:, 1:].transpose(1, 0, 2).reshape(-1, d), rcond=None)[0].T
        np.testing.assert_allclose(Windowed(k).fit(recorded).propagator[:d], M, atol=1e-10)

    def test_longer_windows_explain_by_the_past_what_one_bin_explains_by_slow_modes(self):
        chain = circuits.feedforward_chain(100, skip=1.0, rotated=True)
        recorded = RecordedCircuit(chain, range(10), bin_size=1.0)
        found = [Windowed(k).fit(recorded).slowest() for k in (1, 4, 16)]
        assert found[0] == pytest.approx(Autoregression().fit(recorded).slowest(), rel=1e-9)
        assert found[0] > 2 * found[1] > 3 * found[2]


class TestExplainedVariance:
    """R7."""

    def test_reference_values_show_that_it_can_be_blind(self):
        recorded = RecordedCircuit(circuits.feedforward_chain(100), range(20), bin_size=1.0)
        A = Autoregression().fit(recorded).propagator
        found = [explained_variance(A, recorded, k) for k in (1, 5, 20)]
        best = [best_explained_variance(recorded, k) for k in (1, 5, 20)]
        np.testing.assert_allclose(found, [0.898, 0.708, 0.162], atol=6e-4)
        np.testing.assert_allclose(best, [0.898, 0.708, 0.163], atol=6e-4)

    def test_is_that_of_predictions_on_a_recording(self):
        circuit, samples = arbitrary(), 200_000
        recorded = RecordedCircuit(circuit, [0, 1], bin_size=0.5)
        A = Autoregression().fit(recorded).propagator
        x = record(circuit, samples, 0.5, observed=[0, 1]).activity[0]
        error = x[3:] - x[:-3] @ np.linalg.matrix_power(A, 3).T
        measured = 1 - np.sum(error**2) / np.sum(x[3:] ** 2)
        assert explained_variance(A, recorded, 3) == pytest.approx(measured, abs=0.01)
        assert explained_variance(A, recorded, 3) < best_explained_variance(recorded, 3)


@pytest.mark.parametrize("skip", [0.0, 0.25, 0.5, 1.0])
def test_chains_with_skips_invent_the_slow_modes_of_the_reference(skip):
    """Means over rotations at D = 100 lie within the reference's scatter of single draws."""
    reference = {0.0: (10.6, 3.8, 15.7, 2.7), 0.25: (30, 13, 76, 17), 0.5: (81, 38, 147, 44), 1.0: (211, 118, 196, 76)}
    chains = [circuits.feedforward_chain(100, skip, rotated=True, seed=seed) for seed in range(10)]
    for number, (mean, scatter) in zip((5, 20), np.reshape(reference[skip], (2, 2)), strict=True):
        found = np.mean([markov_student(chain, range(number)).timescales()[0] for chain in chains])
        assert abs(found - mean) < scatter
