"""Trained wide networks, readouts and regressions, each against the same by other means."""

import dataclasses

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg

from numerics.kernel_draws import KernelDraws
from numerics.lazy_training import LazyTraining
from numerics.reservoir_training import ReservoirTraining
from numerics.results import ResultStore
from theory.errors import ProblemError
from theory.kernels import Erf, Identity, Rates, RecurrentLayer, RecurrentNetwork, lag_rates

PULSE = np.eye(1, 4)[..., None]


def test_one_small_step_moves_outputs_by_the_own_kernel_at_every_rate(tmp_path):
    """Also where some weights are not trained: what is left is of second order in the step."""
    layer = RecurrentLayer(Erf(), 1.2, 1.0, 0.3, rates=Rates(0.5, 0.0, 2.0))
    network = RecurrentNetwork(layer, readout_rate=0.7)
    errors = []
    for step in (1e-2, 1e-3):
        training = LazyTraining(network, 12, PULSE, np.ones((1, 4)), step, (0, 1), seeds=2)
        found = training.run(ResultStore(tmp_path), progress=False)
        f = found.outputs.values
        np.testing.assert_allclose(f[:, 0], training.initial_outputs(), rtol=1e-12)
        flows = [training.flow_outputs(k, f0) for k, f0 in zip(found.kernel.values, f[:, 0], strict=True)]
        errors.append(np.abs(f[:, 1] - np.array(flows)[:, 1]).max())
        np.testing.assert_allclose(found.kernel.values, training.initial_kernels(), rtol=1e-10)
    assert errors[0] > 1e-8 and errors[1] == pytest.approx(errors[0] / 100, rel=0.2)


def test_descent_in_the_limit_is_by_the_rates_of_lags():
    training = LazyTraining(
        RecurrentNetwork(RecurrentLayer(Identity(), 0.9)), 4, PULSE, np.ones((1, 4)), 0.3, (0, 3), seeds=1
    )
    rates = lag_rates(np.arange(4), 0.9)
    found = training.flow_outputs(np.diag(rates), np.zeros(4))[1]
    np.testing.assert_allclose(1 - found, (1 - 0.3 * rates / 4) ** 3, rtol=1e-12)


def test_trained_readouts_are_those_of_the_flow_integrated_step_by_step():
    training = ReservoirTraining(0.6, 5, (0.4,), (0.0, 0.7, 3.0), seeds=1)
    found = training.compute(False, None)
    random = np.random.default_rng([0, 5])
    W, u = random.normal(size=(5, 5)) / np.sqrt(5), random.normal(size=5)
    u, A = u / np.linalg.norm(u), 0.6 * W - np.eye(5)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    t, weights = 30 * (nodes + 1), 30 * weights
    states = np.stack([scipy.linalg.expm(A * each) @ u for each in t])
    target = np.exp(-0.4 * t)
    flow = scipy.integrate.solve_ivp(
        lambda _, v: states.T @ (weights * (target - states @ v)), (0, 3), np.zeros(5), rtol=1e-10, atol=1e-12,
        t_eval=[0.0, 0.7, 3.0],
    )  # fmt: skip
    expected = [np.sum(weights * (states @ v - target) ** 2) / 2 for v in flow.y.T]
    np.testing.assert_allclose(found.loss.values[0, 0], expected, rtol=1e-6)


def test_kernel_draws_are_filed_by_network_and_their_limit_is_that_of_their_inputs(tmp_path):
    draws = KernelDraws(RecurrentNetwork(RecurrentLayer(Erf(), 1.2)), 8, seeds=2, sequences=1, times=2)
    other = dataclasses.replace(draws, network=RecurrentNetwork(RecurrentLayer(Erf(), 1.2, tied=False)))
    assert draws.configuration() != other.configuration()
    store = ResultStore(tmp_path)
    assert draws.run(store, progress=False).ntk.shape == (2, 2, 2)
    assert draws.stored(store) is not None and other.stored(store) is None
    assert draws.limit().ntk.shape == (2, 2)


def test_refusals():
    network = RecurrentNetwork(RecurrentLayer(Erf(), 1.2))
    with pytest.raises(ProblemError, match="records"):
        LazyTraining(network, 4, PULSE, np.ones((1, 4)), 0.1, (1, 2))
    with pytest.raises(ProblemError, match="targets have shape"):
        LazyTraining(network, 4, PULSE, np.ones((1, 3)), 0.1, (0, 2))
    with pytest.raises(ProblemError, match="gain"):
        ReservoirTraining(0.0, 5, (0.4,), (0.0,))
