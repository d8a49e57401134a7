"""Fittings: what they keep is what record and fit give, killed ones go on, and each is found again."""

import dataclasses

import numpy as np
import pytest

from numerics import fitting as module
from numerics.computation import run_all, share
from numerics.fitting import Fitting
from numerics.recordings import record
from numerics.results import ResultStore
from theory import circuits, students
from theory.errors import ProblemError
from theory.partial_observation import RecordedCircuit, markov_student

LINE = Fitting(
    circuits.symmetric_line_attractor,
    {"neurons": 12, "slow": 40.0},
    fraction=0.5,
    samples=400,
    draws=3,
    lags=4,
)


def test_draws_are_recorded_and_fitted_each_with_its_own_circuit_neurons_and_noise(tmp_path):
    fits = LINE.run(ResultStore(tmp_path), progress=False)
    assert fits.timescale.shape == (3, 6) and fits.autocovariance.shape == (3, 5, 6)
    for draw in range(3):
        circuit = circuits.symmetric_line_attractor(12, slow=40.0, seed=draw)
        observed = fits.observed.values[draw]
        recording = record(circuit, 400, 1.0, observed=observed, seed=draw)
        fit = students.Autoregression().fit(recording)
        np.testing.assert_array_equal(fits.propagator.values[draw], fit.propagator)
        np.testing.assert_array_equal(fits.timescale.values[draw], fit.timescales())
        lagged = recording.lagged_covariance(range(5))
        np.testing.assert_array_equal(fits.autocovariance.values[draw], np.einsum("kii->ki", lagged))
    assert len({tuple(chosen) for chosen in fits.observed.values}) == 3


def test_endless_fitting_in_fine_bins_is_the_markov_student(tmp_path):
    """The propagator over a bin is `I + (A - I) bin + O(bin^2)`."""
    endless = dataclasses.replace(LINE, samples=None, bin_size=1e-4, lags=0)
    fits = endless.run(ResultStore(tmp_path), progress=False)
    found = np.eye(6) + (fits.propagator.values - np.eye(6)) / 1e-4
    expected = endless.of_each(lambda circuit, observed: markov_student(circuit, observed).recurrence)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def two_or_three(seed: int) -> circuits.LinearCircuit:
    """One neuron is driven by another, and in every second draw by a third of a timescale of its own."""
    third = 0.7 if seed % 2 else 0.0
    return circuits.LinearCircuit([[0.2, 1.0, third], [0.0, 0.5, 0.0], [0.0, 0.0, 0.8]])


def test_draws_with_different_numbers_of_states_are_refused(tmp_path):
    two_or_three.version = 1
    mixed = Fitting(two_or_three, observed=(0,), samples=None, draws=2, student=students.Subspace(3, horizon=5))
    with pytest.raises(ProblemError, match="2 to 3 states.*at most 2"):
        mixed.compute(progress=False, checkpoint=tmp_path / "fits.checkpoint")


def test_killed_fitting_goes_on_with_the_next_draw(tmp_path, monkeypatch):
    store, taken = ResultStore(tmp_path), []
    real = module.record
    monkeypatch.setattr("numerics.checkpoint.INTERVAL", 0.0)
    monkeypatch.setattr("numerics.checkpoint.SHARE", float("inf"))

    def watched(*arguments, seed, **options):
        taken.append(seed)
        if len(taken) == 3:
            raise KeyboardInterrupt
        return real(*arguments, seed=seed, **options)

    monkeypatch.setattr(module, "record", watched)
    with pytest.raises(KeyboardInterrupt):
        LINE.run(store, progress=False)
    fits = LINE.run(store, progress=False)
    assert taken == [0, 1, 2, 2]
    assert [file.suffix for file in tmp_path.iterdir()] == [".nc"]
    alone = LINE.run(ResultStore(tmp_path / "alone"), progress=False)
    np.testing.assert_array_equal(fits.propagator, alone.propagator)


def test_fittings_are_run_shared_out_and_found_like_experiments(tmp_path):
    needed = [LINE, dataclasses.replace(LINE, samples=800), LINE]
    lines, store = [], ResultStore(tmp_path)
    run_all(needed, store, lines.append)
    run_all(needed, store, lines.append)
    assert "2 to run" in lines[0] and "all found" in lines[1]
    assert {len(share(needed, task)) for task in ("1/2", "2/2")} == {1}


def test_circuit_that_takes_no_seed_or_has_one_is_the_same_in_every_draw():
    chain = Fitting(circuits.feedforward_chain, {"neurons": 5, "seed": 3, "rotated": True}, observed=(0,))
    np.testing.assert_array_equal(chain.circuit_of(0).recurrence, chain.circuit_of(1).recurrence)
    assert Fitting(circuits.uncoupled, {"neurons": 5}, observed=(0,)).circuit_of(7).neurons == 5
    assert isinstance(chain.endless(0), RecordedCircuit)


def own(neurons, seed):
    return circuits.random_circuit(neurons, seed=seed)


def test_circuit_of_the_users_needs_a_version_and_is_filed_under_it(monkeypatch):
    fitting = Fitting(own, {"neurons": 5}, observed=(0,))
    with pytest.raises(ProblemError, match="own.version = 1"):
        fitting.configuration()
    monkeypatch.setattr(own, "version", 2, raising=False)
    assert fitting.configuration()["circuit"]["version"] == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "observed=indices or fraction"),
        ({"observed": (0,), "fraction": 0.5}, "observed=indices or fraction"),
        ({"fraction": 1.5}, "1.5"),
        ({"fraction": 0.5, "student": students.Autoregression}, "theory.students"),
        ({"fraction": 0.5, "draws": 0}, "draws = 0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(wrong, message):
    with pytest.raises(ProblemError, match=message):
        Fitting(circuits.uncoupled, {"neurons": 5}, **wrong)
