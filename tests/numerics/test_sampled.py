"""Sampled training: its gradient, its expectation, its randomness and its memory are what they are said to be."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.integrator_outlier import integrator_problem
from numerics.evaluators import Sampled
from numerics.simulation import simulate
from numerics.training import advance, training_keys
from tests.theory.systems import (
    CONTINUOUS,
    DISCRETE,
    TIMES,
    matrices,
    name_of,
    random_system,
    relative_error,
    value_and_gradient_by,
)
from theory import LinearSystem, teachers
from theory.errors import ProblemError, UnstableSystemError
from theory.learning_rules import GradientDescent, GradientFlow
from theory.objectives import WhiteNoise

KEY = jax.random.key(7)
in_both_times = pytest.mark.parametrize("time", TIMES, ids=name_of)
PROBLEM = integrator_problem(0.4, 0.3)
DISCRETE_TEACHER = teachers.state_space([[0.7]], [[1.0]], [[1.0]], time=DISCRETE)


@eqx.filter_jit
def evaluate(sampled, student, key):
    return sampled.value_and_gradient(*matrices(student), student.time, key)


@eqx.filter_jit
def losses(sampled, student, keys):
    return jax.lax.map(lambda key: evaluate(sampled, student, key)[0], keys)


def plain_loss(sampled, parameters, key):
    """The model as a reader would write it, for JAX to differentiate."""
    systems = parameters, matrices(sampled.teacher)

    def advance(states, driven):
        (x, n), following, outputs = driven, [], []
        for h, (A, B, C) in zip(states, systems, strict=True):
            outputs.append(h @ C.T)
            if sampled.teacher.time == CONTINUOUS:
                following.append(h + sampled.step * h @ A.T + jnp.sqrt(sampled.step) * x @ B.T)
            else:
                following.append(h @ A.T + x @ B.T)
        return following, jnp.sum((outputs[0] - outputs[1] - n) ** 2, axis=-1)

    rest = [jnp.zeros((sampled.batch, len(A))) for A, _, _ in systems]
    errors = jax.lax.scan(advance, rest, sampled.trajectories(key, "float64"))[1]
    return 0.5 * errors[sampled.unscored :].mean()


@in_both_times
@pytest.mark.parametrize(
    "settings", [{}, {"output_noise": 0.3, "warmup": 0.0, "data": 5}], ids=["plain", "noisy"]
)
def test_gradient_by_hand_is_that_of_automatic_differentiation(time, settings):
    teacher, student = random_system(5, 3, 2, 3, time), random_system(6, 4, 2, 3, time)
    sampled = Sampled(teacher, batch=3, duration=4.0, **({"warmup": 2.0} | settings))
    found, other = (evaluate(sampled, student, jax.random.key(seed)) for seed in (7, 8))
    expected = jax.jit(jax.value_and_grad(lambda p: plain_loss(sampled, p, KEY)))(matrices(student))
    assert relative_error(found, expected) < 1e-12  # rounding
    # the control: another key is another minibatch
    assert relative_error(other, expected) > 1e-3


def mean_and_error(sampled, student, keys=40):
    """The mean loss over minibatches, and its standard error."""
    found = losses(sampled, student, jax.random.split(KEY, keys))
    return float(found.mean()), float(found.std(ddof=1)) / keys**0.5


def discretised(system, step) -> LinearSystem:
    """What Euler-Maruyama steps make of a system in continuous time."""
    A = np.eye(system.states) + step * np.asarray(system.A)
    return LinearSystem(A, step**0.5 * system.B, system.C, time=DISCRETE)


def population_loss(student, teacher):
    return float(value_and_gradient_by(WhiteNoise(), student, teacher)[0])


class TestExpectation:
    @pytest.mark.parametrize("output_noise", [0.0, 0.5])
    def test_mean_loss_is_the_population_loss_and_half_the_noise_variance_for_each_output(self, output_noise):
        teacher, student = random_system(5, 3, 2, 3, DISCRETE), random_system(6, 4, 2, 3, DISCRETE)
        sampled = Sampled(teacher, batch=100, duration=50, warmup=50, output_noise=output_noise)
        mean, error = mean_and_error(sampled, student)
        expected = population_loss(student, teacher) + 3 * output_noise**2 / 2
        assert error < 0.01 * expected
        assert abs(mean - expected) < 3.5 * error
        assert abs(mean - 1.05 * expected) > 3.5 * error  # the control

    def test_mean_loss_in_continuous_time_is_that_of_euler_steps_and_off_at_first_order_in_the_step(self):
        teacher, student = teachers.leaky_integrator(0.4), random_system(6, 4)
        sampled = Sampled(teacher, batch=100, duration=30.0, warmup=20.0, step=0.1)
        mean, error = mean_and_error(sampled, student)
        euler = {
            step: population_loss(*(discretised(s, step) for s in (student, teacher)))
            for step in (0.1, 0.05, 0.025, 0.0125)
        }
        exact = population_loss(student, teacher)
        assert error < 0.02 * euler[0.1]
        assert abs(mean - euler[0.1]) < 3.5 * error
        bias = np.array([value - exact for value in euler.values()])
        # corrections of the next order are a step's size, and halve
        np.testing.assert_allclose(-np.diff(np.log2(np.abs(bias)))[-1], 1.0, atol=0.05)

    def test_mean_gradient_is_the_population_gradient(self):
        teacher, student = random_system(5, 3, 1, 1, DISCRETE), random_system(6, 4, 1, 1, DISCRETE)
        sampled = Sampled(teacher, batch=4000, duration=50, warmup=50)
        found = evaluate(sampled, student, KEY)[1]
        expected = value_and_gradient_by(WhiteNoise(), student, teacher)[1]
        # 200,000 samples with a memory of a few steps
        assert relative_error(found, expected) < 0.02


class TestFixedData:
    def losses(self, **settings):
        sampled = Sampled(DISCRETE_TEACHER, duration=6, **settings)
        return np.asarray(losses(sampled, random_system(6, 4, time=DISCRETE), jax.random.split(KEY, 60)))

    def test_minibatches_come_from_the_data_and_from_all_of_it(self):
        whole = self.losses(batch=3, data=3)
        assert np.ptp(whole) == 0  # all of it, whatever the key
        single = np.unique(self.losses(batch=1, data=3).round(12))
        assert single.size == 3
        assert single.mean() == pytest.approx(whole[0], rel=1e-9)
        # without repeats, so a pair is one of three
        assert np.unique(self.losses(batch=2, data=3).round(12)).size == 3
        assert np.unique(self.losses(batch=1).round(12)).size == 60  # the control: always new

    def test_another_data_seed_is_other_data(self):
        assert self.losses(batch=3, data=3, data_seed=1)[0] != self.losses(batch=3, data=3)[0]


class TestTraining:
    SAMPLED = Sampled(PROBLEM.teacher, batch=4, duration=3.0, warmup=1.0)
    DESCENT = dataclasses.replace(PROBLEM, learning_rule=GradientDescent(0.1))

    def run(self, problem=DESCENT, **options):
        options = {"seeds": 3, "training_time": 8.0, "records": 5, "evaluator": self.SAMPLED} | options
        return simulate(problem, 8, progress=False, **options)

    def test_does_not_depend_on_records_nor_on_the_other_seeds(self):
        found, other = self.run(), self.run(seeds=[2], records=17)
        # rounding of the observations alone: those of several networks are made side by side
        np.testing.assert_allclose(other.loss[:, ::4], found.loss[2:], rtol=1e-12)
        assert len(np.unique(found.loss[:, -1])) == 3

    @pytest.mark.parametrize("rule", [GradientDescent(0.1), GradientFlow()], ids=["descent", "flow"])
    def test_step_k_of_a_seed_uses_its_own_key_for_all_its_gradients(self, rule):
        problem, time = dataclasses.replace(PROBLEM, learning_rule=rule), PROBLEM.teacher.time
        start, key = problem.draw(8, 5), training_keys([5])
        parts = (problem.architecture, rule, time, self.SAMPLED)
        stacked = jax.tree.map(lambda leaf: leaf[None], start)
        end = advance(*parts, (stacked, ()), jnp.asarray(0.1), jnp.asarray(2), key, jnp.asarray(3))[0]
        expected = start
        for k in (3, 4):

            def gradient(weights, k=k):
                slope = evaluate(self.SAMPLED, problem.system(weights), jax.random.fold_in(key[0], k))[1]
                return dict(zip(("recurrent", "input", "readout"), slope, strict=True))

            expected = rule.step(expected, (), gradient, 0.1)[0]
        assert relative_error(jax.tree.map(lambda leaf: leaf[0], end), expected) < 1e-12

    def test_observations_are_exact_and_learning_succeeds(self):
        found = self.run(weights=True, training_time=40.0)
        last = {n: found[f"weights_{n}"].values[0, -1] for n in ("recurrent", "input", "readout")}
        assert float(PROBLEM.loss(last)) == pytest.approx(float(found.loss[0, -1]), rel=1e-8)
        # without output noise nothing keeps the networks from the teacher
        assert (found.loss[:, -1] < 0.01 * found.loss[:, 0]).all()

    def test_step_above_the_stability_limit_is_refused_here_too(self):
        with pytest.raises(ProblemError, match="exceeds the stability limit"):
            self.run(dataclasses.replace(PROBLEM, learning_rule=GradientDescent(1.5)), training_time=40.0)

    def test_float32_stays_float32(self):
        assert self.run(precision="float32", weights=True).weights_recurrent.dtype == np.float32
        single = [jnp.asarray(part, "float32") for part in matrices(random_system(6, 4))]
        noisy = Sampled(PROBLEM.teacher, batch=4, duration=3.0, output_noise=0.1)
        program = jax.make_jaxpr(lambda *parts: noisy.value_and_gradient(*parts, None, KEY))(*single)
        assert {result.dtype for result in program.out_avals} == {np.dtype("float32")}
        assert "f32[155,4,4]" in str(program) and "f64[155" not in str(
            program
        )  # the states, and all over time


def test_peak_memory_is_what_is_stated_whatever_the_number_of_networks_and_steps():
    problem = dataclasses.replace(PROBLEM, learning_rule=GradientDescent(0.1))
    sampled = Sampled(problem.teacher, batch=32, duration=20.0)
    parts = (problem.architecture, problem.learning_rule, problem.teacher.time, sampled)
    for seeds in (1, 3):
        draws = [problem.draw(64, seed) for seed in range(seeds)]
        start = jax.tree.map(lambda *leaves: jnp.stack(leaves), *draws)
        # the number of steps is an argument of the compiled program
        program = advance.lower(
            *parts, (start, ()), jnp.asarray(0.1), jnp.asarray(10**6), training_keys(range(seeds)), jnp.asarray(0)
        ).compile()
        taken = program.compiled.memory_analysis().temp_size_in_bytes
        assert sampled.memory(64) <= taken < 1.15 * sampled.memory(64)  # weights and inputs are the rest


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"batch": 0}, "batch = 0, but it must be at least 1"),
        ({"batch": 1.5}, "batch must be a whole number; got 1.5"),
        ({"duration": -1.0}, "duration = -1"),
        ({"duration": 0.0}, "duration = 0"),
        ({"duration": 0.02}, "duration = 0.02 is less than one step of 0.1"),
        ({"duration": float("nan")}, "duration = nan"),
        ({"warmup": -2.0}, "warmup = -2"),
        ({"step": 0.0}, "step = 0"),
        ({"step": 6.0}, "step = 6 gives the teacher's Euler steps a pole of modulus 1.4"),
        ({"output_noise": -0.1}, "output_noise = -0.1"),
        ({"data": 3}, "data = 3, but it must be at least 4. A minibatch holds 4 different"),
        ({"data_seed": -1}, "data_seed = -1"),
        ({"teacher": None}, "teacher must be a LinearSystem"),
        ({"teacher": DISCRETE_TEACHER, "step": 0.1}, "step = 0.1, but in discrete time a step is the unit"),
        ({"teacher": DISCRETE_TEACHER, "duration": 2.5}, "duration = 2.5, but in discrete time"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_settings_that_make_no_sense_are_refused_with_the_number(settings, said):
    with pytest.raises(ProblemError, match=said):
        Sampled(**({"teacher": PROBLEM.teacher, "batch": 4, "duration": 5.0} | settings))


def test_unstable_teacher_is_refused():
    with pytest.raises(UnstableSystemError, match="pole at 0.1"):
        Sampled(teachers.state_space([[0.1]], [[1.0]], [[1.0]]), batch=4, duration=5.0)
