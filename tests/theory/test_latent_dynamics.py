"""Latent linear dynamics: likelihoods against the whole Gaussian, learning against likelihoods, and its limit."""

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
from scipy.stats import multivariate_normal

from numerics.recordings import Recording, record
from theory import circuits
from theory.circuits import LinearCircuit
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError, UnstableSystemError
from theory.partial_observation import RecordedCircuit, divergence_rate
from theory.students import (
    Autoregression,
    Fit,
    LatentDynamics,
    Rollout,
    Subspace,
    latent_limit,
    log_likelihood,
)
from theory.students.kalman import LatentModel, filtered_log_likelihood, smoothed_moments
from theory.students.latent_dynamics import likelihood_and_gradient, most_likely
from theory.students.latent_limit import _grid, divergence_and_gradient, subspace_start
from theory.students.stable_models import matrices_of, parameters_of


def arbitrary_model(seed=0, states=3, neurons=2) -> LatentModel:
    random = generator(seed)
    A = random.normal(size=(states, states))
    A *= 0.9 / np.abs(np.linalg.eigvals(A)).max()
    C = random.normal(size=(neurons, states))
    noises = 0.5 * np.eye(states) + 0.1, np.diag(0.3 + np.arange(neurons)), np.diag(1.0 + np.arange(states))
    return LatentModel(A, C, *noises)


def joint_covariance(model: LatentModel, samples: int) -> np.ndarray:
    """Of all states at all times, (time, state, time, state)."""
    n, start = len(model.A), model.P
    joint = np.zeros((samples, n, samples, n))
    for i in range(samples):
        ahead = start
        for j in range(i, samples):
            joint[j, :, i], joint[i, :, j] = ahead, ahead.T
            ahead = model.A @ ahead
        start = model.A @ start @ model.A.T + model.Q
    return joint


def by_brute_force(model: LatentModel, x: np.ndarray):
    """The moments of one stretch from the joint Gaussian of all samples and states."""
    samples, n = len(x), len(model.A)
    joint = joint_covariance(model, samples).reshape(samples * n, -1)
    H = np.kron(np.eye(samples), model.C)
    seen = H @ joint @ H.T + np.kron(np.eye(samples), model.R)
    gain = joint @ H.T @ np.linalg.inv(seen)
    mean = gain @ x.ravel()
    second = (joint - gain @ H @ joint + np.outer(mean, mean)).reshape(samples, n, samples, n)
    return (
        multivariate_normal(np.zeros(x.size), seen).logpdf(x.ravel()),
        sum(second[i, :, i] for i in range(samples)),
        second[0, :, 0],
        second[-1, :, -1],
        sum((second[i + 1, :, i] for i in range(samples - 1)), np.zeros((n, n))),
        x.T @ mean.reshape(samples, n),
    )


class TestKalman:
    @pytest.mark.parametrize("samples", [1, 2, 7, 120])  # the gains settle after 17 samples
    def test_moments_are_those_of_the_joint_gaussian(self, samples):
        model, random = arbitrary_model(), generator(1)
        stretches = [random.normal(size=(length, 2)) for length in (samples, samples, samples + 3)]
        expected = [sum(parts) for parts in zip(*(by_brute_force(model, x) for x in stretches), strict=True)]
        found = smoothed_moments(model, stretches)
        for part, reference in zip(found, expected, strict=True):
            np.testing.assert_allclose(part, reference, rtol=1e-9, atol=1e-9)
        assert filtered_log_likelihood(model, stretches) == pytest.approx(found.log_likelihood, rel=1e-12)


class TestLogLikelihood:
    def test_of_a_circuit_of_which_nothing_is_hidden_is_that_of_its_own_gaussian(self):
        circuit = LinearCircuit([[0.5, 0.8], [-0.3, 0.2]])
        recording = record(circuit, 6, 0.7, trials=2)
        fit = Autoregression().fit(RecordedCircuit(circuit, bin_size=0.7))
        model = LatentModel(fit.propagator, np.eye(2), fit.process_noise, np.zeros((2, 2)), circuit.covariance())
        joint = joint_covariance(model, 6).reshape(12, 12)
        expected = sum(multivariate_normal(np.zeros(12), joint).logpdf(x.ravel()) for x in recording.centred())
        assert log_likelihood(recording, fit) == pytest.approx(expected, rel=1e-10)

    def test_falls_by_the_divergence_rate_for_another_circuit(self):
        truth, other, samples = LinearCircuit([[0.8]]), LinearCircuit([[0.5]]), 40_000
        fits = [Autoregression().fit(RecordedCircuit(circuit)) for circuit in (truth, other)]
        recording = record(truth, samples, 1.0)
        fall = np.subtract(*(log_likelihood(recording, fit) for fit in fits)) / samples
        expected = divergence_rate(RecordedCircuit(truth), RecordedCircuit(other))
        # the log-likelihood ratio has the variance 2 rate / samples, to leading order in the rate
        assert fall == pytest.approx(expected, abs=5 * np.sqrt(2 * expected / samples))

    def test_fits_without_noise_without_stationary_law_or_of_other_data_are_refused(self):
        recording = record(circuits.uncoupled(2), 50, 1.0)
        with pytest.raises(ProblemError, match="says nothing of the noise"):
            log_likelihood(recording, Rollout(2).fit(recording))
        with pytest.raises(UnstableSystemError, match=r"modulus 1\.1"):
            log_likelihood(recording, Fit(1.1 * np.eye(2), 1.0, process_noise=np.eye(2)))
        with pytest.raises(ProblemError, match="of 1 neurons in bins of 1, the recording of 2 in bins of 1"):
            log_likelihood(recording, Fit(0.5 * np.eye(1), 1.0, process_noise=np.eye(1)))
        with pytest.raises(ProblemError, match="no noise at all"):
            log_likelihood(recording, Fit(0.5 * np.eye(2), 1.0, process_noise=np.diag([1.0, 0.0])))


def expectation_maximisation(model: LatentModel, stretches, iterations: int) -> LatentModel:
    """As in Shumway & Stoffer, with a law of the first samples of its own: what ascent must be better than."""
    samples, power = sum(map(len, stretches)), sum(x.T @ x for x in stretches)
    for _ in range(iterations):
        moments = smoothed_moments(model, stretches)
        C = np.linalg.solve(moments.states, moments.seen.T).T
        early, late = moments.states - moments.last, moments.states - moments.first
        A = np.linalg.solve(early, moments.successive.T).T
        Q = (late - A @ moments.successive.T) / (samples - len(stretches))
        R = (power - C @ moments.seen.T) / samples
        model = LatentModel(A, C, (Q + Q.T) / 2, (R + R.T) / 2, moments.first / len(stretches))
    return model


class TestMaximumLikelihood:
    @pytest.mark.parametrize("trials", [1, 3])
    def test_gradient_is_that_of_finite_differences(self, trials):
        circuit = circuits.symmetric_line_attractor(5, slow=20.0)
        recording = record(circuit, 40, 1.0, observed=[0, 1], observation_noise=0.5, trials=trials)
        stretches, start = recording.stretches(), parameters_of(subspace_start(recording, 3))
        parameters, power = start + 0.1 * generator(0).normal(size=start.size), sum(x.T @ x for x in stretches)
        value, gradient = likelihood_and_gradient(parameters, stretches, power, 3)

        def likelihood(p):
            return filtered_log_likelihood(LatentModel(*matrices_of(p, 3, 2), np.eye(3)), stretches)

        assert value == pytest.approx(likelihood(parameters), rel=1e-12)
        differences = scipy.optimize.approx_fprime(parameters, likelihood, 1e-6)
        np.testing.assert_allclose(gradient, differences, atol=1e-5 * np.abs(gradient).max())

    @pytest.mark.parametrize("noise", [0.0, pytest.param(0.5, marks=pytest.mark.full)])
    def test_ends_higher_than_three_hundred_steps_of_expectation_maximisation(self, noise):
        """Without observation noise by far: EM's steps vanish with its R, which is still far from zero."""
        circuit = circuits.symmetric_line_attractor(5, slow=20.0)
        recording = record(circuit, 150, 1.0, observed=[0, 1], observation_noise=noise, seed=1)
        slow = expectation_maximisation(subspace_start(recording, 3), recording.stretches(), 300)
        fits = [
            Fit(slow.A, 1.0, 1, slow.C, process_noise=slow.Q, observation_noise=slow.R),
            LatentDynamics(3, iterations=100).fit(recording),
        ]
        by_steps, by_ascent = (log_likelihood(recording, fit) for fit in fits)
        # without noise 6e-4 nats a sample are left, measured at 150 and at 500 samples: half of that must be gained
        assert by_ascent > by_steps + (3e-4 * 150 if noise == 0 else 0.0)
        least = [np.linalg.eigvalsh(fit.observation_noise)[0] for fit in fits]
        # .0297 and .0011 of 150 samples: the ascent, in the logarithm of R, is cut off on its way to zero
        assert noise or least[1] < 0.1 * least[0]

    def test_ends_at_the_most_likely_of_all_models_of_one_state(self):
        circuit = LinearCircuit([[0.8]])
        stretches = record(circuit, 30, 1.0, observation_noise=0.5, trials=12).stretches()
        one = np.eye(1)

        def model(parameters):
            a, q, r = np.tanh(parameters[0]), *np.exp(parameters[1:])
            return LatentModel(a * one, one, q * one, r * one, q / (1 - a**2) * one)

        # from the truth
        best = scipy.optimize.minimize(
            lambda p: -filtered_log_likelihood(model(p), stretches), [1.15, -0.4, -0.7], method="L-BFGS-B"
        )
        found = most_likely(model([0.5, 0.0, 0.0]), stretches, 100, 1e-13)
        assert filtered_log_likelihood(found, stretches) == pytest.approx(-best.fun, abs=1e-5)
        assert found.A[0, 0] == pytest.approx(np.tanh(best.x[0]), abs=1e-3)
        assert found.R[0, 0] == pytest.approx(np.exp(best.x[2]), abs=1e-3)

    def test_is_stable_where_the_recording_grows(self):
        walk = Recording(generator(3).normal(size=(1, 60, 2)).cumsum(axis=1) + 0.3 * np.arange(60)[:, None] ** 2, 1.0)
        assert np.abs(LatentDynamics(order=2, iterations=50).fit(walk).eigenvalues()).max() < 1


class TestLimit:
    def test_gradient_is_that_of_finite_differences(self):
        recorded = RecordedCircuit(circuits.feedforward_chain(20, skip=0.5, rotated=True), [0, 1, 2], 0.5)
        grid, start = _grid(recorded, 32, 0.3), parameters_of(subspace_start(recorded, 2))
        parameters = start + 0.1 * generator(0).normal(size=start.size)
        gradient = divergence_and_gradient(parameters, *grid, 2)[1]
        differences = scipy.optimize.approx_fprime(parameters, lambda p: divergence_and_gradient(p, *grid, 2)[0], 1e-7)
        np.testing.assert_allclose(gradient, differences, atol=1e-6)

    def test_divergence_is_that_of_two_circuits(self):
        """One neuron, one state: the nearest model is a circuit as well, whose rate has a formula of its own."""
        recorded = RecordedCircuit(circuits.feedforward_chain(20), [0], 0.5, observation_noise=0.2)
        limit = latent_limit(recorded, 1)
        tau = limit.fit.slowest()
        # s = c z has variance c^2 = (C P C^T), decaying in tau; time in units of tau
        variance = (limit.fit.readout @ limit.fit.readout.T)[0, 0]
        alone = LinearCircuit([[0.0]], noise=variance, time_constant=tau)
        other = RecordedCircuit(alone, bin_size=0.5, observation_noise=limit.fit.observation_noise[0, 0])
        assert limit.divergence == pytest.approx(divergence_rate(recorded, other), rel=1e-5)

    def test_is_what_searching_all_models_of_one_state_finds(self):
        """Mean log-likelihood in the time domain: the error of the model's own Kalman filter on the circuit."""
        circuit = circuits.feedforward_chain(12, skip=0.3, rotated=True)
        recorded = RecordedCircuit(circuit, [0], 0.5, observation_noise=0.1)
        F, noise = circuit.discretise(0.5)

        def loss(parameters):
            a, q, r = np.tanh(parameters[0]), *np.exp(parameters[1:])
            p = scipy.linalg.solve_discrete_are([[a]], [[1.0]], [[q]], [[r]])[0, 0]
            gain = a * p / (p + r)
            # m' = a m + gain (z_0 + v - m), z' = F z + w: their joint covariance, and that of the error z_0 + v - m
            joint = np.block([[F, np.zeros((12, 1))], [gain * np.eye(12)[:1], np.array([[a - gain]])]])
            drive = scipy.linalg.block_diag(noise, [[gain**2 * 0.1]])
            cov = scipy.linalg.solve_discrete_lyapunov(joint, drive)
            error = cov[0, 0] - 2 * cov[0, -1] + cov[-1, -1] + 0.1
            return 0.5 * (np.log(p + r) + error / (p + r))

        found = scipy.optimize.minimize(
            loss, [1.0, 0.0, -2.0], method="Nelder-Mead", options=dict(xatol=1e-9, fatol=1e-14, maxiter=5000)
        )
        fit = latent_limit(recorded, 1).fit
        assert fit.propagator[0, 0] == pytest.approx(np.tanh(found.x[0]), abs=1e-5)
        assert fit.observation_noise[0, 0] == pytest.approx(np.exp(found.x[2]), rel=1e-4)

    def test_more_states_come_nearer_and_are_nearer_than_subspace_identification(self):
        recorded = RecordedCircuit(circuits.feedforward_chain(40, skip=1.0, rotated=True), range(4), 1.0)
        limits = [latent_limit(recorded, order) for order in (1, 2, 4)]
        assert limits[0].divergence > limits[1].divergence > limits[2].divergence > 0.1
        for order, limit in zip((1, 2, 4), limits, strict=True):
            start = divergence_and_gradient(
                parameters_of(subspace_start(recorded, order)), *_grid(recorded, 512, 0.1), order
            )[0]
            assert limit.divergence < start

    def test_maximum_likelihood_and_subspace_identification_approach_it_as_recordings_grow(self):
        circuit, noise = circuits.symmetric_line_attractor(3, slow=20.0), 0.5
        limit = latent_limit(RecordedCircuit(circuit, [0], 1.0, noise), 2)
        assert limit.divergence < 1e-8 and limit.fit.slowest() == pytest.approx(20.0, rel=1e-3)  # two states suffice
        errors = {}
        for samples in (1_000, 16_000):
            recordings = [
                record(circuit, samples, 1.0, observed=[0], observation_noise=noise, seed=seed) for seed in range(8)
            ]
            for student in (LatentDynamics(2, iterations=100, tolerance=1e-6), Subspace(2, 8)):
                fits = [student.fit(recording).slowest() for recording in recordings]
                errors[type(student), samples] = np.sqrt(np.mean(np.log(np.array(fits) / limit.fit.slowest()) ** 2))
        for kind in (LatentDynamics, Subspace):
            assert errors[kind, 16_000] < 0.6 * errors[kind, 1_000]  # 1/4 expected, known to 40% from 8 draws
        assert errors[LatentDynamics, 16_000] < 0.3

    def test_too_few_states_still_invent_a_slow_mode_of_a_chain_and_miss_a_true_one(self):
        chain = RecordedCircuit(circuits.feedforward_chain(60, skip=1.0, rotated=True), range(6), 1.0)
        line = RecordedCircuit(circuits.symmetric_line_attractor(30, slow=50.0), range(3), 0.5)
        assert LatentDynamics(1).fit(chain).slowest() > 50  # the truth is 1
        assert LatentDynamics(2).fit(line).slowest() < 10  # the truth is 50
        assert LatentDynamics(4).fit(line).slowest() == pytest.approx(50.0, rel=1e-3)
