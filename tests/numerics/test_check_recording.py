"""What a recording alone says: real modes are seen, invented ones caught, and what cannot be told is said."""

import itertools

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import kstest

from numerics.checking.calibration import KINDS, calibrate, drawn_recording
from numerics.checking.persistence import memory, persistence
from numerics.checking.preparation import prepare
from numerics.checking.recording import check_recording
from numerics.checking.recording_calibration import judge, mode_rates, time_needed
from numerics.checking.recording_page import recording_page
from numerics.checking.recording_verdict import Mode, drift_warning
from numerics.checking.reversibility import reversibility
from numerics.checking.spectrum import Periodogram, autocorrelation, whittle_fit
from numerics.recordings import Recording, record
from paper_figures.program import main
from theory import circuits
from theory.circuits.timescales import persistent_from
from theory.errors import ProblemError

LINES = [kind for kind in KINDS if kind.startswith(("line", "symmetric"))]
CHAINS = [kind for kind in KINDS if kind.startswith("chain")]


@pytest.fixture(scope="module")
def chain():
    return drawn_recording("chain with skips .5", seed=3, fraction=0.1, samples=20_000)


@pytest.fixture(scope="module")
def line():
    return drawn_recording("line attractor, |l||r| = 3", seed=3, fraction=0.1, samples=20_000)


def test_invented_mode_is_caught(chain):
    report = check_recording(chain, time_constant=1.0)
    assert report.mode is Mode.INVENTED and report.reversibility.rejected
    assert report.claimed > 20  # fits would call it persistent; the truth has no mode slower than 1


def test_true_line_attractor_is_real(line):
    report = check_recording(line, time_constant=1.0)
    assert report.mode is Mode.REAL and report.persistence.memory > 200


def test_memory_that_a_chain_could_have_proves_no_mode(line):
    report = check_recording(line, time_constant=1.0, stages=2_000)
    assert report.mode is Mode.CANNOT_TELL


def test_nothing_is_claimed_of_uncoupled_neurons():
    report = check_recording(drawn_recording("uncoupled neurons", 0, 0.1, 20_000), time_constant=1.0)
    assert report.mode is Mode.NONE and not report.reversibility.rejected


def test_short_recording_cannot_tell(chain):
    report = check_recording(Recording(chain.activity[:, :300], 1.0), time_constant=1.0)
    assert report.mode is Mode.CANNOT_TELL and "too short" in report.reasons[0]


def test_drift_is_not_called_a_mode():
    noise = np.random.default_rng(0).normal(size=(4000, 3))
    report = check_recording(Recording(noise + np.linspace(0, 8, 4000)[:, None], 1.0))
    assert report.mode is Mode.CANNOT_TELL and any("drift" in reason for reason in report.reasons)


def test_one_jump_is_not_called_a_mode():
    """An electrode that moves, or one change of behaviour."""
    noise = np.random.default_rng(0).normal(size=(4000, 3))
    report = check_recording(Recording(noise + 2.0 * (np.arange(4000) > 1500)[:, None], 1.0), time_constant=1.0)
    assert report.mode is Mode.CANNOT_TELL and any("single jump" in reason for reason in report.reasons)


def test_jumps_and_lines_explain_few_slow_modes():
    """The null of the warning: modes as slow as can be tried."""
    warned = 0
    for seed in range(40):
        slow = record(circuits.LinearCircuit([[1 - 1 / 100]]), 2_000, 1.0, seed=seed).centred()[:, :, 0]
        warned += bool(drift_warning(slow))
    assert warned <= 2


def test_slow_oscillation_is_not_called_invented():
    circuit = circuits.oscillating_circuit(60, frequency=0.05, timescale=100.0)
    report = check_recording(record(circuit, 10_000, 1.0, observed=range(12)), time_constant=1.0)
    assert report.persistence.rejected and report.mode is Mode.CANNOT_TELL
    assert any("swings back" in reason for reason in report.reasons)


def test_line_attractor_in_trials_shorter_than_its_memory_is_not_called_invented():
    recorded = record(circuits.symmetric_line_attractor(100, slow=100.0), 250, 1.0, trials=80, observed=range(12))
    report = check_recording(recorded, time_constant=1.0)
    assert report.mode is not Mode.INVENTED
    levels = np.random.default_rng(0).normal(size=(80, 1, 1))  # of excitability, say: locked to no time in the trial
    report = check_recording(Recording(recorded.activity + 3 * levels, 1.0), time_constant=1.0)
    assert report.mode is Mode.CANNOT_TELL and any("longer trials" in reason for reason in report.reasons)


def test_slow_mode_that_noise_hides_from_fits_is_not_denied():
    slow = record(circuits.LinearCircuit([[1 - 1 / 60]]), 20_000, 1.0).centred()[0, :, 0] / np.sqrt(60)
    noise = np.random.default_rng(0).normal(size=(20_000, 12))
    report = check_recording(Recording(slow[:, None] + 5 * noise, 1.0), time_constant=1.0)
    assert report.claimed < 10 < report.persistence.memory and report.mode is Mode.CANNOT_TELL


def test_memory_of_an_indicator_is_no_mode():
    """Fast neurons through a decay of .66 s, frames of 33 ms: real to whoever does not give the indicator."""
    fast = record(circuits.random_circuit(60, 0.3), 10_000, 1.0, observed=range(12)).activity[0]
    seen = lfilter([1.0], [1.0, -np.exp(-1 / 20)], fast, axis=0)
    seen += 0.3 * seen.std() * np.random.default_rng(0).normal(size=seen.shape)
    recording = Recording(seen, 0.033)
    blind = check_recording(recording, time_constant=0.003)
    assert blind.mode is Mode.REAL and "indicator" in blind.reasons[-1]
    assert check_recording(recording, time_constant=0.003, indicator_decay=0.66).mode is Mode.NONE


def test_line_attractor_is_real_through_an_indicator(line):
    seen = lfilter([1.0], [1.0, -np.exp(-1 / 10)], line.activity[0], axis=0)
    report = check_recording(Recording(seen, 1.0), time_constant=1.0, indicator_decay=10.0)
    assert report.mode is Mode.REAL


def test_verdict_does_not_depend_on_units_of_time_or_activity(chain):
    scaled = Recording(1e-3 * chain.activity @ np.diag(np.geomspace(1, 50, chain.neurons)), 0.02)
    one, other = check_recording(chain, time_constant=1.0), check_recording(scaled, time_constant=0.02)
    assert other.mode is one.mode
    assert other.claimed == pytest.approx(0.02 * one.claimed, rel=1e-6)
    assert other.persistence.statistic == pytest.approx(one.persistence.statistic, rel=1e-3)


def test_expected_periodogram_of_an_exponential_is_the_sum_over_lags():
    samples, timescale = 41, 7.0
    angles = 2 * np.pi * np.arange(1, 21) / samples
    lags = np.arange(-samples + 1, samples)
    weights = (1 - np.abs(lags) / samples) * np.exp(-np.abs(lags) / timescale)
    expected = (weights * np.exp(-1j * np.outer(angles, lags))).sum(axis=1).real
    found = Periodogram.of(np.random.default_rng(0).normal(size=(1, samples)))
    at_first = [expected[f - 1 : e - 1].mean() for f, e in itertools.pairwise([*found.first, 21])]
    np.testing.assert_allclose(found.exponential(timescale), at_first, rtol=1e-12)


def test_bands_keep_the_power_of_all_frequencies():
    signal = np.random.default_rng(1).normal(size=(3, 1001))
    found = Periodogram.of(signal - signal.mean(axis=1, keepdims=True))
    centred = signal - signal.mean(axis=1, keepdims=True)
    assert 2 * found.power @ found.ordinates == pytest.approx(np.sum(centred**2), rel=1e-12)  # Parseval


def test_whittle_fit_is_the_maximum():
    signal = record(circuits.LinearCircuit([[0.9]]), 5_000, 1.0).centred()[:, :, 0]
    found = Periodogram.of(signal)
    terms = np.stack([found.exponential(10.0), found.exponential(2.0), np.ones(found.power.size)], axis=1)
    fit = whittle_fit(found, terms)

    def likelihood(weights):
        f = terms @ weights
        return -np.sum(found.ordinates * (np.log(f) + found.power / f))

    assert likelihood(fit.weights) == pytest.approx(fit.log_likelihood)
    for direction in np.random.default_rng(0).normal(size=(20, 3)):
        for step in (1e-2, -1e-2):
            assert likelihood(fit.weights * (1 + step * direction)) < fit.log_likelihood


def test_autocorrelation_is_the_sum_over_pairs():
    signal = np.random.default_rng(2).normal(size=(2, 50))
    direct = [np.sum(signal[:, k:] * signal[:, : 50 - k]) for k in range(6)]
    np.testing.assert_allclose(autocorrelation(signal, 5), np.array(direct) / direct[0], rtol=1e-10)


def test_white_noise_has_no_memory():
    assert memory(np.random.default_rng(3).normal(size=(1, 10_000)), 100) == 1


def test_one_mode_beside_fast_ones_is_kept_and_a_mode_within_the_gap_rejected():
    random = np.random.default_rng(0)

    def signal(timescales, weights, samples=20_000):
        parts = [record(circuits.LinearCircuit([[1 - 1 / t]]), samples, 1.0, seed=int(10 * t)) for t in timescales]
        parts = [part.centred()[:, :, 0] / part.activity.std() for part in parts]
        return sum(w * part for w, part in zip(weights, parts, strict=True)) + 0.2 * random.normal(size=(1, samples))

    assert not persistence(signal([50.0, 2.0], [1.0, 0.5]), 1.0).rejected
    # two slow modes, none ten times slower: at the test's level of one percent that takes a longer record
    assert persistence(signal([100.0, 20.0], [1.0, 1.5], samples=60_000), 1.0).rejected


@pytest.mark.parametrize("neurons", [2, 6])
def test_reversibility_p_value_is_uniform_in_detailed_balance(neurons):
    """Kolmogorov-Smirnov at 1 in 1000, and the control below."""
    p_values = []
    for seed in range(40):
        recording = record(circuits.symmetric_line_attractor(20, slow=20.0, seed=seed), 2_000, 1.0, seed=seed,
                           observed=range(neurons))  # fmt: skip
        x = recording.centred()
        p_values.append(reversibility(x, x[:, :, 0], 100.0).coherency_p_value)
    assert kstest(p_values, "uniform").pvalue > 1e-3


def test_rotation_is_not_reversible():
    circuit = circuits.oscillating_circuit(4, frequency=0.5, timescale=5.0)
    x = record(circuit, 2_000, 1.0).centred()
    assert reversibility(x, x[:, :, 0], 100.0).coherency_p_value < 0.005


def test_mixing_neurons_does_not_change_the_coherency(chain):
    x = chain.centred()[:, :4_000]
    mixed = x @ np.random.default_rng(0).normal(size=(x.shape[2], x.shape[2]))
    one, other = (reversibility(each, x[:, :, 0], 200.0).coherency_p_value for each in (x, mixed))
    assert one == other


def test_what_is_locked_to_trials_is_subtracted():
    random = np.random.default_rng(4)
    locked = np.cumsum(random.normal(size=(1, 200, 3)), axis=1)
    prepared, notes = prepare(Recording(locked + random.normal(size=(40, 200, 3)), 1.0))
    assert prepared.activity.std() == pytest.approx(1.0, rel=0.02) and "average over 40 trials" in notes[0]
    assert np.abs(prepared.activity.mean(axis=0)).max() < 1e-10


def test_response_to_inputs_is_subtracted():
    random = np.random.default_rng(5)
    inputs = random.normal(size=(1, 5_000, 1))
    driven = np.convolve(inputs[0, :, 0], np.exp(-np.arange(8) / 3))[:5_000]
    own = random.normal(size=(5_000, 2))
    prepared, notes = prepare(Recording(own + 3 * driven[:, None], 1.0, inputs))
    overlap = [np.corrcoef(prepared.activity[0, :, i], own[:, i])[0, 1] for i in range(2)]
    assert min(overlap) > 0.99 and "response to the inputs" in notes[0]


def test_response_to_inputs_is_subtracted_beside_the_average_over_trials():
    """With few trials a slow input's own average is not small: it must leave the inputs as it leaves the activity."""
    random = np.random.default_rng(7)
    inputs = lfilter([1.0], [1.0, -0.95], random.normal(size=(12, 400, 1)), axis=1)
    own = random.normal(size=(12, 400, 2))
    prepared, _ = prepare(Recording(own + 3 * inputs, 1.0, inputs))
    own -= own.mean(axis=0)
    assert min(np.corrcoef(prepared.activity[..., i].ravel(), own[..., i].ravel())[0, 1] for i in range(2)) > 0.99
    same = np.broadcast_to(inputs[:1], inputs.shape)
    assert "in every trial" in prepare(Recording(own + 3 * same, 1.0, same))[1][1]


def test_repeated_neurons_count_once():
    random = np.random.default_rng(6)
    prepared, notes = prepare(Recording(np.repeat(random.normal(size=(5_000, 3)), 2, axis=1), 1.0))
    assert prepared.neurons == 3 and "some repeat others" in notes[0]


@pytest.mark.parametrize("samples", [16, 31, 100, 450])
def test_page_of_any_length_of_recording_is_whole(samples, chain):
    report = check_recording(Recording(chain.activity[:, :samples], 1.0))
    text = recording_page(report, {}).html()
    assert report.mode.value in text and "</html>" in text


def test_neuron_that_is_silent_in_a_half_does_not_spoil_the_rest(line):
    """Electrodes fail, and neurons fall silent: fits of that half leave them out."""
    activity = line.activity[:, :8_000].copy()
    activity[:, 4_000:, 0] = 0.0
    report = check_recording(Recording(activity, 1.0), time_constant=1.0)
    assert report.mode is not Mode.INVENTED and report.persistence is not None
    assert np.isfinite(report.lags.parts[:2]).any() and np.isnan(report.lags.parts[2:]).all()
    activity[:, 4_000:] = 0.0
    with pytest.raises(ProblemError, match="nothing varies in one half"):
        check_recording(Recording(activity, 1.0), time_constant=1.0)


def test_persistent_is_one_definition_of_labels_and_checks(line):
    report = check_recording(line, time_constant=1.3)
    assert report.least == 1.3 * persistent_from() == 26.0
    assert circuits.symmetric_line_attractor(10, slow=persistent_from()).truth.kind == "line"
    assert circuits.symmetric_line_attractor(10, slow=0.99 * persistent_from()).truth.kind == "point"
    with_indicator = check_recording(line, time_constant=1.3, indicator_decay=5.0)
    assert with_indicator.least == persistent_from(1.3, 5.0) == 50.0


def test_too_few_samples_are_refused_with_their_number(chain):
    with pytest.raises(ProblemError, match="have 9 samples.* at least 16"):
        check_recording(Recording(chain.activity[:, :9], 1.0))


def test_command_writes_a_page_and_never_over_one(tmp_path, capsys, chain):
    file, page = tmp_path / "day.npz", tmp_path / "report.html"
    np.savez(file, activity=chain.activity[0], bin_size=1.0)
    arguments = ["check-recording", str(file), "--time-constant", "1", "--output", str(page)]
    assert main(arguments) == 0
    assert "(b) a persistent mode: invented" in capsys.readouterr().out
    written = page.read_text()
    assert "A persistent mode fitted to this recording would be invented" in written and written.count("<img") == 4
    assert main(arguments) == 1 and "nothing is overwritten" in capsys.readouterr().err
    assert page.read_text() == written


def test_command_refuses_what_is_no_recording(tmp_path, capsys):
    (tmp_path / "words.csv").write_text("once,upon\na,time\n")
    assert main(["check-recording", str(tmp_path / "words.csv"), "--bin-size", "1"]) == 1
    assert "words.csv" in capsys.readouterr().err
    assert main(["check-recording"]) == 1 and "name a file" in capsys.readouterr().err


@pytest.mark.parametrize("draws", [4, pytest.param(100, marks=pytest.mark.full)])
def test_rates_of_verdicts(draws):
    """Lines and controls are hardly ever called invented, chains nearly always; bounds are Wilson's."""
    kinds = [kind for kind in KINDS if draws > 4 or "timescale 100" not in kind]
    rates = {each.kind: mode_rates(each) for each in calibrate(judge, draws, kinds)}
    for kind in ["uncoupled neurons", *(kind for kind in LINES if kind in rates)]:
        assert rates[kind].interval("invented")[1] <= 0.05  # lower bound of the error rate
    for kind in CHAINS:
        assert rates[kind].interval("invented")[2] >= 0.8
        assert rates[kind].counts["real"] == 0


def test_one_cannot_tell_after_the_time_that_the_best_test_needs():
    kind = "chain with skips .25"
    _, longest = time_needed(kind, draws=1)
    assert mode_rates(calibrate(judge, 5, [kind], round(longest))[0]).counts["cannot tell"] == 5
