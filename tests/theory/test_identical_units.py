"""Populations of independent units: identical ones move as one slow unit, aligned ones as u = v."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.identical_units import diagonal_problem
from tests.theory.systems import TIMES, name_of, random_system
from theory import (
    Problem,
    architectures,
    derive,
    initialisations,
    learning_rules,
    objectives,
    teachers,
)
from theory.errors import NotDerivableError, ProblemError
from theory.reductions import AlignedUnits, IdenticalUnits


@pytest.mark.full
@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_identical_units_move_as_one_along_a_path_of_gradient_steps(time):
    """Several inputs and outputs: d/ds restrict(weights) = vector_field(restrict(weights))."""
    ours = Problem(
        random_system(3, 2, 2, 1, time),
        architectures.ExponentialRate(),
        initialisations.Identical(0.5, 0.4, 0.1),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )
    reduction = IdenticalUnits()
    assert derive(ours).reduction.name == reduction.name
    weights, field = ours.draw(5, 0), reduction.vector_field(ours)
    np.testing.assert_allclose(
        reduction.start(ours, 5, 0), reduction.restrict(ours, weights, weights), rtol=1e-14
    )
    lags = np.array([0.0, 1.0, 3.0])
    for _ in range(2):
        moved = jax.tree.map(lambda w, g: w - 0.1 * g, weights, ours.gradient(weights))
        before, after = (reduction.restrict(ours, w, w) for w in (weights, moved))
        expected = before + 0.1 * field.function(before, field.parameters)
        np.testing.assert_allclose(after, expected, rtol=0, atol=1e-13)  # rounding: restricting is linear
        narrow = ours.teacher.time.impulse_response(*reduction.matrices(ours, after), lags)
        np.testing.assert_allclose(narrow, ours.system(moved).impulse_response(lags), rtol=0, atol=1e-13)
        weights = moved


def test_time_to_learn_of_identical_units_has_its_reference_values():
    """Sum of residues .01, c(0) = 1, c* = .2: to c < .3 at 1, 4, 16 and 64 units."""
    dynamics = derive(diagonal_problem(initialisations.Identical(0.1, 0.1)))
    found = []
    for units in (1, 4, 16, 64):
        path = dynamics.solve(10.0 + units, units, 0, 1601)
        found.append(np.interp(-0.3, path.pole[:, 0].real, path.training_time))
    np.testing.assert_allclose(found, [2.99, 6.31, 18.60, 67.46], atol=0.0055)  # the printed digits


def test_the_width_divides_the_equation_of_the_recurrent_weight():
    dynamics = derive(diagonal_problem(initialisations.Identical(0.1, 0.1)))
    rate = {str(x): r for x, r in dynamics.equations.items()}["recurrent"]
    assert str(dynamics.conserved) == "(N,)" and str(rate).endswith("/N")


@pytest.mark.full
def test_aligned_units_follow_the_gradient_on_the_set_of_equal_read_in_and_readout():
    """There `u = v` stays so: the wide network's own gradient is the reduction's field."""
    ours = Problem(
        teachers.damped_oscillator(0.3, 1.0),
        architectures.SigmoidGate(),
        initialisations.Gaussian(0.2, 0.2, 0.04),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )
    reduction = AlignedUnits(3)
    state = reduction.start(ours, 3, 1)
    field = reduction.vector_field(ours)
    weights = reduction.network(ours, state)
    gradient = ours.gradient(weights)
    np.testing.assert_allclose(gradient["input"][:, 0], gradient["readout"][0], atol=1e-14)
    expected = -jnp.concatenate([gradient["input"][:, 0], gradient["recurrent"]])
    np.testing.assert_allclose(field.function(state, field.parameters), expected, atol=1e-13)
    np.testing.assert_array_equal(reduction.restrict(ours, weights, weights), state)
    assert reduction.follow(ours, state, 1.0, 2)[2][0] == pytest.approx(float(ours.loss(weights)), rel=1e-12)


def test_what_does_not_apply_is_said():
    with pytest.raises(NotDerivableError, match="units start differently"):
        derive(diagonal_problem(initialisations.Gaussian()), IdenticalUnits())
    with pytest.raises(NotDerivableError, match="independent units"):
        problem = diagonal_problem(initialisations.Gaussian())
        derive(
            Problem(
                problem.teacher,
                architectures.FullRank(),
                problem.initialisation,
                problem.objective,
                problem.learning_rule,
            ),
            AlignedUnits(3),
        )
    with pytest.raises(ProblemError, match="is of that width"):
        AlignedUnits(3).start(diagonal_problem(initialisations.Gaussian()), 4, 0)
