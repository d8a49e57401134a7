"""Learning rules: what each follows, at which order, where it loses stability, and what that means for reductions."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from jax.flatten_util import ravel_pytree

from theory import Problem, derive, teachers
from theory.architectures import Diagonal, FullRank, LowRank
from theory.architectures.architecture import Weight
from theory.architectures.axes import rotated, width_axes
from theory.errors import NotDerivableError, ProblemError
from theory.initialisations import Gaussian
from theory.learning_rules import (
    Adam,
    GradientDescent,
    GradientFlow,
    GroupRates,
    HeavyBall,
    SignDescent,
    WeightDecay,
)
from theory.objectives import WhiteNoise
from theory.reductions import AlignedPole, Confinement, InvariantSubspace, WholeNetwork

DECAY, RATES = {"recurrent": 0.3, "input": 0.1, "readout": 0.2}, {"recurrent": 0.5, "input": 2.0, "readout": 0.0}
RULES = {
    "flow": GradientFlow(),
    "descent": GradientDescent(step_size=0.1),
    "heavy ball": HeavyBall(friction=0.7, step_size=0.1),
    "sign": SignDescent(step_size=0.1),
    "Adam": Adam(step_size=0.1),
    "decay": WeightDecay(GradientFlow(), **DECAY),
    "rates": GroupRates(GradientFlow(), **RATES),
    "both": WeightDecay(GroupRates(GradientDescent(0.1), **RATES), **DECAY),
}


def among(*names):
    return pytest.mark.parametrize("rule", [RULES[name] for name in names], ids=names)


each_rule = among(*RULES)


def potential(weights):
    """A quartic potential in coupled groups of weights; nothing about its gradient is linear."""
    u, W, v = (weights[name] for name in ("input", "recurrent", "readout"))
    return u @ W @ u / 2 + jnp.sum(u**4) / 4 - jnp.sum(jnp.cos(W)) + v @ W @ u + jnp.sum(v**2)


gradient = jax.grad(potential)
START = {
    "input": jnp.array([1.0, -0.5]),
    "recurrent": jnp.array([[0.8, 0.3], [-0.2, 0.6]]),
    "readout": jnp.array([0.4, 0.7]),
}


def taken(rule, steps, step_size, start=START, slope=gradient):
    @jax.jit
    def run(weights):
        def step(_, state):
            return rule.step(*state, slope, step_size)

        return jax.lax.fori_loop(0, steps, step, (weights, rule.start(weights)))[0]

    return run(start)


def kinds(numbers) -> np.ndarray:
    """A number of each kind for every weight, in the flat order."""
    return np.asarray(ravel_pytree({name: np.full(START[name].shape, numbers[name]) for name in START})[0])


@functools.cache
def followed(name: str, duration=1.0) -> np.ndarray:
    """The differential equation that a rule is of, by SciPy's eighth-order method at the limit of rounding."""
    flat, restore = ravel_pytree(START)
    slope = jax.jit(lambda flat: ravel_pytree(gradient(restore(flat)))[0])
    mu, rate = kinds(DECAY), kinds(RATES)
    velocity = {
        "flow": lambda x: -slope(x),
        "decay": lambda x: -slope(x) - mu * x,
        "rates": lambda x: -rate * slope(x),
        "both": lambda x: -rate * (slope(x) + mu * x),
    }
    options = {"method": "DOP853", "rtol": 1e-13, "atol": 1e-15}
    if name == "heavy ball":

        def field(_, state):
            x, v = np.split(state, 2)
            return np.concatenate([v, -0.7 * v - np.asarray(slope(x))])

        state = np.concatenate([flat, np.zeros(flat.size)])
        return scipy.integrate.solve_ivp(field, (0, duration), state, **options).y[: flat.size, -1]
    field = velocity["flow" if name == "descent" else name]
    return scipy.integrate.solve_ivp(lambda _, x: np.asarray(field(x)), (0, duration), flat, **options).y[:, -1]


@pytest.mark.parametrize("name", ["flow", "descent", "heavy ball", "decay", "rates", "both"])
def test_error_against_the_equation_it_follows_falls_at_the_stated_order(name):
    rule = RULES[name]
    # fine enough that the next order adds less than 0.2, coarse enough to be far above rounding
    steps = {1: 400, 4: 40}[rule.order]
    ends = [ravel_pytree(taken(rule, n, 1.0 / n))[0] for n in (steps, 2 * steps)]
    errors = [np.abs(end - followed(name)).max() for end in ends]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(rule.order, abs=0.2)


@among("flow", "descent", "heavy ball", "decay", "rates")
def test_steps_on_a_quadratic_lose_stability_where_stated(rule):
    curvature = 3.0
    slope = {"decay": curvature - 0.3, "rates": curvature / 0.5}.get(
        {WeightDecay: "decay", GroupRates: "rates"}.get(type(rule)), curvature
    )  # of the loss, where the rule's own flow decays at rate 3
    for factor, stable in ((0.999, True), (1.001, False)):
        start = {"recurrent": jnp.array(1.0)}
        step_size = factor * rule.largest_step(curvature)
        end = taken(rule, 6000, step_size, start, lambda w: {"recurrent": slope * w["recurrent"]})
        assert (abs(float(end["recurrent"])) < 1) == stable


@each_rule
def test_step_takes_the_stated_number_of_gradients(rule):
    calls = []

    def counted(weights):
        jax.debug.callback(lambda: calls.append(None))
        return weights

    rule.step(START, rule.start(START), counted, 0.1)
    jax.effects_barrier()
    assert len(calls) == rule.gradients_per_step


def integrator(rule, architecture=None, gain=0.0) -> Problem:
    architecture = FullRank() if architecture is None else architecture
    teacher = teachers.state_space([[-0.4]], [[1.0]], [[1.0]])  # without known modes no equations are written out
    return Problem(teacher, architecture, Gaussian(0.5, 0.5, gain), WhiteNoise(), rule)


@each_rule
def test_steps_commute_with_rotations_of_hidden_space_where_it_says_so(rule):
    problem = integrator(rule, gain=0.4)
    weights, turn = problem.draw(3, 1), scipy.stats.ortho_group.rvs(3, random_state=1)
    axes = width_axes(problem.architecture, 1, 1)

    def turned(weights):
        return {name: rotated(group, axes[name], turn) for name, group in weights.items()}

    one, other = (taken(rule, 3, 0.1, start, problem.gradient) for start in (weights, turned(weights)))
    gap = max(float(jnp.abs(turned(one)[name] - other[name]).max()) for name in weights)
    assert (gap < 1e-13) == rule.rotation_invariant  # rounding


def test_adam_is_its_own_definition_and_at_first_sign_descent():
    rule, random = Adam(0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-3), np.random.default_rng(0)
    slopes = random.normal(size=(6, 4))
    weights, m, v = np.zeros(4), np.zeros(4), np.zeros(4)
    state = (jnp.zeros(4), rule.start(jnp.zeros(4)))
    for number, slope in enumerate(slopes, 1):
        m, v = 0.8 * m + 0.2 * slope, 0.99 * v + 0.01 * slope**2
        weights = weights - 0.01 * (m / (1 - 0.8**number)) / (np.sqrt(v / (1 - 0.99**number)) + 1e-3)
        state = rule.step(*state, lambda _, g=slope: jnp.asarray(g), 0.01)
        np.testing.assert_allclose(state[0], weights, rtol=1e-13)  # rounding
    first, signed = (taken(kind(0.01), 1, 0.01) for kind in (Adam, SignDescent))
    gap = np.abs(ravel_pytree(first)[0] - ravel_pytree(signed)[0])
    assert gap.max() < 1e-8 * 0.01 / np.abs(ravel_pytree(gradient(START))[0]).min()  # epsilon over the gradient


@pytest.mark.parametrize("kind", [Adam, SignDescent])
def test_rates_of_rules_that_are_not_linear_are_step_sizes(kind):
    found = taken(GroupRates(kind(0.01), **RATES), 3, 0.01)
    one = taken(GroupRates(kind(0.01), recurrent=1.0, input=0.0, readout=0.0), 3, 0.01)
    other = taken(kind(0.01), 3, 0.01, {"recurrent": START["recurrent"]},
                  lambda w: {"recurrent": gradient(START | w)["recurrent"]})
    np.testing.assert_allclose(one["recurrent"], other["recurrent"], rtol=1e-14)  # rounding
    np.testing.assert_array_equal(one["input"], START["input"])
    np.testing.assert_array_equal(found["readout"], START["readout"])
    if kind is SignDescent:
        np.testing.assert_allclose(np.abs(found["input"] - START["input"]), 3 * 0.02, rtol=1e-13)


CASES = [
    (FullRank(), "heavy ball"),
    (LowRank(1), "both"),
    *(pytest.param(FullRank(), name, marks=pytest.mark.full) for name in ("rates", "decay", "flow", "descent")),
]


@pytest.mark.parametrize(("architecture", "name"), CASES, ids=str)
def test_reduced_network_moves_as_a_wide_one_under_every_rule_that_commutes_with_rotations(architecture, name):
    rule = RULES[name]
    start = 0.3 if isinstance(architecture, LowRank) else 0.0
    problem = integrator(rule, architecture, start)
    dynamics = derive(problem)
    assert isinstance(dynamics.reduction, InvariantSubspace if start else Confinement)
    step = rule.chosen_step_size() or 0.05
    wide = taken(rule, round(2.0 / step), step, problem.draw(6, 3), problem.gradient)
    narrow = float(dynamics.solve(2.0, width=6, seed=3, records=2).loss[-1])
    # finite steps to rounding; flows to the error of Runge-Kutta steps of 0.05, whose fourth power is 6e-6
    assert narrow == pytest.approx(float(problem.loss(wide)), rel=1e-11 if rule.chosen_step_size() else 1e-6)


@among("Adam")
def test_rules_with_preferred_axes_are_not_reduced_but_followed_whole(rule):
    problem = integrator(rule)
    with pytest.raises(NotDerivableError, match=r"leaves the confined subspace[\s\S]*WholeNetwork\(width\)"):
        derive(problem)
    path = derive(problem, WholeNetwork(4)).solve(1.0, width=4, seed=3, records=2)
    wide = taken(rule, 10, 0.1, problem.draw(4, 3), problem.gradient)
    assert float(path.loss[-1]) == pytest.approx(float(problem.loss(wide)), rel=1e-11)  # rounding


@pytest.mark.parametrize(
    "rule", [RULES["heavy ball"], RULES["decay"], pytest.param(RULES["rates"], marks=pytest.mark.full)], ids=str
)
def test_what_holds_of_plain_gradient_flow_is_not_said_of_others(rule):
    problem = integrator(rule)
    known = dataclasses.replace(problem, teacher=teachers.leaky_integrator(0.4))
    assert derive(problem).conserved == ()
    with pytest.raises(NotDerivableError, match="those of gradient flow"):
        derive(known, AlignedPole())
    written = derive(known)
    assert rule.equation in str(written) and written.matrix_equations == ()
    assert (written.equations == {}) == (rule.limit() is None)
    for symbol, rate in written.equations.items():  # a mu or a rate of its own kind
        kind = {"W": "recurrent", "U": "input", "V": "readout"}[str(symbol)[0]]
        plain = derive(dataclasses.replace(known, learning_rule=GradientFlow())).equations[symbol]
        expected = plain - DECAY[kind] * symbol if isinstance(rule, WeightDecay) else RATES[kind] * plain
        values = {s: 0.1 + 0.07 * i for i, s in enumerate(sorted(plain.free_symbols | {symbol}, key=str))}
        assert float(rate.subs(values)) == pytest.approx(float(expected.subs(values)), rel=1e-12)
    path = derive(problem).solve(1.0, width=6, records=2)
    assert "domain_end" not in path.attrs  # silent units grow at no rate of their own
    with pytest.raises(NotDerivableError, match="at a rate of their own"):
        derive(problem).amplification(path)
    with pytest.raises(NotDerivableError, match="factor of its own"):
        rule.growth(jnp.array(1.0), 1.0)


class Renamed(Diagonal):
    """A user's architecture whose names do not tell roles."""

    def weights(self, width, inputs, outputs):
        return {**super().weights(width, inputs, outputs), "gain": Weight((1,), "readout")}


def test_refuse_what_makes_no_sense():
    assert str(GradientDescent(step_size=0.03)) == "gradient descent, step size 0.03"
    for wrong in (0.0, -0.1, np.nan, "small"):
        for kind in (GradientDescent, SignDescent, Adam, functools.partial(HeavyBall, 1.0)):
            with pytest.raises(ProblemError, match="step_size"):
                kind(step_size=wrong)
    with pytest.raises(ProblemError, match=r"beyond 1/friction = 0\.5"):
        HeavyBall(friction=2.0, step_size=0.6)
    with pytest.raises(ProblemError, match="keeps 1 of itself"):
        Adam(0.1, beta_2=1.0)
    with pytest.raises(ProblemError, match="decay of input weights = -1"):
        WeightDecay(GradientFlow(), input=-1.0)
    with pytest.raises(ProblemError, match=r"WeightDecay\(GroupRates"):
        GroupRates(WeightDecay(GradientFlow(), input=1.0))
    with pytest.raises(ProblemError, match="name them after their role"):
        integrator(WeightDecay(GradientFlow(), readout=0.1), Renamed())
