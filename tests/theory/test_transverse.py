"""Transverse growth: the coupling of a silent unit, against finite differences, formulas and full networks."""

import dataclasses
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from numerics.claims.integrator_outlier import dense_problem
from numerics.claims.transverse_escape import recurrent_outside
from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
from theory.errors import DomainWarning, NotDerivableError, ProblemError
from theory.flow import flow
from theory.moments import Moments
from theory.observation import Observer
from theory.reductions import AlignedPole, Confinement, ConjugatePair, InfiniteWidth
from theory.reductions.reduction import VectorField
from theory.transverse import coupling, escape_time, outside, propagator

REFERENCE = dense_problem(teachers.sum_of_exponentials((0.3, 2.5), (1.0, -1.5)), 1e-2)
MIXER = teachers.state_space(
    A=[[-0.3, 0.7], [-0.4, -0.6]], B=[[1.0, -0.5], [0.3, 0.8]], C=[[1.0, 0.2], [0.0, 1.0], [-0.7, 0.4]]
)


def first_plateau():
    """The narrow network at the reference target's one-pole saddle."""
    dynamics = derive(REFERENCE, AlignedPole())
    point = min(dynamics.fixed_points(), key=lambda p: float(p[dynamics.order_parameters[1].symbol]))
    state = jnp.array([float(point[parameter.symbol]) for parameter in dynamics.order_parameters])
    return AlignedPole().network(REFERENCE, state), state


class TestCoupling:
    @pytest.mark.parametrize("teacher", [REFERENCE.teacher, MIXER], ids=["1x1", "2x3"])
    def test_is_the_mixed_second_derivative_of_the_loss_of_the_wider_network(self, teacher):
        problem, random = dense_problem(teacher, 0.3), np.random.default_rng(0)
        p, q, k = teacher.inputs, teacher.outputs, 3
        network = {
            "recurrent": 0.3 * random.normal(size=(k, k)),
            "input": random.normal(size=(k, p)),
            "readout": random.normal(size=(q, k)),
        }
        own = 0.25
        M = coupling(Observer(problem, moments=False), problem, network, own)

        def loss(out, into):
            weights = {
                "recurrent": np.block(
                    [[network["recurrent"], out[:k, None]], [into[None, :k], np.full((1, 1), own)]]
                ),
                "input": np.concatenate([network["input"], into[None, k:]]),
                "readout": np.concatenate([network["readout"], out[k:, None]], axis=1),
            }
            return float(problem.loss(weights))

        h, out, into = 1e-3, random.normal(size=k + q), random.normal(size=k + p)
        mixed = (loss(h * out, h * into) - loss(-h * out, h * into)) / (2 * h * h)
        # the next order of the difference is h^2 = 1e-6 of it
        assert float(out @ M @ into) == pytest.approx(mixed, rel=1e-4)

    def test_at_the_first_plateau_is_of_rank_one_with_the_reference_escape_rate(self):
        network, state = first_plateau()
        values = np.linalg.svd(np.asarray(coupling(Observer(REFERENCE, moments=False), REFERENCE, network)))[
            1
        ]
        a, c = float(state[0]), float(state[1])
        error = abs(float(REFERENCE.teacher.transfer_function([1.0])[0, 0, 0].real) - a / (1 + c))
        assert values[0] == pytest.approx(0.239209, abs=1e-6)
        assert values[0] == pytest.approx(error * (1 + a / (1 - c) ** 2), rel=1e-8)
        assert values[1] < 1e-12
        # the control: diagonal units leave it at |E(1)| alone
        assert error == pytest.approx(0.129804, abs=1e-6)

    def test_propagator_solves_its_linear_equation(self):
        M = np.random.default_rng(1).normal(size=(3, 3))
        along = jnp.asarray(np.stack([M, M, M])), jnp.array([0.0, 0.4, 1.1])
        Phi, scale = propagator(*along, learning_rules.GradientFlow())
        expected = jax.scipy.linalg.expm(-1.1 * jnp.block([[jnp.zeros((3, 3)), M], [M.T, jnp.zeros((3, 3))]]))
        np.testing.assert_allclose(np.exp(scale[-1]) * Phi[-1], expected, rtol=1e-12, atol=1e-12)
        step = np.eye(6) - 0.1 * np.block([[np.zeros((3, 3)), M], [M.T, np.zeros((3, 3))]])
        Phi, scale = propagator(*along, learning_rules.GradientDescent(0.1))
        stepwise = np.linalg.matrix_power(step, 11)
        np.testing.assert_allclose(np.exp(scale[-1]) * Phi[-1], stepwise, rtol=1e-10, atol=1e-10)
        assert np.abs(stepwise - expected).max() > 1e-2

    def test_gradient_descent_leaves_the_subspace_at_the_rate_of_its_own_steps(self):
        """Full networks from a small random W(0), step by step; gradient flow would grow otherwise."""
        rule, width, gain, end = learning_rules.GradientDescent(0.5), 8, 1e-7, 20.0
        teacher = teachers.sum_of_exponentials((0.6, 2.5), (1.0, -1.5))
        problem = dataclasses.replace(dense_problem(teacher, 0.3), learning_rule=rule)
        start = problem.draw(width, 0)
        start |= {"recurrent": gain * jnp.asarray(np.random.default_rng(1).normal(size=(width, width)))}
        gradient = jax.grad(problem.loss)
        final = jax.lax.fori_loop(0, 40, lambda _, w: rule.step(w, (), gradient, 0.5)[0], start)
        dynamics = derive(problem)
        mesh, couplings = dynamics.couplings(dynamics.solve(end, width, 0, 41))
        basis = np.asarray(Confinement().basis(start))

        def grown(rule):
            Phi, scale = propagator(couplings, mesh, rule)
            return np.log(np.linalg.norm(Phi[-1] @ outside(start, basis))) + scale[-1]

        measured = np.log(np.linalg.norm(outside(final, basis)))
        # a step feels the coupling at its start, the prediction takes the mean of both ends
        assert measured == pytest.approx(grown(rule), abs=3e-3)
        assert abs(measured - grown(learning_rules.GradientFlow())) > 2e-2


def full_network(problem, width: int, times, seed: int = 0) -> dict:
    """All weights (record, ...) of the network of a draw, integrated adaptively."""
    start, restore = ravel_pytree(problem.draw(width, seed))
    moments = Moments(problem.teacher)

    def velocity(state, moments):
        weights = restore(state)
        slopes = moments.value_and_gradient(*problem.architecture.matrices(weights, problem.teacher.time))[1]
        return -ravel_pytree(dict(zip(("recurrent", "input", "readout"), slopes, strict=True)))[0]

    return jax.vmap(restore)(flow(VectorField(velocity, moments), start, jnp.asarray(times), 1e-8))


@pytest.mark.full
@pytest.mark.parametrize(
    ("rates", "residues", "gain", "end"),
    [
        ((0.15, 0.9, 3.0), (1.0, -3.0, 3.0), 1e-4, 190.0),
        ((0.2, 1.0, 5.0), (1.0, -3.0, 3.0), 1e-5, 240.0),
        ((0.15, 0.9, 3.0), (1.0, -2.0, 2.0), 1e-4, 240.0),
    ],
    ids=["fast", "medium", "slow"],
)
def test_escape_time_is_predicted_within_a_tenth(rates, residues, gain, end):
    """Three teachers of three modes; the two-pole saddle is left when theory says."""
    teacher, width = teachers.sum_of_exponentials(rates, residues), 12
    problem, dynamics = dense_problem(teacher, 0.1, gain), derive(dense_problem(teacher, 0.1))
    path = dynamics.amplification(dynamics.solve(end, width, 0, 121))
    predicted = escape_time(path, gain / np.sqrt(width))
    assert 50 < predicted < end
    weights = full_network(problem, width, path.training_time.values)
    sizes = recurrent_outside(weights, np.asarray(Confinement().basis(problem.draw(width, 0))))
    measured = float(path.training_time[int(np.argmax(sizes > 1e-2))])
    assert measured == pytest.approx(predicted, rel=0.1)


def test_solve_says_when_rounding_has_taken_over_and_not_before():
    dynamics = derive(dense_problem(teachers.sum_of_exponentials((0.2, 1.0, 5.0), (1.0, -3.0, 3.0)), 0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derive(dense_problem(teachers.leaky_integrator(0.3), 1e-2)).solve(400.0, 16, 0, records=2)
    with pytest.warns(DomainWarning, match="from training time 4[0-9][0-9] on.*rounding has grown"):
        dynamics.solve(600.0, 16, 0)


@pytest.mark.parametrize(
    ("scale", "seed"), [(1e-2, 1), *(pytest.param(3e-3, seed, marks=pytest.mark.full) for seed in range(3))]
)
def test_aligned_plane_says_when_the_network_of_the_draw_leaves_it(scale, seed):
    """Half of a draw is left out: it decays, and then grows on the plateau that a second pole leaves."""
    width, end = 12, 70.0
    problem = dense_problem(REFERENCE.teacher, scale)
    plane = derive(problem, AlignedPole())
    with pytest.warns(DomainWarning, match="the network leaves this prediction .aligned.*has grown to 0.1"):
        path = plane.solve(end, width, seed, 141)
    times = path.training_time.values
    weights = full_network(problem, width, times, seed)
    sizes = np.linalg.norm(outside(weights, AlignedPole().basis(problem.draw(width, seed))), axis=(1, 2))
    assert sizes[0] < 0.02 and sizes[times < 0.6 * path.domain_end].max() < 0.02
    measured = float(np.interp(np.log(0.1), np.log(sizes[times > 15]), times[times > 15]))
    assert measured == pytest.approx(path.domain_end, rel=0.01)
    # its loss is that of the plane until then, off by about the square of that size, and another one later
    exact = derive(problem).solve(end, width, seed, 141).loss.values
    off = np.abs(exact / path.loss.values - 1)
    assert off[times < path.domain_end].max() < 0.02 and off[-1] > 0.3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plane.solve(0.9 * path.domain_end, width, seed, 41).domain_end == np.inf


@pytest.mark.full
def test_plane_of_two_poles_says_when_a_small_random_recurrence_takes_over():
    problem, width = dense_problem(teachers.sum_of_exponentials((0.15, 0.9, 3.0), (1.0, -3.0, 3.0)), 0.1, 1e-4), 12
    plane = derive(problem, ConjugatePair())
    with pytest.warns(DomainWarning, match="leaves this prediction"):
        path = plane.solve(190.0, width, 0, 191)
    times = path.training_time.values
    basis = ConjugatePair().basis(problem.draw(width, 0))
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-12)
    sizes = np.linalg.norm(outside(full_network(problem, width, times), basis), axis=(1, 2))
    measured = float(times[int(np.argmax(sizes > 0.1))])
    assert 50 < measured == pytest.approx(path.domain_end, rel=0.1)


@pytest.mark.parametrize("reduction", [AlignedPole(), ConjugatePair()], ids=lambda kind: kind.name)
def test_growth_rate_of_a_plane_is_that_of_the_confined_world_it_lies_in(reduction):
    """Both reductions say the same of a silent unit, at the same weights."""
    problem = dense_problem(teachers.leaky_integrator(0.2), 1e-2)
    gram = 1e-4 * np.ones((2, 2))
    exact = derive(problem).solve_from(Confinement().start_from_gram(problem, gram), 10.0, 41)
    start = {"aligned": [1e-4, 1.0, 0.0], "symmetric": [1e-2, 0.0, 0.0, 0.0, 0.0]}[reduction.name.split()[0]]
    plane = derive(problem, reduction).solve_from(start, 10.0, 41)
    np.testing.assert_allclose(plane.transverse_growth_rate, exact.transverse_growth_rate, rtol=2e-2, atol=1e-3)
    assert float(exact.transverse_growth_rate.max()) > 0.5


@pytest.mark.parametrize("end", [5.0, pytest.param(150.0, marks=pytest.mark.full)])
def test_infinite_width_with_a_random_recurrence_leaves_the_saddle_where_confinement_stays(end):
    """No unit is silent there, so it has no transverse growth rate, and needs none."""
    teacher, gain = teachers.sum_of_exponentials((0.15, 0.9, 3.0), (1.0, -3.0, 3.0)), 0.1
    limit = derive(dense_problem(teacher, 0.1, gain), InfiniteWidth(1))
    path = limit.solve(end, records=16)
    assert "transverse_growth_rate" not in path and "domain_end" not in path.attrs
    with pytest.raises(NotDerivableError, match="infinite width.*leaves out no silent units"):
        limit.amplification(path)
    if end > 100:
        confined = derive(dense_problem(teacher, 0.1)).solve(end, 64, 0, 16)
        assert float(path.loss[-1]) < 0.1 * float(confined.loss[-1])


@pytest.mark.full
def test_finite_window_has_a_coupling_too():
    problem = Problem(
        teachers.leaky_integrator(0.5),
        architectures.FullRank(),
        initialisations.Gaussian(0.1, 0.1),
        objectives.FiniteWindow(60.0),
        learning_rules.GradientFlow(),
    )
    endless = dense_problem(teachers.leaky_integrator(0.5), 0.1)
    found, expected = (derive(p).solve(4.0, 8, 0, 21).transverse_growth_rate for p in (problem, endless))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(("perturbation", "size"), [(0.0, 1e-2), (1e-2, 1e-3), (-1.0, 1.0)])
def test_sizes_that_cannot_grow_into_each_other_are_refused(perturbation, size):
    dynamics = derive(dense_problem(teachers.leaky_integrator(0.5), 0.1))
    path = dynamics.amplification(dynamics.solve(4.0, 8, 0, 21))
    with pytest.raises(ProblemError, match="cannot grow to"):
        escape_time(path, perturbation, size)
    with pytest.raises(ProblemError, match="this path has no amplification"):
        escape_time(path.drop_vars("log_amplification"), 1e-6)
