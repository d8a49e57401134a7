"""What every teacher, architecture, initialisation, objective and learning rule must satisfy.

They are found by walking the packages: a new one is tested as soon as its `__init__` exports it.
"""

import contextlib
import functools
import inspect
import json

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from tests.theory.systems import (
    CONTINUOUS,
    TIMES,
    differences,
    embedded,
    matrices,
    name_of,
    random_system,
    relative_error,
    value_and_gradient_by,
    with_matrices,
)
from theory import (
    LinearSystem,
    Problem,
    architectures,
    initialisations,
    learning_rules,
    objectives,
    symbolic,
    teachers,
)
from theory.architectures.axes import rotated, width_axes
from theory.configuration import configuration
from theory.errors import ProblemError

# what to call a constructor with, by the name of its argument; a new argument without a default goes here
ARGUMENTS = {
    "rate": 0.3,
    "frequency": 1.2,
    "rates": [0.3, 2.5],
    "residues": [1.0, -1.5],
    "A": [[-0.4, 1.0], [-1.0, -0.4]],
    "B": [[1.0], [0.5]],
    "C": [[1.0, -1.0]],
    "duration": 6.0,
    "step_size": 0.01,
    "friction": 1.0,
    "input": 0.5,
    "recurrent": 0.2,
    "readout": 0.4,
    "window": 5.0,
    "filter": LinearSystem([[-0.7, 1.0], [0.0, -0.4]], [[1.0], [1.0]], [[1.0, 0.5]]),
    "correlation_time": 2.0,
    "length": 6,
    "steps": 3,
    "responses": [[[1.0]], [[0.5]], [[-0.3]]],
    "rule": learning_rules.GradientDescent(0.01),
}


def example(constructor):
    """An instance, or a teacher, made with the arguments above where there is no default."""
    needed = {}
    for name, parameter in inspect.signature(constructor).parameters.items():
        if parameter.default is inspect.Parameter.empty:
            assert name in ARGUMENTS, f"give {constructor.__name__}({name}) an example in ARGUMENTS"
            needed[name] = ARGUMENTS[name]
    return constructor(**needed)


def shipped(package, base=None) -> list:
    """All that a package exports: its concrete subclasses of `base`, or its functions."""
    exported = [getattr(package, name) for name in package.__all__]
    if base is None:
        return [thing for thing in exported if inspect.isfunction(thing)]
    classes = [thing for thing in exported if inspect.isclass(thing) and issubclass(thing, base)]
    return [kind for kind in classes if kind is not base and not inspect.isabstract(kind)]


def each(things):
    return pytest.mark.parametrize("kind", things, ids=lambda kind: kind.__name__)


TEACHERS = shipped(teachers)
ARCHITECTURES = shipped(architectures, architectures.Architecture)
INITIALISATIONS = shipped(initialisations, initialisations.Initialisation)
OBJECTIVES = shipped(objectives, objectives.Objective)
RULES = shipped(learning_rules, learning_rules.LearningRule)
in_both_times = pytest.mark.parametrize("time", TIMES, ids=name_of)


def problem(**parts) -> Problem:
    defaults = {
        "teacher": random_system(5, 3, 2, 3),
        "architecture": architectures.FullRank(),
        "initialisation": initialisations.Gaussian(input=0.5, readout=0.5, recurrent_gain=0.5),
        "objective": objectives.WhiteNoise(),
        "learning_rule": learning_rules.GradientFlow(),
    }
    return Problem(**{**defaults, **parts})


def test_walk_finds_what_ships_today():
    found = [len(group) for group in (TEACHERS, ARCHITECTURES, INITIALISATIONS, OBJECTIVES, RULES)]
    assert np.all(np.array(found) >= [5, 2, 1, 7, 10])


@each(ARCHITECTURES + INITIALISATIONS + OBJECTIVES + RULES + TEACHERS)
def test_configuration_is_plain_data_that_survives_a_file(kind):
    said = configuration(example(kind))
    assert json.loads(json.dumps(said, allow_nan=False)) == said == configuration(example(kind))
    assert said["class"] == (kind.__name__ if inspect.isclass(kind) else "LinearSystem")


@each(ARCHITECTURES + INITIALISATIONS + OBJECTIVES + RULES + TEACHERS)
def test_parts_print_without_their_memory_address(kind):
    assert str(example(kind)).strip() and " at 0x" not in str(example(kind))


@each(TEACHERS)
class TestTeachers:
    def test_are_stable_systems(self, kind):
        teacher = example(kind)
        assert isinstance(teacher, LinearSystem) and teacher.is_stable()

    def test_impulse_response_starts_at_readout_times_read_in(self, kind):
        teacher = example(kind)
        found = teacher.impulse_response([0.0])[0]
        np.testing.assert_allclose(found, np.asarray(teacher.C) @ np.asarray(teacher.B), rtol=1e-14)

    def test_known_modes_are_those_of_the_matrices(self, kind):
        teacher = example(kind)
        if teacher.modes is None:  # then the poles must be the matrices' own
            computed = np.linalg.eigvals(np.asarray(teacher.A))
            np.testing.assert_array_equal(teacher.poles(), computed)
            return
        points = np.array([0.5, 1.0 + 2.0j])
        parts = zip(teacher.modes.poles, teacher.modes.residues, strict=True)
        expected = sum(residue / (points - pole) for pole, residue in parts)
        np.testing.assert_allclose(teacher.transfer_function(points)[:, 0, 0], expected, rtol=1e-13)

    @pytest.mark.parametrize("wrong", [np.nan, np.inf, "fast", None, 1j])
    def test_refuse_a_number_that_is_none(self, kind, wrong):
        name = next(iter(inspect.signature(kind).parameters))
        others = {
            other: ARGUMENTS[other]
            for other, parameter in inspect.signature(kind).parameters.items()
            if other != name and parameter.default is inspect.Parameter.empty
        }
        nested = jax.tree.map(lambda _: wrong, ARGUMENTS[name])
        with pytest.raises(ProblemError, match=name):
            kind(**{name: nested}, **others)


@functools.cache
def values_of(kind, time):
    """A problem, its weights at width five, and one compiled function for its loss and both gradients."""
    ours = problem(teacher=random_system(5, 3, 2, 3, time), architecture=example(kind))

    @jax.jit
    def values(weights):
        loss, automatic = jax.value_and_grad(ours.loss)(weights)
        return loss, ours.gradient(weights), automatic

    return ours, ours.draw(width=5, seed=1), values


@in_both_times
@each(ARCHITECTURES)
class TestArchitectures:
    def test_gradient_is_finite_and_equals_automatic_and_finite_differences(self, kind, time):
        ours, weights, values = values_of(kind, time)
        loss, exact, automatic = values(weights)
        # the objective's loss, and the one that comes with its gradient
        expected = float(value_and_gradient_by(ours.objective, ours.system(weights), ours.teacher)[0])
        assert float(loss) == pytest.approx(expected, rel=1e-12) and expected > 0
        assert exact.keys() == weights.keys()
        assert all(np.isfinite(group).all() and np.abs(group).max() > 0 for group in exact.values())
        assert relative_error(exact, automatic) < 1e-12  # rounding
        # the differences' own error
        assert relative_error(exact, differences(lambda weights: values(weights)[0], weights)) < 1e-8

    def test_weights_have_the_stated_shapes_and_make_a_system_of_that_width(self, kind, time):
        _, weights, _ = values_of(kind, time)
        specified = example(kind).weights(5, 2, 3)
        assert {name: group.shape for name, group in weights.items()} == {
            name: weight.shape for name, weight in specified.items()
        }
        assert {weight.role for weight in specified.values()} <= {"input", "recurrent", "readout"}
        A, B, C = example(kind).matrices(weights, time)
        states = len(A)
        assert states in (5, 10)  # a complex unit has two
        assert (A.shape, B.shape, C.shape) == ((states, states), (states, 2), (3, states))

    def test_without_recurrent_weights_all_poles_are_one(self, kind, time):
        _, weights, _ = values_of(kind, time)
        roles = {name: weight.role for name, weight in example(kind).weights(5, 2, 3).items()}
        silent = {
            name: jnp.zeros_like(group) if roles[name] == "recurrent" else group
            for name, group in weights.items()
        }
        A = example(kind).matrices(silent, time)[0]
        np.testing.assert_array_equal(A, A[0, 0] * np.eye(len(A)))
        if isinstance(example(kind), architectures.DenseRecurrence | architectures.LowRank):
            assert A[0, 0] == (-1 if time == CONTINUOUS else 0)  # the leak

    def test_rotated_weights_make_a_rotated_system_where_it_says_so(self, kind, time):
        _, weights, _ = values_of(kind, time)
        if isinstance(example(kind), architectures.ComplexUnits):  # two states a unit
            assert not example(kind).rotation_equivariant
            return
        turn = scipy.stats.ortho_group.rvs(5, random_state=2)
        axes = width_axes(example(kind), 2, 3)
        turned = {name: rotated(group, axes[name], turn) for name, group in weights.items()}
        A, B, C = example(kind).matrices(weights, time)
        found = example(kind).matrices(turned, time)
        expected = turn @ A @ turn.T, turn @ B, C @ turn.T
        same = all(np.allclose(f, e, rtol=0, atol=1e-12) for f, e in zip(found, expected, strict=True))
        assert same == example(kind).rotation_equivariant

    def test_symbols_and_arrays_give_the_same_system(self, kind, time):
        weights = problem(architecture=example(kind), teacher=random_system(5, 3, 1, 1, time)).draw(2, 3)
        symbols = symbolic.weight_symbols(example(kind), 2, 1, 1)
        values = {s: float(v) for name in symbols for s, v in zip(symbols[name], weights[name].ravel(), strict=True)}
        written = example(kind).matrices(symbols, time)
        for matrix, expected in zip(written, example(kind).matrices(weights, time), strict=True):
            found = np.array(matrix.subs(values), dtype=float)
            np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-15)  # rounding


@each(INITIALISATIONS)
def test_initialisations_draw_what_the_architecture_asks_for_again_and_again(kind):
    for architecture in map(example, ARCHITECTURES):
        try:
            drawn = [example(kind).draw(seed, architecture, 5, 2, 3) for seed in (1, 1, 2)]
        except ProblemError:  # a start of dense networks alone says so
            assert not isinstance(architecture, architectures.FullRank)
            continue
        shapes = {name: weight.shape for name, weight in architecture.weights(5, 2, 3).items()}
        assert {name: group.shape for name, group in drawn[0].items()} == shapes
        for name in shapes:
            assert drawn[0][name].dtype == np.dtype("float64")
            np.testing.assert_array_equal(drawn[0][name], drawn[1][name])
        assert np.array_equal(drawn[0]["input"], drawn[2]["input"]) != kind.random
        roles = {name: weight.role for name, weight in architecture.weights(5, 2, 3).items()}
        zero = not any(np.asarray(drawn[0][name]).any() for name in roles if roles[name] == "recurrent")
        assert (example(kind).recurrent_multiple == 0.0) == zero


def times_of(objective) -> list:
    """The times in which an objective accepts a stable teacher."""
    accepted = []
    for time in TIMES:
        with contextlib.suppress(ProblemError):
            objective.check(random_system(1, 2, time=time))
            accepted.append(time)
    assert accepted, "every objective has a meaning in some time"
    return accepted


def outputs_of(objective) -> int:
    """Three outputs against two inputs, unless the objective needs as many."""
    try:
        objective.check(random_system(1, 2, 2, 3, times_of(objective)[0]))
        return 3
    except ProblemError:
        return 2


@each(OBJECTIVES)
class TestObjectives:
    def test_loss_vanishes_at_the_teacher_and_nowhere_near_where_it_says_so(self, kind):
        objective = example(kind)
        for time in times_of(objective):
            teacher = random_system(1, 3, 2, outputs_of(objective), time)
            copy = embedded(teacher)

            def at_gain(gain, copy=copy, teacher=teacher):
                return float(
                    value_and_gradient_by(
                        objective, with_matrices(copy, (copy.A, gain * copy.B, copy.C)), teacher
                    )[0]
                )

            power = at_gain(0.0)
            assert power > 0
            if not objective.imitates:
                assert min(map(at_gain, (0.9, 1.0, 1.1))) > 1e-3 * power
                continue
            # rounding of numbers as large as the teacher's power, which cancel
            assert abs(at_gain(1.0)) < 1e-13 * power
            for gain in (0.9, 1.1):  # a gain that is wrong by a tenth costs a hundredth
                assert at_gain(gain) == pytest.approx(0.01 * power, rel=1e-10)

    def test_loss_depends_on_the_response_and_not_on_the_basis(self, kind):
        objective = example(kind)
        basis = np.eye(5) + 0.2 * np.random.default_rng(1).normal(size=(5, 5))
        inverse = np.linalg.inv(basis)
        for time in times_of(objective):
            q = outputs_of(objective)
            student, teacher = random_system(2, 5, 2, q, time), random_system(3, 3, 2, q, time)
            turned = (basis @ student.A @ inverse, basis @ student.B, student.C @ inverse)
            found = float(value_and_gradient_by(objective, with_matrices(student, turned), teacher)[0])
            expected = float(value_and_gradient_by(objective, student, teacher)[0])
            assert expected > 0
            assert found == pytest.approx(expected, rel=1e-12)  # rounding

    def test_gradient_equals_finite_differences_and_vanishes_at_the_teacher(self, kind):
        objective = example(kind)
        for time in times_of(objective):
            q = outputs_of(objective)
            student, teacher = random_system(2, 5, 2, q, time), random_system(3, 3, 2, q, time)

            def loss(parameters, student=student, teacher=teacher):
                return value_and_gradient_by(objective, with_matrices(student, parameters), teacher)[0]

            gradient = value_and_gradient_by(objective, student, teacher)[1]
            # the differences' own error
            assert relative_error(gradient, differences(loss, matrices(student))) < 1e-7
            if not objective.imitates:
                continue
            at_teacher = value_and_gradient_by(objective, embedded(teacher), teacher)[1]
            size = max(np.abs(part).max() for part in gradient)
            assert max(np.abs(part).max() for part in at_teacher) < 1e-12 * size


@each(RULES)
class TestRules:
    def test_small_steps_lower_the_loss_and_follow_the_gradient_where_it_is_the_rules_limit(self, kind):
        rule = example(kind)
        _, weights, values = values_of(architectures.FullRank, CONTINUOUS)
        loss, slope, _ = values(weights)
        departures = []
        for step_size in (1e-4, 5e-5):
            moved, memory = rule.step(weights, rule.start(weights), lambda weights: values(weights)[1], step_size)
            assert jax.tree.structure(moved) == jax.tree.structure(weights)
            assert jax.tree.structure(memory) == jax.tree.structure(rule.start(weights))
            lowered = float(loss - values(moved)[0])
            assert lowered > 0
            if rule.limit() is None or not rule.exact_gradient:
                continue
            squared = sum(float(jnp.sum(group**2)) for group in slope.values())
            assert lowered == pytest.approx(step_size * squared, rel=0.01)  # to first order
            expected = jax.tree.map(lambda w, g, s=step_size: w - s * g, weights, slope)
            departures.append(max(float(jnp.abs(moved[name] - expected[name]).max()) for name in weights))
        # what is beyond first order falls with the square of the step size, where there is any
        assert not departures or departures[1] < 0.3 * departures[0] + 1e-15

    def test_fixed_point_stays(self, kind):
        rule, weights = example(kind), {"recurrent": jnp.ones(3), "input": jnp.ones(3), "readout": jnp.ones(3)}
        stayed, memory = weights, rule.start(weights)
        for _ in range(2):
            stayed, memory = rule.step(stayed, memory, lambda weights: jax.tree.map(jnp.zeros_like, weights), 0.1)
        assert relative_error(stayed, weights) == 0

    def test_states_its_order_stability_cost_and_step_size(self, kind):
        rule = example(kind)
        assert rule.equation and rule.order >= 1 and rule.largest_step(1.0) > 0
        for said in (rule.rotation_invariant, rule.uniform, rule.linear, rule.exact_gradient):
            assert isinstance(said, bool)
        assert rule.gradients_per_step >= 1
        prescribed = rule.chosen_step_size()
        assert prescribed is None or prescribed == ARGUMENTS["step_size"]
        # the limit of small steps is a flow, and its own limit
        assert rule.limit() is None or rule.limit().chosen_step_size() is None
        assert rule.limit() is None or eqx.tree_equal(rule.limit().limit(), rule.limit())
