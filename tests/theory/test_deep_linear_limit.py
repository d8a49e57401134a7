"""Sequences of one step are two-layer linear networks: their published solutions hold for this toolkit's flow."""

import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jax.flatten_util import ravel_pytree

from theory import Problem, teachers
from theory.architectures import FullRank
from theory.final_time_modes import aligned_velocity
from theory.flow import flow
from theory.initialisations import Gaussian
from theory.learning_rules import GradientFlow
from theory.objectives import FinalTime
from theory.reductions.own_architecture import gradient_field, unflattening
from theory.reductions.reduction import VectorField


def test_one_step_is_the_sigmoid_of_deep_linear_networks():
    """`s(t) = s e^(2st) / (e^(2st) - 1 + s / s_0)`, Saxe, McClelland & Ganguli 2014."""
    s, start = 1.7, 0.05
    times = jnp.linspace(0.0, 3.0, 7)

    def velocity(state, targets):
        return jnp.concatenate(aligned_velocity(*jnp.split(state, 3), targets))

    field = VectorField(velocity, jnp.array([[s]]))
    states = flow(field, jnp.array([start**0.5, 0.4, start**0.5]), times)
    grown = np.exp(2 * s * times)
    np.testing.assert_allclose(states[:, 0] * states[:, 2], s * grown / (grown - 1 + s / start), rtol=1e-8)
    np.testing.assert_allclose(states[:, 1], 0.4)  # nothing is recurrent in one step


def test_one_step_is_the_riccati_solution_from_a_balanced_start():
    """Braun et al. 2022, Domine et al. 2025: from `W_2^T W_2 - W_1 W_1^T = lambda I`, with `Q = [W_1^T; W_2]`,

    `Q Q^T(t) = e^{Ft} Q_0 [I + Q_0^T (int_0^t e^{2Fs} ds) Q_0]^{-1} Q_0^T e^{Ft}`,
    `F = [[-lambda/2 I, Sigma^T], [Sigma, lambda/2 I]]`.
    """
    random, size, balance, time = np.random.default_rng(4), 3, 0.3, 1.2
    task, W1 = random.normal(size=(size, size)), 0.4 * random.normal(size=(size, size))
    W2 = scipy.linalg.sqrtm(W1 @ W1.T + balance * np.eye(size)).real
    problem = Problem(teachers.delay_line([task]), FullRank(), Gaussian(), FinalTime(1), GradientFlow())
    start = {"recurrent": jnp.zeros((size, size)), "input": jnp.asarray(W1), "readout": jnp.asarray(W2)}
    field = VectorField(gradient_field(problem, size), problem.teacher)
    end = flow(field, ravel_pytree(start)[0], jnp.array([0.0, time]), 1e-12)[-1]
    end = unflattening(problem, size)(end)
    Q = np.concatenate([np.asarray(end["input"]).T, end["readout"]])

    Q0, half = np.concatenate([W1.T, W2]), balance / 2 * np.eye(size)
    F = np.block([[-half, task.T], [task, half]])
    grown = scipy.linalg.expm(F * time)
    integral = np.linalg.solve(2 * F, scipy.linalg.expm(2 * F * time) - np.eye(2 * size))
    inner = np.linalg.inv(np.eye(size) + Q0.T @ integral @ Q0)
    np.testing.assert_allclose(Q @ Q.T, grown @ Q0 @ inner @ Q0.T @ grown, atol=1e-9)
    assert np.abs(Q @ Q.T - Q0 @ Q0.T).max() > 0.3  # it has moved
