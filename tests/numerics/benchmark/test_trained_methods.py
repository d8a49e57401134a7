"""Methods that gradients train: their losses, the models that they become, and what linear methods cannot do."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from numerics.benchmark.methods import method
from numerics.benchmark.methods.forced_network import forced_loss
from numerics.benchmark.methods.latent_ode import OdeModel, ode_loss, runge_kutta
from numerics.benchmark.models.network import NetworkModel
from numerics.recordings import record
from numerics.students.interpolated_forcing import InterpolatedLoss
from tests.numerics.benchmark.small import TwoPoints
from theory.errors import ProblemError
from theory.nonlinearities import Identity


def weights(states=5, units=3, seed=0):
    random = np.random.default_rng(seed)
    A, W, U = (random.normal(size=shape) for shape in ((states, states), (states, units), (units, states)))
    return {"A": 0.4 * A / np.sqrt(states), "W": W, "U": U, "b": random.normal(size=units)}


def network(channels=2, **changed):
    mean, spread = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    return NetworkModel(**(weights() | changed), mean=mean, spread=spread, bin_size=0.5, noise=np.zeros((2, 2)))


def ode():
    w = weights(4, 3)
    E, C = np.random.default_rng(1).normal(size=(4, 6)), np.random.default_rng(2).normal(size=(2, 4))
    return OdeModel(E, w["A"] - np.eye(4), w["W"], w["U"], w["b"], C, np.array([1.0, -2.0]), np.array([0.5, 3.0]), 0.5)


def test_forcing_in_training_is_that_of_the_student_for_linear_networks():
    w = weights()
    windows = jnp.asarray(np.random.default_rng(3).normal(size=(7, 9, 2)))
    for forcing in (0.0, 0.3, 1.0):
        mine = forced_loss(w | {"W": np.zeros((5, 3)), "forcing": np.array(forcing)}, windows)
        theirs = InterpolatedLoss(Identity(), forcing)({"recurrent": jnp.asarray(w["A"])}, windows)
        assert float(mine) == pytest.approx(float(theirs), rel=1e-12)
    slope = jax.grad(lambda one: forced_loss(one, windows))(jax.tree.map(jnp.asarray, w | {"forcing": np.array(0.3)}))
    assert float(slope["forcing"]) == 0.0 and float(jnp.abs(slope["W"]).max()) > 0


def test_what_is_trained_is_what_is_simulated():
    """The loss of windows is the mean squared error of the models' own continuations."""
    w, model = weights(), network()
    x = np.random.default_rng(3).normal(size=(6, 2))
    loss = float(forced_loss(w | {"forcing": np.array(0.0)}, jnp.asarray(x)[None]))
    told = model.simulate(model.mean + model.spread * x[:1], steps=5)[0]
    assert np.mean(((told - model.mean) / model.spread - x[1:]) ** 2) == pytest.approx(loss, rel=1e-12)
    # from the end of longer histories by full forcing
    longer = float(forced_loss(w | {"forcing": np.array(1.0)}, jnp.asarray(x)[None]))
    ones = [model.simulate(model.mean + model.spread * x[:n], steps=1)[0, 0] for n in range(1, 6)]
    assert np.mean(((np.stack(ones) - model.mean) / model.spread - x[1:]) ** 2) == pytest.approx(longer, rel=1e-12)
    flow = ode()
    inner = dict(E=flow.E, F=flow.F, W=flow.W, U=flow.U, b=flow.b, C=flow.C)
    loss = float(ode_loss(jax.tree.map(jnp.asarray, inner), jnp.asarray(x)[None]))
    told = flow.simulate(flow.mean + flow.spread * x[:3], steps=3)[0]
    assert np.mean(((told - flow.mean) / flow.spread - x[3:]) ** 2) == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("model", (network(), ode()), ids=("network", "ode"))
def test_what_is_examined_is_what_is_simulated(model):
    history = np.random.default_rng(4).normal(size=(6, 2))
    z, told = model.encode(history), model.simulate(history, steps=3)[0]
    for expected in told:
        z = np.asarray(model.one_bin(z))
        np.testing.assert_allclose(model.decode(z), expected, rtol=1e-12)


def test_a_step_of_the_flow_errs_at_fourth_order():
    def error(steps):
        z = 1.0
        for _ in range(steps):
            z = runge_kutta(lambda z: -(z**2), z, 2.0 / steps)
        return abs(z - 1 / 3)

    assert np.log2(error(16) / error(32)) == pytest.approx(4.0, abs=0.2)


def test_a_network_keeps_two_points_apart_where_regression_cannot():
    """Without noise, runs from either side stay there; those of a one-step regression are drawn to the mean."""
    circuit = TwoPoints().draw(0)
    data = record(circuit, 300, 1.0, observed=range(4), trials=6, seed=1)
    sides = np.sign(data.activity[:, -1] @ circuit.truth.states[0][:4])
    assert set(sides) == {-1.0, 1.0}
    model = dataclasses.replace(method("rnn"), forcings=(0.3,), steps=200, window=8, hidden=0).fit(data, 0)
    z, line = model.encode(data.activity[:, -40:]), method("ridge").fit(data, 0).A
    drawn = (data.activity[:, -1] - data.activity.mean(axis=(0, 1))) @ np.linalg.matrix_power(line.T, 400)
    for _ in range(2000):
        z = model.step(z)
    kept = model.decode(z)
    assert (np.sign(kept @ circuit.truth.states[0][:4]) == sides).all()
    assert np.abs(model.step(z) - z).max() < 1e-6  # at rest, so that these are fixed points
    assert np.linalg.norm(kept, axis=1).min() > 0.5 * np.linalg.norm(data.activity[:, -1], axis=1).mean()
    assert np.abs(drawn).max() < 0.3 * np.abs(kept).max()


def test_forcings_are_shares():
    data = record(TwoPoints().draw(0), 50, 1.0, observed=[0], seed=1)
    with pytest.raises(ProblemError, match="from 0 to 1"):
        dataclasses.replace(method("rnn"), forcings=(0.5, 1.5)).fit(data, 0)
