"""R5: whether r or r - 1 slow modes appear is decided by the state that trials start from."""

import numpy as np
import pytest

from numerics.recordings import Recording, record
from theory import circuits
from theory.circuits import LinearCircuit
from theory.circuits.covariance import propagator_and_noise
from theory.errors import ProblemError
from theory.partial_observation import (
    RecordedCircuit,
    RecordedTrials,
    released_line_timescale,
    released_timescales,
)
from theory.students import Autoregression, TeacherForced

NEURONS, OBSERVED, RANK, GAIN, BIN, SAMPLES, SLOW = 100, range(20), 3, 30.0, 0.1, 1000, 3.0
CIRCUIT = circuits.null_low_rank(NEURONS, RANK, GAIN, seed=3)
U = np.linalg.svd(CIRCUIT.recurrence)[0][:, :RANK]
V = CIRCUIT.recurrence.T @ U / GAIN


def starts() -> dict:
    """States to release the circuit from, and the number of slow modes that the theorem says are then seen."""
    random = np.random.default_rng(0)
    anywhere, along = random.normal(size=NEURONS), V @ random.normal(size=RANK)
    both = np.hstack([U, V])
    return {
        "anywhere": (anywhere, RANK - 1),
        "where it is driven": (U @ random.normal(size=RANK), RANK - 1),
        "where it drives": (along, RANK - 1),
        "where it drives, in hiding": (np.where(np.arange(NEURONS) < 20, 0.0, along), RANK),
        "where nothing follows": (anywhere - both @ (both.T @ anywhere), RANK),
        "at rest": (np.zeros(NEURONS), RANK),
    }


def slow_modes(recorded, student=None) -> int:
    return int(np.sum((student or Autoregression()).fit(recorded).timescales() > SLOW))


@pytest.mark.parametrize("name", starts())
def test_number_of_slow_modes_is_that_of_noisy_recordings_from_the_same_state(name):
    start, expected = starts()[name]
    recorded = RecordedCircuit(CIRCUIT, OBSERVED, BIN)
    assert released_timescales(recorded, start, SAMPLES).slow_modes(SLOW) == expected
    strong = 3e4 * start / max(1.0, np.linalg.norm(start))
    assert slow_modes(RecordedTrials(CIRCUIT, strong, SAMPLES, OBSERVED, BIN)) == expected
    for seed in range(2):
        recording = record(CIRCUIT, SAMPLES, BIN, observed=OBSERVED, start=strong, trials=6, seed=seed)
        assert slow_modes(recording) == expected
        # control: without the mean response of the trials the start is forgotten, and all modes are there
        assert slow_modes(Recording(recording.activity - recording.activity.mean(axis=0), BIN)) == RANK
    assert slow_modes(record(CIRCUIT, SAMPLES, BIN, observed=OBSERVED, trials=6)) == RANK  # from the stationary law


def test_theorem_gives_the_timescales_of_endless_long_trials():
    """Up to the mean over time, which a recording is freed from, and the noise's own start: of order 1 / samples."""
    recorded, gaps = RecordedCircuit(CIRCUIT, OBSERVED, BIN), []
    start = starts()["anywhere"][0]
    expected = np.sort(np.concatenate(released_timescales(recorded, start, SAMPLES)))
    for samples in (1000, 2000):
        trials = RecordedTrials(CIRCUIT, 1e6 * start, samples, OBSERVED, BIN)
        gaps.append(np.abs(np.sort(Autoregression().fit(trials).timescales()) / expected - 1).max())
    assert gaps[1] < 0.6 * gaps[0] < 0.06


def test_every_start_in_sight_hides_one_more_slow_mode():
    states = np.random.default_rng(1).normal(size=(4, NEURONS))
    recorded = RecordedCircuit(CIRCUIT, OBSERVED, BIN)
    found = [released_timescales(recorded, states[:k], 400) for k in (1, 2, 3, 4)]
    assert [release.slow_modes(SLOW) for release in found] == [2, 1, 0, 0]
    assert [release.of_response.size for release in found] == [2, 4, 6, 7]  # span U_o has three dimensions
    assert max(release.of_response.max() for release in found) < 1.01


def test_without_noise_starts_in_sight_show_no_slow_mode_and_starts_everywhere_show_all():
    silent = LinearCircuit(CIRCUIT.recurrence, noise=1e-18)
    state = starts()["anywhere"][0]
    released = RecordedTrials(silent, state, 400, OBSERVED, BIN).lagged_covariance([0, 1])
    left, sizes, _ = np.linalg.svd(released[0])
    assert sizes[2] < 1e-3 * sizes[1]  # a plane, but for the mean over time; on it:
    assert released_timescales(RecordedCircuit(silent, OBSERVED, BIN), state, 400).of_response.max() < 1.01
    everywhere = RecordedTrials(silent, 0 * state, 400, OBSERVED, BIN, start_covariance=np.eye(NEURONS))
    assert slow_modes(everywhere) == RANK


def test_weak_start_is_that_of_rest_and_the_student_may_be_trained_by_gradient():
    start = starts()["anywhere"][0] / np.linalg.norm(starts()["anywhere"][0])
    weak = RecordedTrials(CIRCUIT, 0.1 * start, SAMPLES, OBSERVED, BIN)
    strong = RecordedTrials(CIRCUIT, 3e3 * start, SAMPLES, OBSERVED, BIN)
    assert slow_modes(weak) == RANK and slow_modes(strong) == RANK - 1
    # gradient training learns the strong response first, then the slow fluctuations
    assert slow_modes(strong, TeacherForced(training_time=1e-3)) == 0
    assert slow_modes(strong, TeacherForced(training_time=1e3)) == RANK - 1


@pytest.mark.parametrize("ratio", [0.0, 1.0, 8.0])
def test_response_on_a_line_reads_as_its_mean_of_rise_and_fall(ratio):
    """One observed neuron, driven with ratio times its own start: the limit of short bins."""
    circuit = LinearCircuit(np.array([[0.0, 1.0], [0.0, 0.0]]))
    found = [
        released_timescales(RecordedCircuit(circuit, [0], h), [1.0, ratio], int(40 / h)).of_response[0]
        for h in (0.02, 0.01)
    ]
    extrapolated = 1 / (2 / found[1] - 1 / found[0])
    assert extrapolated == pytest.approx(released_line_timescale(ratio), rel=1e-3)


def test_driven_from_hiding_it_reads_as_an_integrator_up_to_the_bin():
    circuit = LinearCircuit(np.array([[0.0, 1.0], [0.0, 0.0]]))
    found = released_timescales(RecordedCircuit(circuit, [0], 0.1), [0.0, 1.0], 600).of_response[0]
    assert found == pytest.approx(0.1 / np.log(np.cosh(0.1)), rel=1e-9)
    assert found > 19


def test_finite_records_obey_the_lyapunov_identity_up_to_the_boundary_term():
    random, T = np.random.default_rng(2), 3.0
    circuit = LinearCircuit(0.5 * random.normal(size=(6, 6)))
    start, observed = np.outer(*[random.normal(size=6)] * 2), [0, 2, 3]
    nodes, weights = np.polynomial.legendre.leggauss(40)

    def covariance(time):
        propagator, noise = propagator_and_noise(circuit.drift, circuit.diffusion, time)
        return propagator @ start @ propagator.T + noise

    mean = sum(w / 2 * covariance(T * (1 + t) / 2) for t, w in zip(nodes, weights, strict=True))
    S, block = mean[np.ix_(observed, observed)], np.ix_(observed, observed)
    decay = np.eye(3) - np.linalg.solve(S, (circuit.recurrence @ mean)[block].T).T
    boundary = (covariance(T) - start)[block] / T
    np.testing.assert_allclose(decay @ S + S @ decay.T, 2 * np.eye(3) - boundary, atol=1e-10)


class TestRecordedTrials:
    def test_from_the_stationary_law_it_is_the_recorded_circuit(self):
        circuit = circuits.random_circuit(8, seed=1)
        trials = RecordedTrials(circuit, np.zeros(8), 9, [0, 3], 0.5, 0.2, start_covariance=circuit.covariance())
        expected = RecordedCircuit(circuit, [0, 3], 0.5, 0.2).lagged_covariance([0, 1, 4])
        np.testing.assert_allclose(trials.lagged_covariance([0, 1, 4]), expected, rtol=1e-12)

    def test_is_the_mean_over_many_recorded_trials(self):
        circuit, start = circuits.random_circuit(5, seed=1), np.arange(5.0)
        expected = RecordedTrials(circuit, start, 12, [0, 3], 0.5).lagged_covariance([0, 2])
        found = record(circuit, 12, 0.5, observed=[0, 3], start=start, trials=4000).lagged_covariance([0, 2])
        np.testing.assert_allclose(found, expected, atol=0.06)

    def test_refusals(self):
        with pytest.raises(ProblemError, match="2 neurons"):
            RecordedTrials(circuits.uncoupled(2), [0.0], 10)
        with pytest.raises(ProblemError, match="samples"):
            RecordedTrials(circuits.uncoupled(2), [0.0, 0.0], 1)
        with pytest.raises(ProblemError, match="start, 2"):
            released_timescales(RecordedCircuit(circuits.uncoupled(2)), [1.0, 0.0, 0.0], 10)
