"""Simulated networks move as the theory says, report what they are, and fail aloud."""

import dataclasses
import functools
import re

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.integrator_outlier import integrator_problem
from numerics.evaluators import Gramians, Moments, Sampled
from numerics.simulation import DivergenceWarning, TruncationWarning, simulate
from numerics.training import advance, training_keys
from theory import DiscreteTime, teachers
from theory.architectures import Architecture, Diagonal, Weight
from theory.derivation import derive
from theory.errors import NotDerivableError, ProblemError, UnstableSystemError
from theory.initialisations import Gaussian
from theory.learning_rules import GradientDescent, HeavyBall
from theory.objectives import FiniteWindow

# One size for (almost) all tests: another number of units, seeds or moments is another program to compile.
WIDTH, SEEDS, TIME, RECORDS = 8, 3, 8.0, 41
PROBLEM = integrator_problem(0.4, 0.1)
DESCENT = dataclasses.replace(PROBLEM, learning_rule=GradientDescent(0.1))
DIAGONAL = dataclasses.replace(PROBLEM, architecture=Diagonal())
OBSERVABLES = ("loss", "impulse_response", "transfer_function")


def run(problem=PROBLEM, **options):
    options = {"seeds": SEEDS, "training_time": TIME, "records": RECORDS, "progress": False} | options
    return simulate(problem, WIDTH, **options)


@functools.cache
def networks(step):
    return run(step_size=step, weights=True)


def predicted(problem=PROBLEM):
    """Theory's paths, one for each seed."""
    dynamics = derive(problem)
    return [dynamics.solve(TIME, WIDTH, seed, RECORDS) for seed in range(SEEDS)]


def gaps(found, paths, names=OBSERVABLES):
    """The largest difference from theory over seeds, for each observable, relative to its largest value."""
    return np.array(
        [
            max(np.abs(found[name].values[seed] - path[name].values).max() for seed, path in enumerate(paths))
            / np.abs(found[name].values).max()
            for name in names
        ]
    )


class TestAgainstTheory:
    """The exact reduction predicts every network; what is left is the step-size error, of known order."""

    def test_gradient_flow_follows_the_exact_reduction_at_fourth_order_in_the_step(self):
        errors = [gaps(networks(step), predicted()) for step in (0.1, 0.05, 0.025)]
        # corrections of the next order fall by half at each halving; another scheme would be off by one
        np.testing.assert_allclose(-np.diff(np.log2(errors), axis=0)[-1], 4.0, atol=0.35)
        assert np.max(errors[-1]) < 1e-6
        # the control: another draw's path is off by a part that no step size removes
        other = [gaps(networks(step), predicted()[::-1]) for step in (0.1, 0.025)]
        assert np.min(other) > 1e-2

    def test_outlying_pole_and_residue_follow_too(self):
        errors = []
        for step in (0.05, 0.025):
            valid = networks(step).pole_valid.values[..., 0]
            assert valid.sum() > valid.size / 2
            for name in ("pole", "residue"):
                expected = np.stack([path[name].values[:, 0] for path in predicted()])
                errors.append(np.abs(networks(step)[name].values[..., 0] - expected)[valid].max())
        assert np.max(errors[2:]) < 1e-5
        # fourth order halves to a sixteenth; where the pole has only just left, the gap to the leak divides
        assert errors[2] < errors[0] / 8 and errors[3] < errors[1] / 8

    def test_gradient_descent_follows_the_reduced_iteration_to_rounding(self):
        found = run(DESCENT)
        # both observe by moments that leave out 1e-10; the weights differ by the rounding of 80 steps
        assert np.max(gaps(found, predicted(DESCENT))) < 1e-11
        assert np.min(gaps(found, predicted())) > 1e-3  # the control: gradient flow is another path

    def test_discrete_teacher_is_learned_as_predicted(self):
        teacher = teachers.state_space([[0.6]], [[1.0]], [[1.0]], time=DiscreteTime())
        problem = dataclasses.replace(PROBLEM, teacher=teacher)
        found = run(problem, step_size=0.025)
        assert np.max(gaps(found, predicted(problem))) < 1e-6
        assert (found.loss[:, -1] < 1e-3 * found.loss[:, 0]).all()

    @pytest.mark.full
    def test_teacher_of_several_inputs_and_outputs_is_learned_as_predicted(self):
        """Two states, one input, two outputs: no pole is followed there, everything else is."""
        teacher = teachers.state_space([[-0.4, 0.1], [0.0, -0.6]], [[1.0], [0.5]], [[1.0, 0.0], [0.5, 1.0]])
        problem = dataclasses.replace(PROBLEM, teacher=teacher)
        found = run(problem, step_size=0.02)
        assert found.impulse_response.dims[-2:] == ("output", "input")
        assert found.impulse_response.shape[-2:] == (2, 1)
        assert "pole" not in found
        assert np.max(gaps(found, predicted(problem))) < 1e-5
        assert (found.loss[:, -1] < 0.1 * found.loss[:, 0]).all()

    @pytest.mark.full
    def test_loss_over_a_finite_window_is_learned_as_predicted(self):
        problem = dataclasses.replace(PROBLEM, objective=FiniteWindow(3.0))
        found = run(problem, step_size=0.05)
        assert np.max(gaps(found, predicted(problem), ("loss",))) < 1e-5
        assert np.max(gaps(found, predicted(), ("loss",))) > 1e-2  # the control: an infinite window
        assert (found.remainder == 0).all()  # no moments there


class TestSeeds:
    def test_seeds_trained_together_are_each_of_them_alone(self):
        for seed in range(SEEDS):
            alone = run(seeds=[seed], step_size=0.1)
            for name in OBSERVABLES:
                together = networks(0.1)[name].sel(seed=[seed])
                np.testing.assert_allclose(alone[name], together, rtol=1e-10, atol=1e-13)  # rounding

    def test_seeds_may_be_chosen_and_label_the_result(self):
        chosen = run(seeds=(7, 0, 2), step_size=0.1)
        assert chosen.seed.values.tolist() == [7, 0, 2]
        np.testing.assert_array_equal(chosen.loss.sel(seed=2), networks(0.1).loss.sel(seed=2))
        assert not np.allclose(chosen.loss.sel(seed=7), networks(0.1).loss.sel(seed=2), rtol=1e-3)

    def test_equal_calls_give_equal_networks(self):
        np.testing.assert_array_equal(run(step_size=0.1).loss, networks(0.1).loss)


class TestPrecision:
    def test_float32_stays_close_to_float64_and_is_recorded(self):
        single, double = run(step_size=0.1, weights=True, precision="float32"), networks(0.1)
        assert (single.attrs["precision"], double.attrs["precision"]) == ("float32", "float64")
        assert single.weights_recurrent.dtype == np.float32
        assert double.weights_recurrent.dtype == np.float64
        found = np.abs(single.loss - double.loss).max() / double.loss.max()
        # 80 steps of rounding 6e-8, amplified as the plateau is left (weights grow tenfold)
        assert 1e-12 < found < 1e-4


class TestRecords:
    def test_times_are_equally_spaced_from_zero_to_the_training_time(self):
        found = networks(0.1)
        np.testing.assert_allclose(found.training_time, np.linspace(0, TIME, RECORDS), atol=1e-12)
        assert found.attrs["steps"] * found.attrs["step_size"] == pytest.approx(TIME)
        assert found.attrs["width"] == WIDTH

    def test_step_is_shortened_so_that_records_fall_on_whole_steps(self):
        found = run(step_size=0.3, records=9)  # intervals of 1: four steps of 0.25
        assert found.attrs["step_size"] == pytest.approx(0.25)
        np.testing.assert_allclose(found.training_time, np.arange(9.0), atol=1e-12)

    def test_rule_with_a_step_of_its_own_keeps_it_and_records_the_nearest_whole_steps(self):
        rough = dataclasses.replace(PROBLEM, learning_rule=GradientDescent(0.3))
        found = run(rough, records=9)
        steps = found.training_time.values / 0.3
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-9)
        assert np.abs(steps * 0.3 - np.linspace(0, 8.1, 9)).max() <= 0.15 + 1e-9

    def test_finer_records_change_nothing_else(self):
        coarse = run(step_size=0.1, records=5)
        np.testing.assert_allclose(coarse.loss, networks(0.1).loss[:, ::10], rtol=1e-12)


@pytest.fixture(scope="module")
def recorded():
    """Network 1 while its pole is moving: where its loss is nearest to half."""
    loss = networks(0.1).loss.values[1]
    found = networks(0.1).sel(seed=1).isel(training_time=int(np.argmin(np.abs(loss - loss[0] / 2))))
    names = ("recurrent", "input", "readout")
    return found, {name: found[f"weights_{name}"].values for name in names}


class TestObservables:
    """What is reported is what the recorded weights say, by the plainest computation."""

    def test_weights_have_a_record_for_every_seed_and_time_and_start_from_the_draw(self):
        found = networks(0.1)
        shapes = {"recurrent": (8, 8), "input": (8, 1), "readout": (1, 8)}
        for name, shape in shapes.items():
            assert found[f"weights_{name}"].shape == (SEEDS, RECORDS, *shape)
            for seed in range(SEEDS):
                first = found[f"weights_{name}"].values[seed, 0]
                np.testing.assert_array_equal(first, PROBLEM.draw(WIDTH, seed)[name])
        assert not any(name.startswith("weights") for name in run(step_size=0.1))

    def test_loss_is_the_problems_loss_of_the_weights(self, recorded):
        found, weights = recorded
        assert float(PROBLEM.loss(weights)) == pytest.approx(float(found.loss), rel=1e-9)  # moments left out
        assert 0.05 < float(found.loss) / float(networks(0.1).loss[1, 0]) < 0.95  # while it moves

    def test_responses_are_those_of_the_students_system(self, recorded):
        found, weights = recorded
        system = PROBLEM.system(weights)
        response = system.impulse_response(found.lag.values)
        np.testing.assert_allclose(found.impulse_response, response, atol=1e-9)
        np.testing.assert_allclose(
            found.transfer_function, system.frequency_response(found.frequency.values), atol=1e-9
        )

    def test_pole_is_the_eigenvalue_farthest_from_the_leak_and_residue_its_weight(self, recorded):
        found, weights = recorded
        system = PROBLEM.system(weights)
        eigenvalues = np.linalg.eigvals(np.asarray(system.A))
        farthest = eigenvalues[np.argmax(np.abs(eigenvalues + 1))]
        pole = complex(found.pole.values[0])
        assert pole == pytest.approx(farthest, rel=1e-12)
        # H(s) (s - pole) tends to the residue as s does to the pole
        near = np.asarray(system.transfer_function([pole + 1e-7]))[0, 0, 0] * 1e-7
        assert complex(found.residue.values[0]) == pytest.approx(near, rel=1e-5)


class TestStability:
    """Theory tells the largest stable step before any network is trained."""

    @staticmethod
    def limit_in(message) -> float:
        return float(re.search(r"stability limit ([\d.e+-]+) of", message)[1])

    def trained_beyond_records(self, step):
        """Networks after 400 steps, without anyone looking at the step size."""
        draws = [PROBLEM.draw(WIDTH, seed) for seed in range(SEEDS)]
        start = {name: jnp.stack([draw[name] for draw in draws]) for name in draws[0]}
        parts = (PROBLEM.architecture, PROBLEM.learning_rule, PROBLEM.teacher.time, Moments(PROBLEM.teacher))
        random = training_keys(range(SEEDS)), jnp.asarray(0)
        end = advance(*parts, (start, ()), jnp.asarray(step), jnp.asarray(400), *random)[0]
        one = {name: values[0] for name, values in end.items()}
        return one

    def test_step_above_the_limit_is_refused_with_the_limit_and_one_below_it_trains(self):
        with pytest.raises(ProblemError, match="exceeds the stability limit") as refusal:
            run(step_size=5.0, training_time=40.0, records=5)
        limit = self.limit_in(str(refusal.value))
        found = run(step_size=0.98 * limit, training_time=40.0, records=5)
        assert float(found.loss[:, -1].max()) < 1e-6
        # the limit is one: networks settle just below it and do not above
        assert float(PROBLEM.loss(self.trained_beyond_records(0.95 * limit))) < 1e-6  # moments left out
        with pytest.raises((ProblemError, AssertionError)):
            assert float(PROBLEM.loss(self.trained_beyond_records(1.15 * limit))) < 1e-4

    @pytest.mark.parametrize("rule", [GradientDescent(1.5), HeavyBall(0.1, 1.5)], ids=str)
    def test_learning_rate_above_its_limit_is_refused_with_the_limit(self, rule):
        fast = dataclasses.replace(PROBLEM, learning_rule=rule)
        with pytest.raises(ProblemError, match="exceeds the stability limit") as refusal:
            run(fast, training_time=40.0)
        assert 0.1 < self.limit_in(str(refusal.value)) < 1.5

    def test_step_size_that_contradicts_the_rules_own_is_refused(self):
        with pytest.raises(ProblemError, match="step_size = 0.2 contradicts it"):
            run(DESCENT, step_size=0.2)

    def test_training_time_below_one_step_is_refused(self):
        with pytest.raises(ProblemError, match="less than one step of 0.1"):
            run(DESCENT, training_time=0.01)

    def test_unstable_draw_is_refused_by_its_seed(self):
        wild = dataclasses.replace(PROBLEM, initialisation=Gaussian(0.1, 0.1, 3.0))
        with pytest.raises(UnstableSystemError, match="draw of seed 0 is unstable.*recurrent_gain below 1"):
            run(wild, step_size=0.1)


FAST = dataclasses.replace(DIAGONAL, learning_rule=GradientDescent(1.0))


@pytest.fixture(scope="module")
def diverged():
    said = "1 of 3 networks diverged.*smaller step size"
    # the survivors come close to the edge of what moments resolve, and that is said too
    with pytest.warns(TruncationWarning), pytest.warns(DivergenceWarning, match=said):
        return run(FAST, seeds=(0, 3, 5), training_time=32.0, records=17)


class TestDivergence:
    """Independent units have no predicted limit: too large a learning rate is the user's to make."""

    def test_records_before_are_kept_and_those_after_are_marked(self, diverged):
        found = diverged
        lost = found.diverged.sel(seed=3).values
        assert not lost[:5].any() and lost[-1]
        assert (np.diff(lost.astype(int)) >= 0).all()  # who is lost stays lost
        np.testing.assert_array_equal(lost, np.isnan(found.loss.sel(seed=3)))
        assert np.isfinite(found.pole.sel(seed=3).values[~lost]).all()
        assert np.isnan(found.pole.sel(seed=3).values[lost]).all()
        assert not found.pole_valid.sel(seed=3).values[lost].any()

    def test_other_networks_are_not_touched(self, diverged):
        found = diverged
        assert not found.diverged.sel(seed=[0, 5]).any()
        with pytest.warns(TruncationWarning):
            without = run(FAST, seeds=(0, 1, 5), training_time=20.0, records=11)
        same = found.sel(seed=[0, 5]).isel(training_time=slice(0, 11))
        np.testing.assert_allclose(without.loss.sel(seed=[0, 5]), same.loss, rtol=1e-9)

    def test_all_networks_lost_ends_the_training_there(self):
        steep = dataclasses.replace(DIAGONAL, learning_rule=GradientDescent(50.0))
        with pytest.warns((DivergenceWarning, TruncationWarning)):
            found = run(steep, training_time=5000.0, records=11)
        assert found.diverged.values[:, -1].all() and not found.diverged.values[:, 0].any()
        assert found.sizes["training_time"] < 11
        assert found.attrs["steps"] * 50.0 == pytest.approx(float(found.training_time[-1]))


class TestTruncation:
    def test_too_few_moments_are_warned_of_and_enough_are_not(self):
        few = Moments(PROBLEM.teacher, tolerance=1e-2)
        with pytest.warns(TruncationWarning, match="the moments left out weigh 0.0.*Gramians"):
            blunt = run(step_size=0.1, evaluator=few)
        assert float(blunt.remainder.max()) > 1e-6 > float(networks(0.1).remainder.max())

    def test_exact_evaluator_needs_no_moments_and_gives_the_same(self):
        exact = run(step_size=0.1, evaluator=Gramians(PROBLEM.objective, PROBLEM.teacher))
        np.testing.assert_allclose(exact.loss, networks(0.1).loss, rtol=1e-6, atol=1e-9)
        assert (exact.remainder == 0).all()


class Symmetric(Architecture):
    """A user's own: symmetric recurrence."""

    def weights(self, width, inputs, outputs):
        return {
            "recurrent": Weight((width, width), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights, time):
        recurrent = (weights["recurrent"] + weights["recurrent"].T) / 2
        return time.state_matrix(recurrent), weights["input"], weights["readout"]


@pytest.mark.parametrize("architecture", [Diagonal(), Symmetric()], ids=str)
class TestOtherArchitectures:
    def test_training_lowers_the_loss_and_keeps_the_architecture(self, architecture):
        problem = dataclasses.replace(PROBLEM, architecture=architecture)
        found = run(problem, step_size=0.1, weights=True)
        assert (np.diff(found.loss, axis=1) < 0).all()  # gradient flow goes downhill
        assert (found.loss[:, -1] < 0.5 * found.loss[:, 0]).all()
        names = architecture.weights(WIDTH, 1, 1)
        last = {name: found[f"weights_{name}"].values[0, -1] for name in names}
        assert {name: value.shape for name, value in last.items()} == {n: w.shape for n, w in names.items()}
        assert float(problem.loss(last)) == pytest.approx(float(found.loss[0, -1]), rel=1e-8)

    def test_step_size_is_asked_for(self, architecture):
        problem = dataclasses.replace(PROBLEM, architecture=architecture)
        with pytest.raises(ProblemError, match=f"{architecture}: give simulate a step_size"):
            run(problem)
        with pytest.raises(NotDerivableError, match=f"the architecture is {architecture}, not FullRank"):
            derive(problem)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": 0}, "seeds = 0"),
        ({"seeds": -1}, "seeds = -1"),
        ({"seeds": 1.5}, "seeds must be a whole number; got 1.5"),
        ({"seeds": None}, "seeds must be a whole number; got None"),
        ({"seeds": "3"}, "seeds must be a whole number; got '3'"),
        ({"seeds": float("nan")}, "seeds must be a whole number; got nan"),
        ({"seeds": []}, "seeds must be different and at least one"),
        ({"seeds": [1, 1]}, r"seeds must be different.*\[1, 1\]"),
        ({"seeds": [0, 1.5]}, "seed must be a whole number; got 1.5"),
        ({"seeds": [0, -1]}, "seed = -1"),
        ({"seeds": [2**70]}, "seed = 1180591620717411303424"),
        ({"records": 1}, "records = 1, but it must be at least 2"),
        ({"records": 0}, "records = 0"),
        ({"records": 4.5}, "records must be a whole number; got 4.5"),
        ({"records": "9"}, "records must be a whole number; got '9'"),
        ({"training_time": 0.0}, "training_time = 0, but it must be more than zero"),
        ({"training_time": -1.0}, "training_time = -1"),
        ({"training_time": float("nan")}, "training_time = nan, but it must be finite"),
        ({"training_time": float("inf")}, "training_time = inf, but it must be finite"),
        ({"training_time": "8"}, "training_time must be a real number; got '8'"),
        ({"step_size": 0.0}, "step_size = 0, but it must be more than zero"),
        ({"step_size": -0.1}, "step_size = -0.1"),
        ({"step_size": float("nan")}, "step_size = nan"),
        ({"step_size": "small"}, "step_size must be a real number"),
        ({"precision": "float16"}, "precision must be 'float64' or 'float32'; got 'float16'"),
        ({"precision": 32}, "precision must be 'float64' or 'float32'; got 32"),
        ({"evaluator": Sampled(teachers.leaky_integrator(0.5), 2, 9.0)}, "Sampled has another teacher"),
        ({"evaluator": "moments"}, "evaluator must be one of numerics.evaluators.*got 'moments'"),
        ({"evaluator": Moments}, "evaluator must be one of numerics.evaluators"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_setting_that_makes_no_sense_is_refused_by_its_name_and_value(options, said):
    with pytest.raises(ProblemError, match=said):
        run(**options)


@pytest.mark.parametrize(
    "evaluator", [Moments(PROBLEM.teacher), Sampled(PROBLEM.teacher, 2, 9.0)], ids=["exact", "sampled"]
)
def test_evaluator_of_another_objective_is_refused(evaluator):
    problem = dataclasses.replace(PROBLEM, objective=FiniteWindow(3.0))
    with pytest.raises(ProblemError, match="trains on the white-noise loss, but the problem's objective is"):
        run(problem, evaluator=evaluator)


@pytest.mark.parametrize(
    ("width", "said"),
    [(0, "width = 0"), (-1, "width = -1"), (1.5, "whole number; got 1.5"), ("8", "whole number; got '8'")],
)
def test_width_that_is_no_number_of_units_is_refused(width, said):
    with pytest.raises(ProblemError, match=said):
        simulate(PROBLEM, width)


@pytest.mark.parametrize("problem", ["a problem", None, derive(PROBLEM)], ids=lambda p: type(p).__name__)
def test_what_is_not_a_problem_is_refused(problem):
    with pytest.raises(ProblemError, match="problem must be a Problem"):
        simulate(problem, WIDTH)
