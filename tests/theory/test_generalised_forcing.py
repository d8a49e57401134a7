"""Generalised teacher forcing: its loss against windows one by one, its limits, its minima, and what it is good for."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize

from numerics.recordings import record
from theory import circuits
from theory.circuits import LinearCircuit
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.partial_observation import RecordedCircuit
from theory.students import Autoregression, GeneralisedForcing, Rollout
from theory.students.generalised_forcing import forced_loss
from theory.students.windows import window_covariance

CHAIN = RecordedCircuit(circuits.feedforward_chain(12, skip=1.0, rotated=True), [0, 1])


def error_over_windows(A, windows, forcing: float) -> float:
    """By running the network along each window, (window, sample, neuron)."""
    state, total = windows[:, 0], 0.0
    for n in range(1, windows.shape[1]):
        predicted = state @ A.T
        total += np.sum((windows[:, n] - predicted) ** 2)
        state = forcing * windows[:, n] + (1 - forcing) * predicted
    return total / (windows.shape[1] - 1)


class TestLoss:
    @pytest.mark.parametrize("forcing", [1.0, 0.3, 0.0])
    @pytest.mark.parametrize("window", [1, 2, 7])
    def test_is_that_of_running_the_network_along_windows(self, window, forcing):
        C, A = CHAIN.lagged_covariance(range(window + 1)), 0.5 * generator(0).normal(size=(2, 2))
        # a window is L times white noise: each row of L^T is a window, of as many as tell its covariance
        windows = np.linalg.cholesky(window_covariance(C, window + 1)).T.reshape(-1, window + 1, 2)
        assert forced_loss(A, C, forcing)[0] == pytest.approx(error_over_windows(A, windows, forcing), rel=1e-12)

    @pytest.mark.parametrize("forcing", [1.0, 0.3, 0.0])
    def test_is_that_of_a_sampled_recording(self, forcing):
        x = record(CHAIN.circuit, 400_000, 1.0, observed=CHAIN.observed).activity[0]
        windows = x[: 400_000 // 8 * 8].reshape(-1, 8, 2)
        A = Autoregression().fit(CHAIN).propagator
        parts = [error_over_windows(A, part, forcing) / len(part) for part in np.split(windows, 50)]
        predicted = forced_loss(A, CHAIN.lagged_covariance(range(8)), forcing)[0]
        assert np.mean(parts) == pytest.approx(predicted, abs=4 * np.std(parts) / np.sqrt(50))
        assert np.std(parts) / np.sqrt(50) < 0.01 * predicted

    @pytest.mark.parametrize("forcing", [1.0, 0.3, 0.0])
    @pytest.mark.parametrize("window", [1, 2, 6])
    def test_gradient_is_that_of_finite_differences(self, window, forcing):
        recorded = RecordedCircuit(CHAIN.circuit, [0, 2, 3], bin_size=0.5)
        C, A = recorded.lagged_covariance(range(window + 1)), generator(0).normal(size=9) / 3
        gradient = forced_loss(A.reshape(3, 3), C, forcing)[1]
        step = 1e-4 * np.eye(9)  # central, so that the error is of second order
        differences = [
            (forced_loss((A + e).reshape(3, 3), C, forcing)[0] - forced_loss((A - e).reshape(3, 3), C, forcing)[0])
            / 2e-4
            for e in step
        ]
        np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-6 * np.abs(gradient).max())


class TestLimits:
    @pytest.mark.parametrize("setting", [(1, 0.2), (9, 1.0)])
    def test_one_step_or_full_forcing_is_autoregression(self, setting):
        found, expected = GeneralisedForcing(*setting).fit(CHAIN), Autoregression().fit(CHAIN)
        np.testing.assert_allclose(found.propagator, expected.propagator, atol=1e-7)
        assert np.abs(GeneralisedForcing(9, 0.2).fit(CHAIN).propagator - expected.propagator).max() > 0.05

    def test_no_forcing_is_the_error_of_powers(self):
        C, A = CHAIN.lagged_covariance(range(6)), 0.5 * generator(1).normal(size=(2, 2))
        powers = [np.linalg.matrix_power(A, j) for j in range(6)]
        errors = [np.trace(C[0] - 2 * P @ C[j].T + P @ C[0] @ P.T) for j, P in enumerate(powers)]
        assert forced_loss(A, C, 0.0)[0] == pytest.approx(np.mean(errors[1:]), rel=1e-12)

    def test_running_freely_ever_longer_ends_at_the_nearest_autocovariance_of_a_markov_process(self):
        """`sum_j |(A^j C(0) - C(j)) C(0)^(-1/2)|^2` over all lags, summed by Stein's equations."""
        Phi, S = CHAIN.circuit.discretise(1.0)[0], CHAIN.circuit.covariance()
        o, C0 = CHAIN.observed, CHAIN.lagged_covariance([0])[0]

        def distance(A):
            A = A.reshape(2, 2)
            if np.abs(np.linalg.eigvals(A)).max() >= 1:
                return np.inf
            own = np.trace(scipy.linalg.solve_discrete_lyapunov(A, C0))
            # Y = A Y Phi^T + S_o: the sum of A^j C(j)^T is Y_oo
            size = 2 * len(S)
            Y = np.linalg.solve(np.eye(size) - np.kron(A, Phi), S[o].ravel()).reshape(2, -1)
            return own - 2 * np.trace(Y[:, o])

        fits = {steps: Rollout(steps).fit(CHAIN) for steps in (10, 20, 50)}
        options = dict(xatol=1e-9, fatol=1e-13, maxiter=4000, maxfev=4000)
        limit = scipy.optimize.minimize(distance, fits[50].propagator.ravel(), method="Nelder-Mead", options=options).x
        gaps = [np.abs(fit.propagator.ravel() - limit).max() for fit in fits.values()]
        assert gaps[0] > 10 * gaps[1] and gaps[2] < 1e-4  # a flat minimum: fatol leaves the root of it
        assert np.abs(Autoregression().fit(CHAIN).propagator.ravel() - limit).max() > 0.1

    def test_error_over_long_windows_is_that_of_an_observer_at_rest(self):
        """The error's stationary covariance, from the joint Lyapunov equation of circuit and observer."""
        Phi, noise = CHAIN.circuit.discretise(1.0)
        A, forcing = Autoregression().fit(CHAIN).propagator, 0.3
        P = np.eye(12)[CHAIN.observed]
        joint = np.block([[Phi, np.zeros((12, 2))], [forcing * A @ P, (1 - forcing) * A]])
        covariance = scipy.linalg.solve_discrete_lyapunov(joint, scipy.linalg.block_diag(noise, np.zeros((2, 2))))
        read = np.hstack([P, -np.eye(2)])
        rest = np.trace(read @ covariance @ read.T)
        losses = [forced_loss(A, CHAIN.lagged_covariance(range(K + 1)), forcing)[0] for K in (200, 400)]
        # what the start adds is shared among K steps: twice the second less the first is free of it
        assert 2 * losses[1] - losses[0] == pytest.approx(rest, rel=1e-9)
        assert losses[0] != pytest.approx(rest, rel=1e-4)


class TestMinima:
    def test_two_are_both_found_and_the_lowest_is_taken(self):
        """A slow mode and one that alternates, seen by one neuron: running freely follows either."""
        covariances = np.array([0.5 * 0.9**k + 0.5 * (-0.92) ** k for k in range(31)])[:, None, None]
        recorded = SimpleNamespace(lagged_covariance=lambda lags: covariances[list(lags)], bin_size=1.0, neurons=1)
        student = GeneralisedForcing(30, 0.0)
        grid = np.linspace(-0.99, 0.99, 800)
        losses = np.array([forced_loss(np.array([[a]]), covariances, 0.0)[0] for a in grid])
        lowest = grid[1:-1][(losses[1:-1] < losses[:-2]) & (losses[1:-1] < losses[2:])]
        found = student.minima(recorded)
        assert len(lowest) == len(found) == 2
        ends = np.sort([m.propagator.item() for m in found])
        np.testing.assert_allclose(ends, lowest, atol=2.5e-3)  # the grid's step
        assert found[0].loss < found[1].loss and found[0].propagator < 0
        assert student.fit(recorded).propagator == found[0].propagator

    @pytest.mark.parametrize("forcing", [0.5, 0.1, 0.0])
    def test_of_circuits_as_they_are_descent_from_anywhere_ends_in_the_one_found(self, forcing):
        recorded, random = RecordedCircuit(circuits.symmetric_line_attractor(40, slow=100.0), range(3)), generator(2)
        C = recorded.lagged_covariance(range(13))
        C = C / np.trace(C[0])
        (found,) = GeneralisedForcing(12, forcing).minima(recorded)
        for _ in range(8):
            start = random.normal(size=(3, 3))
            start *= random.uniform(0, 1) / np.abs(np.linalg.eigvals(start)).max()
            end = scipy.optimize.minimize(
                lambda A: forced_loss(A.reshape(3, 3), C, forcing), start.ravel(), jac=True, tol=1e-12
            )
            np.testing.assert_allclose(end.x.reshape(3, 3), found.propagator, atol=1e-3)


class TestWhatItIsGoodFor:
    @pytest.mark.parametrize("noise", [2.0, pytest.param(20.0, marks=pytest.mark.full)])
    def test_forcing_by_the_kalman_gain_undoes_observation_noise(self, noise):
        recorded = RecordedCircuit(LinearCircuit(0.9 * np.eye(2)), bin_size=1.0, observation_noise=noise)
        a, S = np.exp(-0.1), 10.0
        (P,) = scipy.linalg.solve_discrete_are([[a]], [[1.0]], [[S * (1 - a**2)]], [[noise]]).ravel()
        gain = P / (P + noise)
        found = [GeneralisedForcing(K, gain).fit(recorded).slowest() for K in (100, 200)]
        assert found[1] == pytest.approx(10.0, rel=0.1)
        assert 2 * found[1] - found[0] == pytest.approx(10.0, rel=0.01)  # less the start's share, O(1/K)
        shrunk = a * S / (S + noise)
        assert Autoregression().fit(recorded).slowest() == pytest.approx(-1 / np.log(shrunk), rel=1e-9)
        more, less = (GeneralisedForcing(200, f).fit(recorded).slowest() for f in (1.0, 0.7 * gain))
        assert more < 0.8 * found[1]
        assert abs(less - 10) > abs(2 * found[1] - found[0] - 10)

    def test_between_its_limits_it_is_too_slow_where_nothing_is_hidden(self):
        circuit = LinearCircuit(0.7 * generator(1).normal(size=(4, 4)) / 2)
        recorded = RecordedCircuit(circuit, bin_size=0.5)
        A, Q = circuit.discretise(0.5)
        for f in (0.0, 0.3, 0.8, 1.0):
            gradient = forced_loss(A, recorded.lagged_covariance(range(3)), f)[1].reshape(4, 4)
            np.testing.assert_allclose(gradient, -f * (1 - f) * A @ Q, atol=1e-12)
        truth, *found = (GeneralisedForcing(6, f).fit(recorded).slowest() for f in (1.0, 0.0, 0.5))
        assert truth == pytest.approx(found[0], rel=1e-5) and found[1] > 1.2 * truth

    def test_a_line_is_missed_less_and_a_chain_invents_less_than_by_one_step(self):
        line = RecordedCircuit(circuits.symmetric_line_attractor(100, slow=200.0), range(5))
        chain = RecordedCircuit(circuits.feedforward_chain(60, skip=1.0, rotated=True), range(6))
        student = GeneralisedForcing(20, 0.2)
        assert 200.0 > student.fit(line).slowest() > 5 * Autoregression().fit(line).slowest()
        assert 1.0 < student.fit(chain).slowest() < 0.5 * Autoregression().fit(chain).slowest()


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ProblemError, match=r"forcing = 1\.5"):
        GeneralisedForcing(3, 1.5).fit(CHAIN)
    with pytest.raises(ProblemError, match="window = 0"):
        GeneralisedForcing(0, 0.5).fit(CHAIN)
