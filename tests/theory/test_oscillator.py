"""Learning to oscillate: the symmetric plane, collisions of poles, and complex modes in closed form."""

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.integrator_outlier import dense_problem
from theory import derive, teachers
from theory.collision import collisions, discriminant
from theory.errors import NotDerivableError, ProblemError
from theory.reductions import AlignedPole, Confinement, ConjugatePair

PROBLEM = dense_problem(teachers.damped_oscillator(0.3, 1.0, 1.2), 0.2)


@pytest.fixture(scope="module")
def pair():
    return derive(PROBLEM, ConjugatePair())


@pytest.fixture(scope="module")
def path():
    return derive(PROBLEM).solve(36.0, 16, 0, 721)


def test_teacher_is_the_oscillation_it_says():
    teacher, t = teachers.damped_oscillator(0.3, 1.1, 0.7), np.linspace(0, 9, 10)
    np.testing.assert_allclose(
        teacher.impulse_response(t)[:, 0, 0], np.exp(-0.3 * t) * np.cos(1.1 * t - 0.7), atol=1e-14
    )
    np.testing.assert_allclose(
        np.sort_complex(np.linalg.eigvals(teacher.A)), np.sort_complex(teacher.poles())
    )
    points = np.array([0.4, 1.0 + 2.0j])
    modes = sum(r / (points - p) for p, r in zip(*teacher.modes, strict=True))
    np.testing.assert_allclose(teacher.transfer_function(points)[:, 0, 0], modes, rtol=1e-12)
    with pytest.raises(ProblemError, match="frequency = -1"):
        teachers.damped_oscillator(0.3, -1.0)


def test_complex_modes_in_closed_form_are_the_gramians(path):
    teacher = PROBLEM.teacher
    unknown = dense_problem(teachers.state_space(teacher.A, teacher.B, teacher.C), 0.2)
    expected = derive(unknown).solve(12.0, 16, 0, 61)
    np.testing.assert_allclose(path.loss[:241:4], expected.loss, atol=1e-9)


def test_plane_conserves_one_quantity_found_by_the_machine(pair):
    (conserved,) = pair.conserved
    assert str(conserved) == "u_1*u_2 - w_11*w_12 + w_12*w_22"
    states = pair.solve(36.0, 16, 0).state.values
    u1, u2, w11, w12, w22 = states.T
    balance = u1 * u2 + w12 * (w22 - w11)
    np.testing.assert_allclose(balance, balance[0], atol=1e-8)


@pytest.mark.full
def test_plane_is_exact_for_read_in_and_readout_of_equal_norm(pair):
    gram = 0.04 * np.array([[1.0, 0.3], [0.3, 1.0]])
    exact = derive(PROBLEM).solve_from(Confinement().start_from_gram(PROBLEM, gram), 36.0)
    u1, u2 = 0.2 * np.sqrt([1.3 / 2, 0.7 / 2])
    found = pair.solve_from([u1, u2, 0.0, 0.0, 0.0], 36.0)
    np.testing.assert_allclose(found.loss, exact.loss, atol=1e-8)
    # the control: norms that differ, with the same overlap and the same sum of squares
    other = 0.04 * np.array([[1.2, 0.3], [0.3, 0.8]])
    unbalanced = derive(PROBLEM).solve_from(Confinement().start_from_gram(PROBLEM, other), 36.0)
    assert np.abs(found.loss - unbalanced.loss).max() > 1e-3


def test_machine_finds_the_balance_of_the_confined_equations():
    """Three quadratic quantities, together U U^T + W W^T - V^T V - W^T W."""
    found = derive(dense_problem(teachers.leaky_integrator(0.2), 1e-2)).find_conserved()
    known = derive(dense_problem(teachers.leaky_integrator(0.2), 1e-2)).conserved
    symbols = sorted(set().union(*(q.free_symbols for q in known)), key=str)
    random = np.random.default_rng(0).normal(size=(40, len(symbols)))
    values = [
        [[float(q.subs(dict(zip(symbols, x, strict=True)))) for q in of] for x in random]
        for of in (found, known)
    ]
    both = np.linalg.matrix_rank(np.concatenate(values, axis=1), tol=1e-8)
    assert len(found) == np.linalg.matrix_rank(values[1], tol=1e-8) == both == 3


class TestCollision:
    def test_poles_part_as_the_square_root_with_the_predicted_speed(self, path):
        dynamics = derive(PROBLEM)
        born = [c for c in collisions(dynamics, path) if c.speed < 0][-1]
        ahead = np.array([0.01, 0.02, 0.04])
        last = int(np.argmax(path.training_time.values > born.training_time)) - 1
        since = float(path.training_time[last]) - born.training_time
        before = dynamics.solve_from(path.state.values[last], 0.04 - since, 721)
        times = before.training_time.values + since
        imaginary = np.interp(ahead, times, np.abs(before.pole.values[:, 0].imag))
        np.testing.assert_allclose(imaginary, np.sqrt(-born.speed * ahead), rtol=2e-2)
        # residues diverge as one over the square root: their product with it stays
        residues = np.interp(ahead, times, np.abs(before.residue.values[:, 0].imag))
        np.testing.assert_allclose(residues * np.sqrt(ahead), residues[0] * np.sqrt(ahead[0]), rtol=5e-2)

    def test_discriminant_is_smooth_where_the_poles_are_not(self, path):
        reduction = derive(PROBLEM).reduction
        A = np.stack(
            [np.asarray(reduction.matrices(PROBLEM, state)[0]) for state in jnp.asarray(path.state.values)]
        )
        values = np.asarray(discriminant(A))
        eigenvalues = np.linalg.eigvals(A)
        np.testing.assert_allclose(
            values, (((eigenvalues[:, 0] - eigenvalues[:, 1]) / 2) ** 2).real, atol=1e-9
        )
        steps = np.abs(np.diff(values))
        assert steps.max() < 0.02

    def test_collisions_of_other_widths_are_refused(self):
        plane = derive(dense_problem(teachers.leaky_integrator(0.2), 1e-2), AlignedPole())
        with pytest.raises(NotDerivableError, match="networks of two units"):
            collisions(plane, plane.solve(4.0, 8, 0, 5))


def test_aligned_pole_refuses_an_oscillation():
    with pytest.raises(NotDerivableError, match="the teacher oscillates"):
        derive(PROBLEM, AlignedPole())
