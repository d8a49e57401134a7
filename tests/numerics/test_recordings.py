"""Recordings: exact at any bin size, the same whether streamed or not, and refused where they make no sense."""

import tracemalloc

import numpy as np
import pytest
import scipy.linalg

from numerics.recordings import Recording, record, sampling, stream
from theory import circuits
from theory.circuits import LinearCircuit
from theory.errors import ProblemError, UnstableSystemError
from theory.linear_recursion import driven_states

CHAIN = circuits.feedforward_chain(6, skip=0.5, rotated=True)
QUIET = LinearCircuit(CHAIN.recurrence, noise=1e-24, time_constant=2.0)


@pytest.mark.parametrize("trials", [1, 4])
@pytest.mark.parametrize("steps", [1, 2, 3, 17, 100, 101])
def test_blocks_side_by_side_are_the_steps_one_by_one(steps, trials):
    random = np.random.default_rng(steps)
    propagator, kicks, state = (random.normal(size=shape) for shape in ((3, 3), (trials, steps, 3), (trials, 3)))
    propagator = propagator / 3
    states, last = driven_states(propagator, kicks.copy(), state)
    for step in range(steps):
        np.testing.assert_allclose(states[:, step], state, atol=1e-12)
        state = state @ propagator.T + kicks[:, step]
    np.testing.assert_allclose(last, state, atol=1e-12)


@pytest.mark.parametrize("bin_size", [0.1, 1.0, 7.0])
def test_covariances_are_the_circuits_at_any_bin_size(bin_size):
    recording = record(CHAIN, 200_000, bin_size, observed=[0, 3], seed=1)
    expected = CHAIN.lagged_covariance(np.arange(4) * bin_size)[:, [0, 3]][:, :, [0, 3]]
    # samples as many as there are memories of about 5 in the recording
    scatter = np.abs(expected[0]).max() * np.sqrt(2 * max(5.0 / bin_size, 1.0) / 200_000)
    np.testing.assert_allclose(recording.lagged_covariance(range(4)), expected, atol=5 * scatter)


def test_stream_is_the_record_in_pieces(monkeypatch):
    monkeypatch.setattr(sampling, "CHUNK", 100)
    whole = record(CHAIN, 250, 0.5, trials=2, observation_noise=0.1, seed=4)
    pieces = list(stream(CHAIN, 250, 0.5, observation_noise=0.1, seed=4, trial=1))
    assert [len(piece) for piece in pieces] == [100, 100, 50]
    np.testing.assert_array_equal(np.concatenate(pieces), whole.activity[1])
    assert np.abs(whole.activity[0] - whole.activity[1]).min() > 0  # trials differ


def test_pieces_join_without_a_seam(monkeypatch):
    long = record(CHAIN, 60_000, 0.5, observed=[0], seed=2)
    monkeypatch.setattr(sampling, "CHUNK", 10)
    cut = record(CHAIN, 60_000, 0.5, observed=[0], seed=2)
    expected = CHAIN.lagged_covariance(np.arange(3) * 0.5)[:, 0, 0]
    for recording in (long, cut):
        np.testing.assert_allclose(recording.lagged_covariance(range(3))[:, 0, 0], expected, rtol=0.1)


def test_memory_does_not_grow_with_the_length():
    peaks = []
    for samples in (150_000, 600_000):
        tracemalloc.start()
        for _ in stream(CHAIN, samples, 1.0):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_given_start_decays_as_the_propagator_says():
    start = np.arange(6.0)
    activity = record(QUIET, 5, 0.7, start=start).activity[0]
    expected = [scipy.linalg.expm(QUIET.drift * 0.7 * n) @ start for n in range(5)]
    np.testing.assert_allclose(activity, expected, atol=1e-9)


def test_constant_input_is_integrated_exactly():
    drive = np.random.default_rng(0).normal(size=6)
    activity = record(QUIET, 400, 0.7, start=np.zeros(6), inputs=np.tile(drive, (400, 1))).activity[0]
    # (I - B) z = input at rest, and the way there is the integrated response
    rest = np.linalg.solve(np.eye(6) - QUIET.recurrence, drive)
    expected = [rest - scipy.linalg.expm(QUIET.drift * 0.7 * n) @ rest for n in (1, 3, 399)]
    np.testing.assert_allclose(activity[[1, 3, 399]], expected, atol=1e-9)


@pytest.mark.parametrize("sample", [0, 1, 7, 19])
def test_pulse_adds_to_the_state_at_its_sample(sample):
    jump = np.eye(6)[2]
    activity = record(QUIET, 20, 0.7, start=np.zeros(6), pulses={sample: jump}).activity[0]
    assert np.abs(activity[:sample]).max(initial=0.0) < 1e-9
    expected = [scipy.linalg.expm(QUIET.drift * 0.7 * n) @ jump for n in range(20 - sample)]
    np.testing.assert_allclose(activity[sample:], expected, atol=1e-9)


def test_pulse_and_input_in_a_later_piece(monkeypatch):
    jump, inputs = np.eye(6)[2], np.random.default_rng(1).normal(size=(40, 6))
    whole = record(QUIET, 40, 0.7, start=np.zeros(6), pulses={25: jump}, inputs=inputs).activity
    monkeypatch.setattr(sampling, "CHUNK", 8)
    pieces = record(QUIET, 40, 0.7, start=np.zeros(6), pulses={25: jump}, inputs=inputs).activity
    np.testing.assert_allclose(pieces, whole, atol=1e-9)


def test_observation_noise_adds_to_lag_zero_alone():
    recording = record(CHAIN, 100_000, 2.0, observed=[1], observation_noise=3.0)
    expected = CHAIN.lagged_covariance(np.arange(2) * 2.0)[:, 1, 1] + [3.0, 0.0]
    np.testing.assert_allclose(recording.lagged_covariance([0, 1])[:, 0, 0], expected, rtol=0.05)


def test_seed_decides_everything():
    one, same, other = (record(CHAIN, 50, 1.0, seed=seed).activity for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).min() > 0


def test_covariances_pair_samples_within_trials_only():
    activity = np.random.default_rng(0).normal(size=(3, 10, 2))
    recording = Recording(activity, 1.0)
    x = activity - activity.mean(axis=(0, 1))
    expected = sum(x[trial, 4 + n][:, None] * x[trial, n] for trial in range(3) for n in range(6)) / 18
    np.testing.assert_allclose(recording.lagged_covariance([4])[0], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recording([[1.0, 2.0]], 1.0), "at least two samples"),
        (lambda: Recording([[1.0, np.nan], [2.0, 3.0]], 1.0), "1 values that are not finite.*sample 0, column 1"),
        (lambda: Recording([[1.0, 5.0], [2.0, 5.0]], 1.0), "neuron 1 has the same value"),
        (lambda: Recording([["a", "b"]], 1.0), "real numbers"),
        (lambda: Recording(np.ones(5), 1.0), r"\(time, neuron\)"),
        (lambda: Recording([[1.0], [2.0]], 0.0), "bin_size"),
        (lambda: Recording([[1.0], [2.0]], 1.0, inputs=[[1.0]]), "1 samples"),
        (lambda: Recording([[1.0], [2.0]], 1.0).lagged_covariance([2]), "at most 1"),
        (lambda: record(CHAIN, 1, 1.0), "samples = 1"),
        (lambda: record(CHAIN, 5, -1.0), "bin_size = -1"),
        (lambda: record(CHAIN, 5, 1.0, observed=[6]), "neuron 6 does not exist"),
        (lambda: record(CHAIN, 5, 1.0, start=np.zeros(5)), "5 entries"),
        (lambda: record(CHAIN, 5, 1.0, inputs=np.zeros((4, 6))), r"\(5, 6\)"),
        (lambda: record(CHAIN, 5, 1.0, pulses={5: np.zeros(6)}), "at most 4"),
        (lambda: record(CHAIN, 5, 1.0, pulses={2: np.zeros(5)}), "a pulse has 5"),
        (lambda: record(CHAIN, 5, 1.0, seed=-1), "seed"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ProblemError, match=message):
        make()


def test_unstable_circuit_has_no_stationary_start_but_can_be_followed():
    unstable = LinearCircuit(np.array([[1.5]]))
    with pytest.raises(UnstableSystemError):
        record(unstable, 10, 1.0)
    assert np.isfinite(record(unstable, 10, 1.0, start=[1.0]).activity).all()


def test_recording_and_circuit_of_one_seed_share_no_random_numbers():
    """A state started along a line attractor's own direction would be some 7 standard deviations out at 50 neurons."""
    for seed in range(4):
        circuit = circuits.symmetric_line_attractor(50, slow=1000.0, seed=seed)
        start = record(circuit, 2, 1.0, seed=seed).activity[0, 0]
        values, vectors = np.linalg.eigh(circuit.covariance())
        assert abs(start @ vectors[:, -1]) < 4 * np.sqrt(values[-1])
