"""The floors that theory predicts for noisy samples are where trained networks end."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray

from numerics.claims.sampled_training import discrete_memory
from numerics.evaluators import Moments, Sampled
from numerics.training import advance, training_keys
from theory import derive, teachers
from theory.errors import ProblemError
from theory.learning_rules import GradientDescent, GradientFlow
from theory.reductions import AlignedPole
from theory.sampling import crossover, finite_data_floor, noise_floor, solution_curvatures

WIDTH, NOISE, BATCH, STEPS, LEARNED = 16, 0.1, 16, 40, 400.0
PROBLEM = discrete_memory(GradientFlow())
TEACHER = PROBLEM.teacher
DYNAMICS = derive(PROBLEM)


@functools.cache
def curvatures():
    return solution_curvatures(DYNAMICS, LEARNED, WIDTH)


def solution(networks: int) -> dict:
    """Networks that have learned the teacher, as theory says they do, in a random basis of the hidden units."""
    end = jnp.asarray(DYNAMICS.solve(LEARNED, WIDTH, records=2)["state"].values[-1])
    A, B, C = DYNAMICS.reduction.matrices(PROBLEM, end)
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(WIDTH, 2)))[0]
    weights = {"recurrent": basis @ A @ basis.T, "input": basis @ B, "readout": C @ basis.T}
    return {name: jnp.stack([jnp.asarray(weight)] * networks) for name, weight in weights.items()}


def descend(evaluator, step_size, weights, steps, first=0):
    rule, keys = GradientDescent(step_size), training_keys(range(len(weights["input"])))
    numbers = jnp.asarray(step_size), jnp.asarray(steps), keys, jnp.asarray(first)
    return advance(PROBLEM.architecture, rule, TEACHER.time, evaluator, (weights, ()), *numbers)[0]


def population_loss(weights):
    moments = Moments(TEACHER)
    return moments.loss_of(moments.moments(weights["recurrent"], weights["input"], weights["readout"]))


population_losses = jax.jit(jax.vmap(population_loss))


def test_curvatures_are_those_of_the_full_networks_loss():
    weights = jax.tree.map(lambda leaf: leaf[0], solution(1))
    flat, restore = jax.flatten_util.ravel_pytree(weights)
    slope = jax.jit(lambda x: jax.flatten_util.ravel_pytree(PROBLEM.gradient(restore(x)))[0])
    hessian = np.array([(slope(flat + step) - slope(flat - step)) / 2e-5 for step in 1e-5 * np.eye(flat.size)])
    expected = np.sort(np.linalg.eigvalsh(hessian))[::-1]
    # central differences at a spacing of 1e-5
    np.testing.assert_allclose(curvatures(), expected[:2], rtol=1e-6)
    assert np.abs(expected[2:]).max() < 1e-4 * expected[0]


@pytest.mark.usefixtures("optimised")
def test_stationary_loss_of_stochastic_descent_is_the_noise_floor():
    step_size = 1.2 / curvatures()[0]
    evaluator = Sampled(TEACHER, batch=BATCH, duration=STEPS, output_noise=NOISE)
    weights = descend(evaluator, step_size, solution(6), 150)  # several times the slower of two decays
    found, every = [], 10
    for record in range(150):
        weights = descend(evaluator, step_size, weights, every, 150 + every * record)
        found.append(population_losses(weights))
    found = np.mean(found, axis=0)
    floor = noise_floor(curvatures(), NOISE, step_size, BATCH, STEPS)
    mean, error = found.mean() / floor, found.std(ddof=1) / found.size**0.5 / floor
    assert error < 0.08
    # what the minibatch's own curvature adds is some 2%
    assert abs(mean - 1) < 3 * error + 0.03
    # the controls: the limit of small steps, and twice the floor
    small_steps = step_size * NOISE**2 / (4 * BATCH * STEPS) * curvatures().sum() / floor
    assert abs(mean - small_steps) > 6 * error
    assert abs(mean - 2) > 6 * error


@pytest.mark.usefixtures("optimised")
def test_loss_at_the_minimum_over_finite_data_is_its_floor():
    trajectories, sets, step_size = 16, 200, 1.0 / curvatures()[0]
    start, found = solution(1), []
    for data_seed in range(sets):
        evaluator = Sampled(
            TEACHER, trajectories, STEPS, output_noise=NOISE, data=trajectories, data_seed=data_seed
        )
        found.append(population_losses(descend(evaluator, step_size, start, 80)))
    floor = finite_data_floor(curvatures(), NOISE, trajectories, STEPS)
    mean, error = np.mean(found) / floor, np.std(found) / sets**0.5 / floor
    assert error < 0.1
    # 640 samples with a memory of three steps fit two directions: 1% more
    assert abs(mean - 1) < 3 * error + 0.02
    assert abs(mean - 1.5) > 4 * error  # the control: a third direction, which is flat


class TestCrossover:
    PATH = xarray.Dataset(
        {"loss": ("training_time", np.exp(-0.5 * np.arange(6.0)))}, {"training_time": np.arange(6.0)}
    )

    def test_is_where_an_exponential_curve_meets_the_floor(self):
        assert crossover(self.PATH, 0.2) == pytest.approx(-2 * np.log(0.2), rel=1e-12)

    def test_networks_stay_on_the_population_curve_before_and_leave_it_after(self):
        step_size = 0.02
        floor = noise_floor(curvatures(), 0.5, step_size, 4, STEPS)
        path = DYNAMICS.solve(15.0, WIDTH, records=151)
        when = crossover(path, floor)
        draws = [PROBLEM.draw(WIDTH, 0)] * 6
        weights = jax.tree.map(lambda *leaves: jnp.stack(leaves), *draws)
        evaluator = Sampled(TEACHER, batch=4, duration=STEPS, output_noise=0.5)
        excess, taken = [], 0
        for time in (0.6 * when, when, 15.0):
            weights = descend(evaluator, step_size, weights, round(time / step_size) - taken, taken)
            taken = round(time / step_size)
            expected = np.interp(time, path.training_time, path.loss)
            excess.append(float(population_losses(weights).mean() / expected))
        assert excess[0] < 1.5 and excess[2] > 10, (excess, when)

    @pytest.mark.parametrize("floor", [2.0, 1e-3])
    def test_floor_that_is_not_crossed_is_refused(self, floor):
        with pytest.raises(ProblemError, match="from 1 to 0.0821 and does not cross"):
            crossover(self.PATH, floor)


def test_what_has_no_floor_is_refused():
    with pytest.raises(ProblemError, match="step_size = 1 is not below 0.1.*2 over the largest curvature"):
        noise_floor(curvatures(), NOISE, 1.0, BATCH, STEPS)
    with pytest.raises(ProblemError, match="at training_time = 1 the loss is still 0.*not learned"):
        solution_curvatures(DYNAMICS, 1.0, WIDTH)
    memory = dataclasses.replace(PROBLEM, teacher=teachers.leaky_integrator(0.4))
    aligned = derive(memory, AlignedPole())
    with pytest.raises(ProblemError, match="other coordinates.*Confinement"):
        solution_curvatures(aligned, LEARNED)
