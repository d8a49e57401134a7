"""Networks of every rotation-equivariant architecture stay in the subspace in which they start."""

import jax
import numpy as np
import pytest

from tests.theory.systems import TIMES, name_of, random_system
from tests.theory.test_contracts import ARCHITECTURES, each, example
from theory import Problem, architectures, derive, initialisations, learning_rules, objectives
from theory.errors import NotDerivableError, ProblemError
from theory.reductions import Confinement, InvariantSubspace, WholeNetwork

EQUIVARIANT = [kind for kind in ARCHITECTURES if kind.rotation_equivariant]


def problem(architecture, time=TIMES[0], inputs=1, outputs=1, identity=0.2, gain=0.0, rule=None) -> Problem:
    return Problem(
        random_system(3, 2, inputs, outputs, time),
        architecture,
        initialisations.Gaussian(0.5, 0.5, gain, identity),
        objectives.WhiteNoise(),
        rule or learning_rules.GradientFlow(),
    )


def drawn(kind, time=TIMES[0], **sizes) -> Problem:
    """A problem in which the architecture's recurrent weights do not all start at zero."""
    thin = kind is architectures.LowRank
    gain, identity = (0.4, 0.0) if thin else (0.0, 0.2 if kind in WITH_SQUARE_ONLY else 0.0)
    return problem(example(kind), time, gain=gain, identity=identity, **sizes)


WITH_SQUARE_ONLY = (architectures.FullRank, architectures.Symmetric, architectures.DeepRecurrence)


@each(EQUIVARIANT)
def test_the_narrow_network_moves_as_the_wide_one_does(kind):
    """d/ds restrict(theta(s)) = vector_field(restrict(theta(s))), along a path of gradient steps."""
    ours, reduction = drawn(kind, inputs=2), InvariantSubspace()
    initial = ours.draw(9, 1)
    weights, field = initial, reduction.vector_field(ours)
    for _ in range(3):
        gradient = ours.gradient(weights)
        moved = jax.tree.map(lambda w, g: w - 0.1 * g, weights, gradient)
        before, after = (reduction.restrict(ours, w, initial) for w in (weights, moved))
        expected = before + 0.1 * field.function(before, field.parameters)
        np.testing.assert_allclose(after, expected, rtol=0, atol=1e-12)  # restricting is linear: rounding
        # and the response is the narrow network's
        lags = np.array([0.0, 1.0, 3.0])
        wide = ours.system(moved).impulse_response(lags)
        narrow = ours.teacher.time.impulse_response(*reduction.matrices(ours, after), lags)
        np.testing.assert_allclose(narrow, wide, rtol=0, atol=1e-12)
        weights = moved


def test_start_is_the_restriction_of_the_draw_and_units_are_counted():
    ours, reduction = drawn(architectures.LowRank, inputs=2, outputs=1), InvariantSubspace()
    assert reduction.units(ours) == 2 + 1 + 2
    initial = ours.draw(9, 4)
    np.testing.assert_array_equal(reduction.start(ours, 9, 4), reduction.restrict(ours, initial, initial))
    with pytest.raises(ProblemError, match="width = 4, but it must be at least 5"):
        reduction.start(ours, 4, 0)


@pytest.mark.full
def test_dense_networks_follow_the_same_path_by_confinement():
    ours = problem(architectures.FullRank())
    paths = [
        derive(ours, r).solve(5.0, width=7, seed=3, records=4) for r in (Confinement(), InvariantSubspace())
    ]
    np.testing.assert_allclose(paths[0].loss, paths[1].loss, rtol=1e-8)  # the integrator's tolerance


def test_a_low_rank_network_is_derived_and_the_whole_network_agrees():
    ours = drawn(architectures.LowRank)
    assert derive(ours).reduction.name == "invariant subspace"
    narrow = derive(ours).solve(8.0, width=9, seed=2, records=5)
    whole = derive(ours, WholeNetwork(9)).solve(8.0, width=9, seed=2, records=5)
    np.testing.assert_allclose(narrow.loss, whole.loss, rtol=1e-8)  # the integrator's tolerance
    np.testing.assert_allclose(narrow.impulse_response, whole.impulse_response, atol=1e-8)


@pytest.mark.parametrize(
    ("architecture", "gain", "rule", "words"),
    [
        (architectures.ExponentialRate(), 0.0, None, "one by one"),
        (architectures.Symmetric(), 0.3, None, "recurrent do not start at a multiple"),
    ],
    ids=str,
)
def test_what_spreads_over_all_units_is_refused_with_the_reason(architecture, gain, rule, words):
    ours = problem(architecture, gain=gain, identity=0.0, rule=rule)
    with pytest.raises(NotDerivableError, match=words):
        derive(ours, InvariantSubspace())
    with pytest.raises(NotDerivableError, match="WholeNetwork"):
        derive(ours)


@pytest.mark.full
@each(EQUIVARIANT)
@pytest.mark.parametrize("time", TIMES, ids=name_of)
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 1), (2, 1), (2, 3)])
def test_paths_of_narrow_and_whole_networks_agree(kind, time, inputs, outputs):
    ours = drawn(kind, time, inputs=inputs, outputs=outputs)
    width = 2 + InvariantSubspace().units(ours)
    narrow = derive(ours, InvariantSubspace()).solve(4.0, width=width, seed=2, records=4)
    whole = derive(ours, WholeNetwork(width)).solve(4.0, width=width, seed=2, records=4)
    np.testing.assert_allclose(narrow.impulse_response, whole.impulse_response, atol=1e-8)
