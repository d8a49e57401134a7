"""Processes with hidden states that imitate a recording, but for its slow mode: how close they come."""

import functools

import numpy as np
import pytest
import scipy.optimize

from theory import circuits
from theory.errors import ProblemError
from theory.partial_observation import (
    InnovationsModel,
    RecordedCircuit,
    canonical_model,
    divergence_rate,
    fast_impostor,
    line_impostor,
    markov_impostor,
)

CHAIN = RecordedCircuit(circuits.feedforward_chain(100), [0], bin_size=1.0)


@functools.cache
def chains_impostor(order):
    return fast_impostor(CHAIN, order, starts=2)


class TestInnovationsModel:
    MODEL = InnovationsModel([[0.8, 0.3], [0.0, 0.5]], [[0.4], [0.2]], [[1.0, 0.5]], [[0.7]], bin_size=0.5)

    def test_covariances_are_the_integral_of_the_spectrum(self):
        angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)  # exact but for .8^400
        spectrum = self.MODEL.spectrum(angles)[:, 0, 0]
        for lag in (0, 1, 5):
            expected = np.mean(spectrum * np.exp(1j * lag * angles)).real
            assert self.MODEL.lagged_covariance([lag]).item() == pytest.approx(expected, rel=1e-12)

    def test_canonical_model_of_its_own_order_is_itself(self):
        found = canonical_model(self.MODEL, 2, horizon=40)
        np.testing.assert_allclose(found.timescales(), self.MODEL.timescales(), rtol=1e-4)
        assert found.innovations.item() == pytest.approx(0.7, rel=1e-6)

    def test_growing_model_is_refused(self):
        with pytest.raises(ProblemError, match="below 1"):
            InnovationsModel([[1.2]], [[1.0]], [[1.0]], [[1.0]], bin_size=1.0)


class TestFastImpostor:
    def test_rate_is_that_of_another_quadrature(self):
        for order in (1, 2):
            found = chains_impostor(order)
            assert divergence_rate(CHAIN, found.model) == pytest.approx(found.rate, rel=1e-6)

    def test_one_state_is_the_best_of_all_of_its_kind_by_brute_force(self):
        line = RecordedCircuit(circuits.symmetric_line_attractor(20, slow=200.0), [0], observation_noise=0.5)

        def rate(parameters):
            a, k = parameters
            angles = np.pi * (np.arange(4000) + 0.5) / 4000
            f, z = rate.spectrum, np.exp(1j * angles)
            shape = np.abs(1 + k / (z - a)) ** 2
            # the best innovations' variance is the mean of f / shape
            return 0.5 * (np.log(np.mean(f / shape)) + np.mean(np.log(shape / f)))

        rate.spectrum = line.spectrum(np.pi * (np.arange(4000) + 0.5) / 4000)[:, 0, 0].real
        slowest = np.exp(-1 / 20.0)
        grid = ((-slowest, slowest), (-0.99, 0.99))
        best = scipy.optimize.brute(rate, grid, Ns=41, finish=None)
        best = scipy.optimize.minimize(rate, best, method="L-BFGS-B", bounds=[(-slowest, slowest), (-2, 2)]).fun
        found = fast_impostor(line, 1, starts=2)
        assert found.rate == pytest.approx(best, rel=1e-4)
        assert found.model.timescales()[0] <= 20.0

    def test_two_hidden_states_come_a_hundred_times_closer_than_the_markov_impostor(self):
        markov = divergence_rate(CHAIN, RecordedCircuit(markov_impostor(CHAIN.circuit, [0])))
        assert markov > chains_impostor(1).rate > 100 * chains_impostor(2).rate
        assert markov / chains_impostor(2).rate == pytest.approx(156, rel=0.02)  # found by six starts as well

    def test_no_disturbance_of_it_comes_closer(self):
        best = chains_impostor(2)
        random = np.random.default_rng(0)
        for size in (1e-3, 1e-2):
            for _ in range(10):
                A, K, C = (
                    matrix * (1 + size * random.normal(size=matrix.shape))
                    for matrix in (best.model.propagator, best.model.gain, best.model.readout)
                )
                other = InnovationsModel(A, K, C, best.model.innovations, 1.0)
                assert divergence_rate(CHAIN, other) > best.rate

    def test_circuit_that_is_among_them_has_a_perfect_one(self):
        circuit = circuits.random_circuit(2, gain=0.5)
        assert fast_impostor(RecordedCircuit(circuit, [0, 1]), 2, starts=1).rate < 1e-12


class TestLineImpostor:
    def test_has_one_slow_mode_of_its_share_and_the_rate_it_says(self):
        found = line_impostor(CHAIN, 2, share=0.5, starts=2)
        slow, next_slow = found.model.timescales()
        assert slow >= 20.0 * (1 - 1e-12) and slow >= 10 * next_slow * (1 - 1e-12)
        assert divergence_rate(CHAIN, found.model) == pytest.approx(found.rate, rel=1e-6)
        values, vectors = np.linalg.eig(found.model.propagator)
        i = int(np.argmax(values.real))
        c = (found.model.readout @ vectors)[0, i]
        k = (np.linalg.inv(vectors) @ found.model.gain)[i, 0]
        variance = k**2 * found.model.innovations.item() / (1 - values[i] ** 2)
        assert c**2 * variance >= 0.5 * CHAIN.lagged_covariance([0]).item() * (1 - 1e-9)

    def test_a_single_state_at_the_edge_is_the_best_by_brute_force(self):
        """One state of 20 time constants: only its gain and the innovations are free."""
        found = line_impostor(CHAIN, 1, share=0.01, starts=2)
        angles = np.pi * (np.arange(4000) + 0.5) / 4000
        f, z = CHAIN.spectrum(angles)[:, 0, 0].real, np.exp(1j * angles)

        def rate(parameters):
            timescale, k = parameters
            shape = np.abs(1 + k / (z - np.exp(-1 / timescale))) ** 2
            return 0.5 * (np.log(np.mean(f / shape)) + np.mean(np.log(shape / f)))

        bounds = [(20.0, 200.0), (0.01, 2.0)]
        starts = [(20.0, 0.3), (20.0, 1.0), (60.0, 0.9)]
        best = min(scipy.optimize.minimize(rate, x, method="L-BFGS-B", bounds=bounds).fun for x in starts)
        assert found.rate == pytest.approx(best, rel=1e-4)

    def test_what_is_no_recorded_circuit_is_refused(self):
        with pytest.raises(ProblemError, match="RecordedCircuit"):
            line_impostor(CHAIN.circuit, 2)
