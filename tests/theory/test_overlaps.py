"""Overlaps of low-rank networks: their flow, what it conserves, where it ends, and what the loss does not see."""

import jax
import numpy as np
import pytest
import sympy

from numerics.claims.relearning import low_rank_problem
from tests.theory.systems import random_system
from theory import Problem, architectures, derive, initialisations, learning_rules, objectives
from theory.errors import NotDerivableError, ProblemError
from theory.reductions import InvariantSubspace, Overlaps
from theory.reductions.overlaps import final_overlaps
from theory.with_overlaps import WithOverlaps


def of_weights(weights) -> tuple:
    P = np.concatenate([weights["readout"].T, weights["right"]], axis=1)
    Q = np.concatenate([weights["input"], weights["left"]], axis=1)
    return P, Q


def test_overlaps_of_any_rank_inputs_and_outputs_move_as_the_field_says():
    """Their derivative along the full network's own gradient, by the product rule, at several inputs and outputs."""
    problem = Problem(
        random_system(3, 2, 2, 1),
        architectures.LowRank(2),
        initialisations.Gaussian(0.5, 0.6, 0.7),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )
    reduction, weights = Overlaps(), problem.draw(9, 1)
    state, field = reduction.restrict(problem, weights, {}), reduction.vector_field(problem)
    speed = jax.tree.map(lambda g: -g, problem.gradient(weights))
    _, expected = jax.jvp(lambda w: reduction.restrict(problem, w, {}), (weights,), (speed,))
    np.testing.assert_allclose(field.function(state, field.parameters), expected, atol=1e-13)
    lags = np.array([0.0, 1.0, 3.0])
    narrow = problem.teacher.time.impulse_response(*reduction.matrices(problem, state), lags)
    np.testing.assert_allclose(narrow, problem.system(weights).impulse_response(lags), atol=1e-13)
    assert str(derive(problem, reduction)).count("loss-invisible") == 2


@pytest.fixture(scope="module")
def path():
    """A rank-one network of the literature's settings: vectors of norm one, width 500, c* = .2."""
    problem = low_rank_problem(0.2)
    dynamics = derive(problem, Overlaps())
    return problem, dynamics, dynamics.solve(60.0, 500, 0, 31)


@pytest.mark.full
def test_path_is_that_of_the_network_confined_to_its_subspace(path):
    problem, _, ours = path
    theirs = derive(problem, InvariantSubspace()).solve(4.0, 500, 0, 3)
    np.testing.assert_allclose(
        ours.loss.values[:3], theirs.loss.values, rtol=1e-7
    )  # both integrators' tolerance


def test_spectrum_is_conserved_along_the_path_and_only_together(path):
    problem, dynamics, ours = path
    spectra, alone = [], []
    for state in ours.state.values[::10]:
        S, A, B = map(np.asarray, Overlaps().overlaps(problem, state))
        spectra.append(np.sort_complex(np.linalg.eigvals(np.block([[A, S], [-S.T, -B]]))))
        alone.append(np.linalg.eigvalsh(A))
    np.testing.assert_allclose(spectra, np.tile(spectra[0], (len(spectra), 1)), atol=1e-7)
    assert np.abs(alone[-1] - alone[0]).max() > 0.1
    # it is that of P P^T - Q Q^T, whose other eigenvalues are zero
    P, Q = of_weights(problem.draw(500, 0))
    full = np.linalg.eigvalsh(P @ P.T - Q @ Q.T)
    np.testing.assert_allclose(np.sort(full[np.argsort(-np.abs(full))[:4]]), spectra[0].real, atol=1e-12)
    # and SymPy's quantities, identically
    for quantity in dynamics.conserved:
        change = sum(sympy.diff(quantity, x) * rate for x, rate in dynamics.equations.items())
        numbers = {x: sympy.Rational(k + 2, 17) for k, x in enumerate(sorted(change.free_symbols, key=str))}
        assert change.xreplace(numbers) == 0


def test_visible_overlaps_end_where_the_target_says_and_invisible_ones_where_history_says(path):
    problem, _, ours = path
    S = np.asarray(Overlaps().overlaps(problem, ours.state.values[-1])[0])
    expected = final_overlaps(problem)
    assert expected == pytest.approx({"s_zm": 1.0, "s_zu s_vm": 0.8, "s_vu": 0.8})
    np.testing.assert_allclose([S[0, 0], S[0, 1] * S[1, 0], S[1, 1]], list(expected.values()), atol=1e-6)
    with pytest.raises(NotDerivableError, match="rank one"):
        final_overlaps(
            Problem(
                problem.teacher,
                architectures.LowRank(2),
                problem.initialisation,
                problem.objective,
                problem.learning_rule,
            )
        )


def test_networks_of_given_overlaps_have_them_at_every_width(path):
    problem, _, ours = path
    S, A, B = map(np.asarray, Overlaps().overlaps(problem, ours.state.values[-1]))
    start = WithOverlaps(S, 4 * A, B / 4)
    for width in (4, 30):
        P, Q = of_weights(start.draw(3, problem.architecture, width, 1, 1))
        np.testing.assert_allclose(P.T @ Q, S, atol=1e-12)
        np.testing.assert_allclose(P.T @ P, 4 * A, atol=1e-12)
        np.testing.assert_allclose(Q.T @ Q, B / 4, atol=1e-12)
    with pytest.raises(ProblemError, match="no vectors have these overlaps"):
        WithOverlaps(S, A / 100, B / 100)
    with pytest.raises(ProblemError, match="width 3"):
        start.draw(0, problem.architecture, 3, 1, 1)


def test_other_architectures_and_rules_are_refused(path):
    problem = path[0]
    with pytest.raises(NotDerivableError, match="not LowRank"):
        derive(
            Problem(
                problem.teacher,
                architectures.Diagonal(),
                problem.initialisation,
                problem.objective,
                problem.learning_rule,
            ),
            Overlaps(),
        )
    with pytest.raises(NotDerivableError, match="gradient flow, not of"):
        derive(
            Problem(
                problem.teacher,
                problem.architecture,
                problem.initialisation,
                problem.objective,
                learning_rules.GradientDescent(0.01),
            ),
            Overlaps(),
        )
