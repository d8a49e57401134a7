"""What to do next: which neurons to record, and which pulse to give, against brute force."""

import itertools

import numpy as np
import pytest

from theory import circuits
from theory.circuits import LinearCircuit
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.partial_observation import (
    RecordedCircuit,
    best_pulse,
    choose_next_neurons,
    divergence_rate,
    markov_divergence_rate,
    markov_impostor,
    optimal_pulse,
    rank_next_neurons,
    response_difference,
)

CIRCUIT = LinearCircuit(0.5 * generator(3).normal(size=(8, 8)) / np.sqrt(8))


class TestNextNeurons:
    def test_order_is_that_of_the_spectra(self):
        """The filter's ranking is that of Itakura and Saito's integral in short bins."""
        found = rank_next_neurons(CIRCUIT, [0, 3])

        def rate(neuron):
            larger = [0, 3, neuron]
            impostor = RecordedCircuit(markov_impostor(CIRCUIT, larger), bin_size=0.02)
            return divergence_rate(RecordedCircuit(CIRCUIT, larger, bin_size=0.02), impostor) / 0.02

        by_spectra = [rate(int(neuron)) for neuron in found.neuron]
        np.testing.assert_allclose(by_spectra, found.rate, rtol=0.1)  # bins lower it a little
        assert int(np.argmax(by_spectra)) == 0
        np.testing.assert_allclose(found.time_needed * found.rate, 5.41, rtol=1e-3)

    def test_greedy_choice_is_no_better_than_the_best_pair_and_close_to_it(self):
        found = choose_next_neurons(CIRCUIT, [0], 2)
        pairs = {pair: markov_divergence_rate(CIRCUIT, [0, *pair]) for pair in itertools.combinations(range(1, 8), 2)}
        chosen = float(found.rate[-1])
        assert chosen == pytest.approx(pairs[tuple(sorted(found.neuron.values.tolist()))], rel=1e-8)
        assert 0.5 * max(pairs.values()) < chosen <= max(pairs.values()) * (1 + 1e-8)
        assert chosen > 1.5 * np.median(list(pairs.values()))

    def test_with_all_recorded_nothing_is_left_to_tell(self):
        found = choose_next_neurons(CIRCUIT, [0, 1, 2, 3, 4], 3)
        assert float(found.rate[-1]) == 0.0 and np.isinf(found.time_needed[-1])
        with pytest.raises(ProblemError, match="left"):
            rank_next_neurons(CIRCUIT, range(8))


class TestBestPulse:
    CHAIN, OBSERVED = circuits.feedforward_chain(20, skip=0.3), [0, 1, 2]

    def trials(self, e, time, noise):
        """Of a pulse with its own best readout: z^2 / (e^T M^T V^-1 M e)."""
        M = response_difference(self.CHAIN, self.OBSERVED, time)
        start, later = RecordedCircuit(self.CHAIN, self.OBSERVED, time, noise).lagged_covariance([0, 1])
        V = start - later @ np.linalg.inv(start) @ later.T
        return 3.2897**2 / (e @ M.T @ np.linalg.inv(V) @ M @ e)

    @pytest.mark.parametrize("noise", [0.0, 1.0])
    def test_no_direction_within_the_cost_and_no_time_needs_fewer_trials(self, noise):
        cost = np.linalg.inv(RecordedCircuit(self.CHAIN, self.OBSERVED).lagged_covariance([0])[0])
        times = np.geomspace(0.1, 30, 12)
        found = best_pulse(self.CHAIN, self.OBSERVED, times, 2.0, cost, noise)
        assert found.pulse @ cost @ found.pulse == pytest.approx(4.0)
        assert self.trials(found.pulse, found.time, noise) == pytest.approx(found.trials, rel=1e-4)
        random, root = np.random.default_rng(0), np.linalg.cholesky(np.linalg.inv(cost))
        directions = random.normal(size=(3000, 3))
        directions = 2.0 * directions / np.linalg.norm(directions, axis=1)[:, None] @ root.T
        others = min(self.trials(e, found.time, noise) for e in directions)
        assert found.trials <= others * (1 + 1e-6) < 1.02 * found.trials
        later = min(
            best_pulse(self.CHAIN, self.OBSERVED, [time], 2.0, cost, noise).trials for time in np.geomspace(0.1, 30, 60)
        )
        assert found.trials <= later * (1 + 1e-6) < 1.02 * found.trials

    def test_at_a_given_time_it_is_the_optimal_pulse_of_unit_norm(self):
        found = best_pulse(self.CHAIN, self.OBSERVED, [2.0])
        pulse, readout = optimal_pulse(self.CHAIN, self.OBSERVED, 2.0)
        assert abs(pulse @ found.pulse) == pytest.approx(1.0) and abs(readout @ found.readout) == pytest.approx(1.0)

    def test_trials_fall_as_the_square_of_the_amplitude_and_rise_with_noise(self):
        one, two = (best_pulse(self.CHAIN, self.OBSERVED, [1.0], a).trials for a in (1.0, 2.0))
        assert one == pytest.approx(4 * two)
        assert best_pulse(self.CHAIN, self.OBSERVED, [1.0], 1.0, None, 1.0).trials > one

    def test_wrong_cost_is_refused(self):
        with pytest.raises(ProblemError, match="cost"):
            best_pulse(self.CHAIN, self.OBSERVED, [1.0], cost=-np.eye(3))
