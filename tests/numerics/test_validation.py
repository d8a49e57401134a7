"""Validation: a right claim agrees, a wrong one does not, and a blunt experiment says so."""

import dataclasses

import numpy as np
import pytest

from numerics import claims, validation
from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from numerics.ledger import ledger
from numerics.results import ResultStore
from numerics.validation import validate
from theory.derivation import derive
from theory.errors import ProblemError


class SmallLoss(Claim):
    """The loss of four small networks against the exact reduction."""

    name = "small_loss"
    sentence = "The loss follows the confined equations."
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "a theory wrong by five percent"
    headline = "loss half-way"
    reference = "test"
    error = 0.0
    rival_error = 0.05

    def trials(self, scale):
        problem = integrator_problem(0.4, 0.1)
        return [
            Trial(step, Experiment(problem, 8, 4, training_time=6.0, records=7, step_size=step))
            for step in (0.2, 0.1, 0.05)
        ]

    def measured(self, experiment, networks):
        return networks.loss.values

    def predicted(self, experiment):
        return self._solved(experiment) * (1 + self.error)

    def rival(self, experiment):
        return self._solved(experiment) * (1 + self.rival_error)

    def _solved(self, experiment):
        dynamics = derive(experiment.problem)
        paths = [
            dynamics.solve(experiment.training_time, experiment.width, seed, experiment.records)
            for seed in range(experiment.seeds)
        ]
        return np.stack([path.loss.values for path in paths])

    def summary(self, values):
        return float(values[:, 3].mean())


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return ResultStore(tmp_path_factory.mktemp("results"))


def quiet(_):
    """No report."""


def test_right_claim_agrees_and_its_control_is_rejected(store):
    report = validate(SmallLoss(), store=store, report=quiet)
    assert report.verdict == "agrees", str(report)
    assert report.control.rejected
    assert "agrees" in str(report) and "control" in str(report)


def test_wrong_claim_disagrees(store):
    claim = SmallLoss()
    claim.error = 0.01
    assert validate(claim, store=store, report=quiet).verdict == "disagrees"


def test_claim_whose_control_passes_is_underpowered(store):
    claim = SmallLoss()
    claim.rival_error = 0.0
    assert validate(claim, store=store, report=quiet).verdict == "underpowered"


def test_second_validation_trains_nothing(store, monkeypatch):
    first = validate(SmallLoss(), store=store, report=quiet)

    def refuse(*_, **__):
        raise AssertionError("trained although the result is on disk")

    monkeypatch.setattr("numerics.experiment.simulate", refuse)
    assert validate(SmallLoss(), store=store, report=quiet).judgement == first.judgement


def test_report_draws_and_ledger_prints(store, capsys):
    import matplotlib

    matplotlib.use("Agg")
    report = validate(SmallLoss(), store=store, report=quiet)
    axes = report.plot()
    assert axes.get_xlabel() == "Runge-Kutta step"
    ledger([report])
    printed = capsys.readouterr().out
    assert "small_loss" in printed and "agrees" in printed


def test_what_is_not_a_claim_or_a_scale_is_refused(store):
    with pytest.raises(ProblemError, match="takes a Claim"):
        validate("integrator_outlier", store=store)
    with pytest.raises(ProblemError, match="quick, paper"):
        validate(SmallLoss(), scale="huge", store=store)


@pytest.mark.parametrize("name", claims.__all__)
def test_every_shipped_claim_has_trials_enough_to_be_judged(name):
    claim = getattr(claims, name)
    assert claim.name == name
    least = 3 if claim.kind == "exact" else 4
    for scale in validation.SCALES:
        groups = {}
        for trial in claim.trials(scale):
            groups.setdefault(trial.group, []).append(trial.parameter)
        assert all(len(set(parameters)) >= least for parameters in groups.values())


# what takes half a minute or more
SLOW = {"gated_gradients", "oscillator_pair", "random_recurrence", "transverse_escape"}
SLOW |= {"designed_metric", "plateau_length", "rank_one_plateau", "relearning", "symmetry_breaking"}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.full] if n in SLOW else []) for n in claims.__all__]
)
def test_every_shipped_claim_measures_what_it_and_its_control_predict(name, store):
    """Shapes that fit, numbers that are finite, and a control that says something else, on a shrunken experiment."""
    claim = getattr(claims, name)
    trial = claim.trials("quick")[0]
    training = hasattr(trial.experiment, "width")
    small = dataclasses.replace(trial.experiment, **({"width": 16, "seeds": 2} if training else {"draws": 2}))
    measured = claim.measured(small, small.run(store, progress=False))
    predicted, rival = claim.predicted(small), claim.rival(small)
    assert measured.shape == predicted.shape == rival.shape
    assert np.isfinite(measured).any() and np.isfinite(claim.summary(predicted))
    assert not np.allclose(predicted, rival, equal_nan=True, rtol=1e-9)


def test_interrupted_sweep_keeps_what_was_finished(tmp_path, monkeypatch):
    from numerics import computation
    from numerics import experiment as module

    problem = integrator_problem(0.4, 0.1)
    batch = [Experiment(problem, width, 2, training_time=2.0, records=3) for width in (4, 8, 8)]
    store, real, calls = ResultStore(tmp_path), module.simulate, []

    def interrupted(problem, width, *rest, **options):
        calls.append(width)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(problem, width, *rest, **options)

    monkeypatch.setattr(module, "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        computation.run_all(batch, store, quiet)
    lines = []
    computation.run_all(batch, store, lines.append)
    assert sorted(calls) == [4, 8, 8]  # the first was kept; the duplicate was never run
    assert "1 found, 1 to run" in lines[0]
