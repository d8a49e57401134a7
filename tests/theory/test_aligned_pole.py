"""The aligned one-pole plane: SymPy's equations against the blackboard's, its invariance, its limits."""

import numpy as np
import pytest
import sympy

from numerics.claims.integrator_outlier import integrator_problem
from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
from theory.errors import NotDerivableError, ProblemError
from theory.reductions import AlignedPole
from theory.reductions.confinement import confined_equations
from theory.time import ContinuousTime, DiscreteTime

a, delta = sympy.Symbol("a", real=True), sympy.Symbol("delta", real=True)
c, target = sympy.Symbol("c", positive=True), sympy.Symbol("c_*", positive=True)


@pytest.fixture(scope="module")
def plane():
    return derive(integrator_problem(0.2, 1e-2), AlignedPole())


def identical(found, expected) -> bool:
    return sympy.simplify(found - expected) == 0


class TestBlackboard:
    """The formulas as a theorist writes them, typed in here only."""

    def test_loss_is_that_of_two_exponentials(self, plane):
        assert identical(plane.loss, a**2 / (4 * c) - a / (c + target) + 1 / (4 * target))
        t = sympy.Symbol("t", positive=True)
        error = sympy.expand((a * sympy.exp(-c * t) - sympy.exp(-target * t)) ** 2)
        assert identical(plane.loss, sympy.integrate(error, (t, 0, sympy.oo)) / 2)

    def test_equations_of_motion(self, plane):
        root = sympy.sqrt(4 * a**2 + delta**2)
        assert identical(plane.equations[a], root * (1 / (c + target) - a / (2 * c)))
        assert identical(plane.equations[c], a**2 / (4 * c**2) - a / (c + target) ** 2)
        assert plane.equations[delta] == 0 and plane.conserved == (delta,)

    def test_balanced_metric_is_the_wrong_one_for_unbalanced_weights(self, plane):
        """The control: the balanced equation differs as soon as delta does."""
        assert not identical(plane.equations[a], 2 * a * (1 / (c + target) - a / (2 * c)))

    def test_slow_motion_along_the_nullcline(self, plane):
        (curve,) = plane.nullcline("a", "a")
        assert identical(curve, 2 * c / (c + target))
        assert identical(plane.equations[c].subs(a, curve), -(c - target) / (c + target) ** 3)

    def test_slow_teachers_are_learned_ill_conditioned(self, plane):
        """As c* -> 0: fast rate 1/(4 c*^3), slow rate 1/(2 c*), condition number 1/(2 c*^2)."""
        (solution,) = plane.fixed_points()
        assert solution == {a: 1, c: target, delta: 0}
        found = plane.linearise(solution)
        limits = (sympy.Rational(1, 4), sympy.Rational(1, 2), sympy.Rational(1, 2))
        for value, power, limit in zip((*found.rates, found.condition_number), (3, 1, 2), limits, strict=True):
            assert sympy.limit(value * target**power, target, 0, "+") == limit

    def test_small_residue_grows_at_its_early_rate(self, plane):
        assert identical(plane.growth_rate("a", {"c": 1, "delta": 0}), 2 / (1 + target))


@pytest.mark.parametrize("time", [ContinuousTime(), DiscreteTime()], ids=lambda time: time.name)
def test_aligned_plane_is_invariant_identically(time):
    """Not at sample points but as rational functions: u = alpha e, v = beta e, W = w e e^T stay so."""
    equations, (W, U, V), _ = confined_equations(1, time)
    alpha, beta, w = sympy.symbols("alpha beta w", real=True)
    inside = {U[0]: alpha, V[0]: beta, W[0, 0]: w}
    there = {entry: inside.get(entry, sympy.Integer(0)) for entry in equations}
    for entry, rate in equations.items():
        assert (sympy.simplify(rate.subs(there)) == 0) == (entry not in inside)
    # the control: off the plane by a readout of its own, the network leaves it further
    beyond = there | {V[1]: sympy.Rational(1, 3)}
    assert sympy.simplify(equations[W[1, 0]].subs(beyond)) != 0


class TestStart:
    def test_start_keeps_the_overlap_and_the_sum_of_squares(self):
        problem = integrator_problem(0.2, 1e-2)
        weights = problem.draw(16, 4)
        u, v = np.asarray(weights["input"][:, 0]), np.asarray(weights["readout"][0])
        overlap, rate, imbalance = np.asarray(AlignedPole().start(problem, 16, 4))
        assert (overlap, rate) == (pytest.approx(u @ v, rel=1e-14), 1.0)
        assert np.sqrt(4 * overlap**2 + imbalance**2) == pytest.approx(u @ u + v @ v, rel=1e-14)

    def test_plane_approaches_the_confined_path_as_initial_weights_vanish(self):
        errors = []
        for scale in (1e-1, 1e-2, 1e-3):
            problem = integrator_problem(0.2, scale)
            exact, plane = derive(problem), derive(problem, AlignedPole())
            gap = exact.solve(20.0, 16, 0).loss - plane.solve(20.0, 16, 0).loss
            errors.append(float(np.abs(gap).max()))
        assert errors[2] < 1e-4 and np.all(np.diff(np.log10(errors)) < -1.0)  # faster than the scale

    def test_several_modes_have_their_best_single_pole_as_fixed_point(self):
        """Reference target of the staircase: the first plateau is at a = .55810, c = .18627."""
        problem = Problem(
            teachers.sum_of_exponentials((0.3, 2.5), (1.0, -1.5)),
            architectures.FullRank(),
            initialisations.Gaussian(1e-2, 1e-2),
            objectives.WhiteNoise(),
            learning_rules.GradientFlow(),
        )
        points = derive(problem, AlignedPole()).fixed_points()
        found = [tuple(float(point[x]) for x in (a, c)) for point in points]
        assert any(np.allclose(pair, (0.55810, 0.18627), atol=1e-5) for pair in found)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (integrator_problem(0.2, 0.5), r"initial scale of 0.5 is not small \(up to 0.3\)"),
        (
            Problem(
                teachers.state_space([[-0.5]], [[1.0, 2.0]], [[1.0]]),
                architectures.FullRank(),
                initialisations.Gaussian(1e-2, 1e-2),
                objectives.WhiteNoise(),
                learning_rules.GradientFlow(),
            ),
            "the teacher has 2 inputs and 1 outputs",
        ),
    ],
    ids=["large weights", "two inputs"],
)
def test_problem_outside_its_assumptions_is_refused_with_the_number(problem, said):
    with pytest.raises(NotDerivableError, match=said):
        derive(problem, AlignedPole())


def test_unknown_order_parameter_is_refused_with_the_known_ones(plane):
    with pytest.raises(ProblemError, match="'b' is not an order parameter; they are a, c, delta"):
        plane.growth_rate("b", {})
