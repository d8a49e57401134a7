"""Transverse growth: the coupling of a silent unit, against finite differences, formulas and full networks."""

import dataclasses
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.claims.integrator_outlier import dense_problem
from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
from theory.errors import DomainWarning, ProblemError
from theory.flow import flow
from theory.moments import Moments
from theory.observation import Observer
from theory.reductions import AlignedPole, Confinement
from theory.reductions.reduction import VectorField
from theory.transverse import coupling, escape_time, propagator

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
        along = jnp.asarray(np.stack([M, M, M])), jnp.array([0.0, 0.4, 1.1]), 1
        Phi, scale = propagator(*along, learning_rules.GradientFlow())
        expected = jax.scipy.linalg.expm(-1.1 * jnp.block([[jnp.zeros((3, 3)), M], [M.T, jnp.zeros((3, 3))]]))
        kept = np.array([0, 1, 3, 4])
        np.testing.assert_allclose(
            np.exp(scale[-1]) * Phi[-1], expected[kept][:, kept], rtol=1e-12, atol=1e-12
        )
        step = np.eye(6) - 0.1 * np.block([[np.zeros((3, 3)), M], [M.T, np.zeros((3, 3))]])
        Phi, scale = propagator(*along, learning_rules.GradientDescent(0.1))
        stepwise = np.linalg.matrix_power(step, 11)[kept][:, kept]
        np.testing.assert_allclose(np.exp(scale[-1]) * Phi[-1], stepwise, rtol=1e-10, atol=1e-10)
        assert np.abs(stepwise - expected[kept][:, kept]).max() > 1e-2

    def test_gradient_descent_leaves_the_subspace_at_the_rate_of_its_own_steps(self):
        """Full networks from a small random W(0), step by step; gradient flow would grow otherwise."""
        rule, width, gain, end = learning_rules.GradientDescent(0.5), 8, 1e-7, 20.0
        teacher = teachers.sum_of_exponentials((0.6, 2.5), (1.0, -1.5))
        problem = dataclasses.replace(dense_problem(teacher, 0.3), learning_rule=rule)
        start = problem.draw(width, 0)
        start |= {"recurrent": gain * jnp.asarray(np.random.default_rng(1).normal(size=(width, width)))}
        gradient = jax.grad(problem.loss)
        final = jax.lax.fori_loop(0, 40, lambda _, w: rule.step(w, gradient, 0.5), start)["recurrent"]
        dynamics = derive(problem)
        mesh, couplings = dynamics.couplings(dynamics.solve(end, width, 0, 41))
        basis = np.asarray(Confinement().basis(start))
        beyond = np.eye(width) - basis @ basis.T

        def outside(W):
            return np.concatenate([basis.T @ W @ beyond, (beyond @ W @ basis).T])

        def grown(rule):
            Phi, scale = propagator(couplings, mesh, 1, rule)
            return np.log(np.linalg.norm(Phi[-1] @ outside(start["recurrent"]))) + scale[-1]

        measured = np.log(np.linalg.norm(outside(np.asarray(final))))
        # a step feels the coupling at its start, the prediction takes the mean of both ends
        assert measured == pytest.approx(grown(rule), abs=3e-3)
        assert abs(measured - grown(learning_rules.GradientFlow())) > 2e-2


def full_network(problem, width: int, gain: float, times):
    """Root-mean-square weight between S and the rest, of a network from a random W(0), integrated adaptively."""
    weights = problem.draw(width, 0)
    recurrent = gain / np.sqrt(width) * np.random.default_rng(1).normal(size=(width, width))
    moments, n = Moments(problem.teacher), width

    def velocity(state, moments):
        u, v, W = state[:n, None], state[None, n : 2 * n], state[2 * n :].reshape(n, n)
        dA, dB, dC = moments.value_and_gradient(W - jnp.eye(n), u, v)[1]
        return -jnp.concatenate([dB.ravel(), dC.ravel(), dA.ravel()])

    start = jnp.concatenate([weights["input"].ravel(), weights["readout"].ravel(), recurrent.ravel()])
    W = np.asarray(flow(VectorField(velocity, moments), start, times, 1e-8))[:, 2 * n :].reshape(-1, n, n)
    S = np.linalg.qr(np.concatenate([weights["input"], weights["readout"].T], axis=1))[0]
    P, Q = S @ S.T, np.eye(n) - S @ S.T
    square = ((P @ W @ Q) ** 2).sum((1, 2)) + ((Q @ W @ P) ** 2).sum((1, 2))
    return np.sqrt(square / (4 * (n - 2)))


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
    problem, width = dense_problem(teachers.sum_of_exponentials(rates, residues), 0.1), 12
    dynamics = derive(problem)
    path = dynamics.amplification(dynamics.solve(end, width, 0, 121))
    predicted = escape_time(path, gain / np.sqrt(width))
    assert 50 < predicted < end
    sizes = full_network(problem, width, gain, jnp.asarray(path.training_time.values))
    measured = float(path.training_time[int(np.argmax(sizes > 1e-2))])
    assert measured == pytest.approx(predicted, rel=0.1)


def test_solve_says_when_rounding_has_taken_over_and_not_before():
    dynamics = derive(dense_problem(teachers.sum_of_exponentials((0.2, 1.0, 5.0), (1.0, -3.0, 3.0)), 0.1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derive(dense_problem(teachers.leaky_integrator(0.3), 1e-2)).solve(400.0, 16, 0, records=2)
    with pytest.warns(DomainWarning, match="from training time 4[0-9][0-9] on.*rounding has grown"):
        dynamics.solve(600.0, 16, 0)


@pytest.mark.full
def test_growth_rate_of_the_plane_is_that_of_the_confined_world_it_lies_in():
    """Both reductions say the same of a silent unit, at the same weights."""
    problem = dense_problem(teachers.leaky_integrator(0.2), 1e-2)
    gram = 1e-4 * np.ones((2, 2))
    exact = derive(problem).solve_from(Confinement().start_from_gram(problem, gram), 10.0, 41)
    plane = derive(problem, AlignedPole())
    plane_path = plane.amplification(plane.solve_from([1e-4, 1.0, 0.0], 10.0, 41))
    np.testing.assert_allclose(
        plane_path.transverse_growth_rate, exact.transverse_growth_rate, rtol=2e-2, atol=1e-3
    )


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
