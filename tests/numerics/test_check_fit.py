"""What a fit may claim: true line attractors pass, invented modes are caught, and wrong files are refused in words."""

import dataclasses

import numpy as np
import pytest

from numerics.checking.calibration import KINDS, Rates, calibrate
from numerics.checking.fit import Finding, check_fit
from numerics.checking.fit_calibration import FIRST_SEED, judge
from numerics.checking.fit_words import page
from numerics.checking.recording import check_recording
from numerics.checking.surrogates import surrogate_autocorrelations
from numerics.checking.weights import Weights, load_weights
from numerics.recordings import Recording, arrays, record
from paper_figures.program import main
from theory import circuits
from theory.errors import ProblemError, UnstableSystemError
from theory.students import Autoregression

FEW = 40  # surrogates: as many as the levels of the tests need


def recorded(circuit, samples=8000, seed=0):
    return record(circuit, samples, 1.0, observed=range(10), seed=seed)


def fitted(recording) -> Weights:
    return Weights(propagator=Autoregression().fit(recording).propagator, time_constant=1.0)


@pytest.fixture(scope="module")
def chain():
    # for as long as the check's rates are measured: at 8,000 bins one chain in several cannot be told
    return recorded(circuits.feedforward_chain(100, skip=1.0, rotated=True), samples=20_000)


@pytest.fixture(scope="module")
def line():
    return recorded(circuits.non_normal_line_attractor(100, 3.0, slow=200.0))


def test_mode_that_hidden_neurons_made_is_explained_by_them(chain):
    report = check_fit(chain, fitted(chain), surrogates=FEW)
    assert report.finding is Finding.EXPLAINED and report.claimed > 20
    # the chain has 100 stages, and its memory can be no longer
    assert report.persistence.rejected and report.persistence.memory < 100
    assert report.modes[0].supported == pytest.approx(report.claimed)  # covariances over one bin allow it


def test_memory_that_takes_a_longer_chain_than_possible_decides_nothing(chain):
    report = check_fit(chain, fitted(chain), stages=5, surrogates=FEW)
    assert report.finding is Finding.UNDECIDED and report.contradicted and report.persistence.memory > 5
    assert "a longer chain" in str(report) and "more than a feedforward chain of 5 stages" in str(report)


@pytest.fixture(scope="module")
def line_report(line):
    return check_fit(line, fitted(line), surrogates=FEW)


def test_mode_of_a_line_attractor_is_not_refused(line_report):
    report = line_report
    assert report.finding in (Finding.SUPPORTED, Finding.UNDECIDED)
    assert report.impostors.unnoticed >= report.impostors.fewest
    # recorded autocorrelations start on the claim: the regression has the recording's covariance at one bin
    assert report.memory.recorded[0] == pytest.approx(np.exp(-1.0 / report.claimed), abs=1e-3)
    assert report.bounds[0] <= report.claimed <= report.bounds[1] * (1 + 1e-9)


def test_one_who_records_nearly_everything_may_claim_what_others_cannot(line, line_report):
    """The same recording and fit: only what the user vouches for differs."""
    assert line_report.finding is Finding.UNDECIDED and line_report.vouched == 0.1
    assert check_fit(line, fitted(line), fraction=0.9, surrogates=FEW).finding is Finding.SUPPORTED


def test_claim_above_the_bound_is_not_supported():
    """Leaky neurons, and weights that claim a mode of 200 time constants which is nowhere in the recording."""
    recording = recorded(circuits.uncoupled(10))
    weights = Weights(propagator=np.diag([np.exp(-1 / 200), *[np.exp(-1.0)] * 9]), time_constant=1.0)
    report = check_fit(recording, weights, surrogates=FEW)
    assert report.finding is Finding.UNSUPPORTED
    assert report.modes[0].supported == pytest.approx(1.0, abs=0.1) and report.bounds[1] < 1.5


def test_fit_without_a_slow_mode_claims_nothing():
    recording = recorded(circuits.uncoupled(10))
    assert check_fit(recording, fitted(recording)).finding is None


def test_recording_shorter_than_the_claim_decides_nothing(line):
    short = Recording(line.activity[:, :300], 1.0)
    weights = Weights(propagator=np.diag([np.exp(-1 / 5000), *[np.exp(-1.0)] * 9]), time_constant=1.0)
    assert check_fit(short, weights, surrogates=FEW).finding is Finding.UNDECIDED


def test_three_ways_to_give_weights_are_one():
    W = np.array([[0.5, 0.2], [0.0, -0.3]])
    drift = (W - np.eye(2)) / 5.0
    first, second = Weights(W=W, time_constant=5.0), Weights(drift=drift)
    np.testing.assert_allclose(first.over(0.7), second.over(0.7), rtol=1e-14)
    half = Weights(propagator=second.over(0.35)).over(0.35)
    np.testing.assert_allclose(half @ half, first.over(0.7), rtol=1e-13)


def test_order_of_rows_does_not_matter_and_hidden_rows_are_allowed(chain):
    order = np.random.default_rng(0).permutation(10)
    weights = fitted(chain)
    shuffled = Weights(propagator=weights.propagator[np.ix_(order, order)], neurons=order, time_constant=1.0)
    reports = [check_fit(chain, each, surrogates=FEW) for each in (weights, shuffled)]
    np.testing.assert_allclose(reports[1].memory.recorded, reports[0].memory.recorded, rtol=1e-7)
    np.testing.assert_allclose(reports[1].covariance_errors, reports[0].covariance_errors, rtol=1e-7, atol=1e-12)
    hidden = np.zeros((11, 11))
    hidden[:10, :10] = weights.propagator
    seen = np.append(np.arange(10), -1)
    # a silent hidden row changes nothing of the fit's modes
    silent = check_fit(chain, Weights(propagator=hidden, neurons=seen, time_constant=1.0), surrogates=FEW)
    assert silent.claimed == pytest.approx(reports[0].claimed) and silent.finding is Finding.EXPLAINED


def test_surrogates_have_the_autocorrelation_they_were_given():
    """A moving average: known exactly, and zero beyond its end."""
    r, lags = np.array([1.0, 0.4]), np.array([1, 2, 5])
    found = surrogate_autocorrelations(r, trials=3, samples=2000, lags=lags, number=200, seed=0)
    # Bartlett: a sample autocorrelation scatters by about sqrt((1 + 2 r^2) / 6000) = .015; means of 200, by .001
    np.testing.assert_allclose(found.mean(0), [0.4, 0.0, 0.0], atol=0.004)
    assert found[:, 2].std() == pytest.approx(np.sqrt((1 + 2 * 0.4**2) / 6000), rel=0.2)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (dict(), "exactly one"),
        (dict(propagator=np.eye(2), drift=np.eye(2)), "exactly one"),
        (dict(propagator=np.ones((2, 3))), "square"),
        (dict(propagator=[[np.nan]]), "not finite"),
        (dict(W=np.eye(2)), "time_constant"),
        (dict(propagator=0.5j * np.eye(2)), "complex"),
        (dict(propagator=np.array([["a", "b"]] * 2)), "must hold numbers"),
        (dict(propagator=np.full((2, 2), np.nan)), "4 entries that are not finite"),
        (dict(propagator=np.ones((2, 3))), "must be square"),
        (dict(propagator=np.zeros((0, 0))), "empty"),
        (dict(W=np.eye(2), time_constant=[1.0, 2.0]), "one number"),
        (dict(drift=-np.eye(2), neurons=[0.0, 1.0]), "whole number"),
        (dict(drift=-np.eye(2), neurons=[1, 1]), "more than one row"),
        (dict(drift=-np.eye(2), neurons=[-1, -1]), "hidden"),
        (dict(drift=-np.eye(2), noise=np.eye(3)), "2 x 2"),
        (dict(drift=-np.eye(2), noise=-np.eye(2)), "no covariance"),
    ],
)
def test_wrong_weights_are_refused_in_words(weights, words):
    with pytest.raises(ProblemError, match=words):
        Weights(**weights)


def test_weights_that_do_not_match_the_recording_are_refused(line):
    good = np.diag(np.linspace(0.1, 0.9, 10))
    with pytest.raises(UnstableSystemError, match="1.02"):
        check_fit(line, Weights(propagator=good + np.diag([0.92, *[0.0] * 9])))
    with pytest.raises(ProblemError, match="3 rows"):
        check_fit(line, Weights(propagator=good[:3, :3]))
    with pytest.raises(ProblemError, match="neuron 17"):
        check_fit(line, Weights(propagator=good[:3, :3], neurons=[0, 1, 17]))
    unseen = np.zeros((11, 11))
    unseen[:10, :10], unseen[10, 10] = 0.5 * np.eye(10), 0.999
    with pytest.raises(ProblemError, match="does not reach"):
        check_fit(line, Weights(propagator=unseen, neurons=[*range(10), -1], time_constant=1.0))
    with pytest.raises(ProblemError, match="bins of 0.5"):
        check_fit(line, Weights(propagator=good, bin_size=0.5))
    with pytest.raises(ProblemError, match="forgets everything"):
        check_fit(line, Weights(drift=-1e3 * np.eye(10)))
    with pytest.raises(ProblemError, match="do not vary"):
        check_fit(line, Weights(propagator=good, noise=np.zeros((10, 10))))
    for wrong in (1e9, 1e-9):
        with pytest.raises(ProblemError, match="the recording lasts 8e"):
            check_fit(line, Weights(propagator=good), time_constant=wrong)


@pytest.mark.parametrize(
    ("activity", "words"),
    [
        (lambda x: x[:, :15], "15 samples"),
        (lambda x: 1e200 * x, "another unit"),
        (lambda x: 1e-200 * x, "another unit"),
        (lambda x: (1e25 * x).astype(np.float32), "another unit"),
    ],
)
def test_recordings_that_cannot_be_checked_are_refused_in_words(line, activity, words):
    with pytest.raises(ProblemError, match=words):
        check_fit(Recording(activity(line.activity), 1.0), fitted(line))
    with pytest.raises(ProblemError, match=words):
        check_recording(Recording(activity(line.activity), 1.0))


def test_too_short_a_recording_cannot_support_what_its_covariances_do_not_allow():
    """Modes of ten bins, a claim of fifty, and too few bins to contradict it."""
    recording = record(circuits.LinearCircuit(-0.1 * np.eye(3)), 160, 1.0, seed=0)
    weights = Weights(propagator=np.diag([np.exp(-1 / 50), 0.9, 0.9]), time_constant=1.0)
    report = check_fit(recording, weights, fraction=0.9, surrogates=FEW)
    assert not report.contradicted and report.modes[0].supported < report.claimed / 2
    assert not report.memory.too_short and report.impostors.fraction < report.vouched  # nothing else stands against it
    assert report.finding is Finding.UNDECIDED and "allow this mode at most" in str(report)


def test_silent_hidden_row_has_its_place_on_the_page(line):
    hidden = np.zeros((11, 11))
    hidden[:10, :10] = fitted(line).propagator
    weights = Weights(propagator=hidden, neurons=np.append(np.arange(10), -1), time_constant=1.0)
    report = check_fit(line, weights, slow=1e4, surrogates=FEW)
    table = next(each for each in page(report, {}).sections if "covariances" in each.title).table
    assert report.finding is None and len(table.rows) == 8  # the slowest eight; the silent row is last
    assert np.isnan(report.modes[-1].supported) and report.modes[-1].timescale == 0.0


@pytest.mark.parametrize("command", ["check-fit", "check-recording"])
def test_reports_that_cannot_be_written_are_refused_in_one_paragraph(line, tmp_path, capsys, command):
    np.savez(tmp_path / "day.npz", activity=line.activity[:, :100], bin_size=1.0)
    np.savez(tmp_path / "fit.npz", propagator=fitted(line).propagator, time_constant=1.0)
    (tmp_path / "file").write_text("mine")
    files = [str(tmp_path / "day.npz"), str(tmp_path / "fit.npz")][: 2 if command == "check-fit" else 1]
    for output in (tmp_path, tmp_path / "file", tmp_path / "file" / "report.html", tmp_path / ("x" * 300)):
        assert main([command, *files, "--output", str(output)]) == 1
        assert capsys.readouterr().err.strip().count("\n") == 0
    assert (tmp_path / "file").read_text() == "mine"
    assert main([command, *files, "--spikes", "--output", str(tmp_path / "report.html")]) == 1
    assert "a table of spike times" in capsys.readouterr().err and not (tmp_path / "report.html").exists()


def test_wrong_files_are_refused_in_words(tmp_path):
    np.savez(tmp_path / "pickle.npz", propagator=np.array([{}], dtype=object))
    np.savez(tmp_path / "ambiguous.npz", A=np.eye(2))
    np.savez(tmp_path / "other.npz", weights=np.eye(2))
    (tmp_path / "model.pt").write_bytes(b"x")
    (tmp_path / "cut.npz").write_bytes(b"PK\x03\x04")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "words.txt").write_text("words")
    (tmp_path / "folder").mkdir()
    wrong = {
        "pickle.npz": "Export arrays",
        "ambiguous.npz": "either",
        "other.npz": "weights",
        "model.pt": "Export arrays",
        "cut.npz": "cannot be read",
        "absent.npz": "no file",
        "empty.npz": "0 bytes",
        "folder": "holds nothing",
        "words.txt": "ends in '.txt'",
    }
    for name, words in wrong.items():
        with pytest.raises(ProblemError, match=words):
            load_weights(tmp_path / name)


@pytest.mark.parametrize("name", ["fit.npz", "propagator.npy"])
def test_weights_larger_than_memory_are_refused_before_they_are_read(tmp_path, monkeypatch, name):
    np.savez(tmp_path / "fit.npz", propagator=0.5 * np.eye(3))
    np.save(tmp_path / "propagator.npy", 0.5 * np.eye(3))
    assert load_weights(tmp_path / name).rows == 3
    monkeypatch.setattr(arrays, "_SHARE", 1e-12)
    with pytest.raises(ProblemError, match="GiB in memory"):
        load_weights(tmp_path / name)


def test_drift_that_overflows_is_refused_in_words():
    with pytest.raises(UnstableSystemError, match="grows by inf"):
        Weights(drift=1e5 * np.eye(2)).over(1.0)


def test_command_writes_one_page_and_overwrites_nothing(chain, tmp_path, capsys):
    np.savez(tmp_path / "day.npz", activity=chain.activity[:, :2000], bin_size=1.0)
    np.savez(tmp_path / "fit.npz", propagator=fitted(chain).propagator, time_constant=1.0)
    output = tmp_path / "report.html"
    files = [str(tmp_path / "day.npz"), str(tmp_path / "fit.npz")]
    assert main(["check-fit", *files, "--output", str(output)]) == 0
    assert "The report" in capsys.readouterr().out
    text = output.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 2 and "http" not in text
    assert main(["check-fit", *files, "--output", str(output)]) == 1
    assert "--overwrite" in capsys.readouterr().err and output.read_text(encoding="utf-8") == text
    assert main(["check-fit", files[0]]) == 1


@pytest.mark.parametrize("draws", [2, pytest.param(60, marks=pytest.mark.full)])
def test_line_attractors_with_memory_that_a_chain_could_have_are_not_explained_away(draws):
    """Bounds are Wilson's; the control are chains, which must be."""
    lines = [kind for kind in KINDS if "timescale" in kind and (draws > 2 or kind.endswith("50, |l||r| = 10"))]
    chain = "chain with skips .5"
    rates = {each.kind: each for each in calibrate(judge, draws, [*lines, chain], first_seed=FIRST_SEED)}
    for kind in lines:
        wrong = sum(rates[kind].counts.get(each.value, 0) for each in (Finding.EXPLAINED, Finding.UNSUPPORTED))
        assert Rates(kind, {"wrong": wrong, "right": draws - wrong}).interval("wrong")[1] <= 0.05
    assert rates[chain].interval(Finding.EXPLAINED.value)[2] >= 0.8


@pytest.mark.parametrize("finding", [None, *Finding])
def test_every_verdict_has_its_words(line_report, finding):
    changed = dataclasses.replace(line_report, finding=finding)
    guessed = dataclasses.replace(changed, unit_given=False)
    assert "--time-constant" in str(guessed) and "--time-constant" not in str(changed)
    assert str(changed).startswith(page(changed, {}).verdict.sentence) and len(str(changed)) > 150
