"""Learning rules: the order at which each departs from gradient flow, and where it loses stability."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
from jax.flatten_util import ravel_pytree

from theory.errors import ProblemError
from theory.learning_rules import GradientDescent, GradientFlow

RULES = [GradientFlow(), GradientDescent(step_size=0.1)]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)


def gradient(weights):
    """Of a quartic potential in two coupled groups of weights; nothing about it is linear."""
    u, W = weights["u"], weights["W"]
    return {"u": W @ u + u**3, "W": jnp.outer(u, u) / 2 + jnp.sin(W)}


START = {"u": jnp.array([1.0, -0.5]), "W": jnp.array([[0.8, 0.3], [-0.2, 0.6]])}


def flowed(duration):
    """Gradient flow by SciPy's eighth-order method at the limit of rounding."""
    flat, restore = ravel_pytree(START)
    field = jax.jit(lambda flat: -ravel_pytree(gradient(restore(flat)))[0])
    options = {"method": "DOP853", "rtol": 1e-13, "atol": 1e-15}
    path = scipy.integrate.solve_ivp(lambda _, y: np.asarray(field(y)), (0, duration), flat, **options)
    return path.y[:, -1]


def error_after(rule, duration, steps):
    @jax.jit
    def run(weights):
        return jax.lax.fori_loop(0, steps, lambda _, w: rule.step(w, gradient, duration / steps), weights)

    return np.abs(ravel_pytree(run(START))[0] - flowed(duration)).max()


@each_rule
def test_error_against_gradient_flow_falls_at_the_stated_order(rule):
    # fine enough that the next order adds less than 0.1, coarse enough to be far above rounding
    steps = {1: 200, 4: 20}[rule.order]
    errors = [error_after(rule, 1.0, steps * factor) for factor in (1, 2)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(rule.order, abs=0.1)


@each_rule
def test_steps_on_a_quadratic_lose_stability_where_stated(rule):
    curvature = 3.0
    for factor, stable in ((0.999, True), (1.001, False)):
        step_size = factor * rule.stability_interval / curvature

        def shrunk(_, w, step_size=step_size):
            return rule.step(w, lambda w: curvature * w, step_size)

        end = float(jax.lax.fori_loop(0, 3000, shrunk, jnp.array(1.0)))
        assert (abs(end) < 1) == stable


@each_rule
def test_step_takes_the_stated_number_of_gradients(rule):
    calls = []

    def counted(weights):
        jax.debug.callback(lambda: calls.append(None))
        return weights

    rule.step(jnp.ones(2), counted, 0.1)
    jax.effects_barrier()
    assert len(calls) == rule.gradients_per_step


@each_rule
def test_step_commutes_with_rotations(rule):
    assert rule.rotation_invariant
    random = np.random.default_rng(1)
    rotation, H = np.linalg.qr(random.normal(size=(3, 3)))[0], random.normal(size=(3, 3))
    x = random.normal(size=3)

    def field(w):
        return H @ w + w * (w @ w)

    turned = rule.step(rotation @ x, lambda w: rotation @ field(rotation.T @ w), 0.1)
    np.testing.assert_allclose(turned, rotation @ rule.step(x, field, 0.1), rtol=1e-13)  # rounding


def test_only_descent_prescribes_its_step_size():
    assert GradientFlow().chosen_step_size() is None
    assert GradientDescent(step_size=0.03).chosen_step_size() == 0.03
    assert str(GradientDescent(step_size=0.03)) == "gradient descent, step size 0.03"


@pytest.mark.parametrize("step_size", [0.0, -0.1, np.nan, "small"])
def test_step_size_must_be_positive(step_size):
    with pytest.raises(ProblemError, match="step_size"):
        GradientDescent(step_size=step_size)
