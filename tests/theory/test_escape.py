"""Plateaus of any architecture are left through silent units at the predicted rates, and predictions that follow."""

import jax.numpy as jnp
import numpy as np
import pytest

from tests.theory.test_contracts import ARCHITECTURES, each, example
from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.escape import escape_rate, with_silent_unit
from theory.flow import flow
from theory.h2_reduction import reduced_models
from theory.reductions.own_architecture import gradient_field
from theory.reductions.reduction import VectorField

REFERENCE = teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5])


def problem(architecture, teacher=REFERENCE) -> Problem:
    return Problem(
        teacher,
        architecture,
        initialisations.Gaussian(0.5, 0.5, 0.4),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


def first_plateau(recurrent_shape) -> dict:
    """The best network of one unit, balanced."""
    best = reduced_models(REFERENCE, 1, starts=8)[0].system
    root = jnp.sqrt(best.C[0, 0] * best.B[0, 0]).reshape(1, 1)
    return {"recurrent": jnp.full(recurrent_shape, 1 + best.A[0, 0]), "input": root, "readout": root}


def test_reference_target_escapes_faster_with_a_dense_recurrence():
    """r_1 = .129804 for independent units, .239209 for dense ones: 1 + |a| / (1 - c)^2 = 1.843 times faster."""
    diagonal = escape_rate(problem(architectures.Diagonal()), first_plateau((1,)))
    dense = escape_rate(problem(architectures.FullRank()), first_plateau((1, 1)))
    np.testing.assert_allclose([diagonal, dense], [0.129804, 0.239209], atol=5e-7)
    network = first_plateau((1,))
    E = float(REFERENCE.transfer_function(np.array([1.0]))[0, 0, 0].real)
    E -= float((network["input"] * network["readout"]).item() / (1 + 1 - network["recurrent"].item()))
    assert diagonal == pytest.approx(abs(E), rel=1e-6)
    a, c = network["input"].item() ** 2, 1 - network["recurrent"].item()
    assert dense / diagonal == pytest.approx(1 + a / (1 - c) ** 2, rel=1e-6)


def test_nothing_escapes_from_the_solution():
    ours = problem(architectures.Diagonal(), teachers.leaky_integrator(0.2))
    one = jnp.ones((1, 1))
    assert escape_rate(ours, {"recurrent": jnp.array([0.8]), "input": one, "readout": one}) < 1e-9


@each(ARCHITECTURES)
def test_a_silent_unit_changes_neither_response_nor_gradient_of_the_others(kind):
    ours = problem(example(kind))
    network = ours.draw(2, 3)
    wide = with_silent_unit(ours, network)
    assert ours.width_of(wide) == 3
    lags = np.array([0.0, 0.7, 2.0])
    expected = ours.system(network).impulse_response(lags)
    np.testing.assert_allclose(ours.system(wide).impulse_response(lags), expected, atol=1e-12)


def time_to_rate(architecture, start: dict, below=0.3, end=120.0) -> float:
    """When the slowest pole of a network, of identical or of one unit, decays slower than at that rate."""
    ours = problem(architecture, teachers.leaky_integrator(0.2))
    width = ours.width_of(start)
    from jax.flatten_util import ravel_pytree

    flat, restore = ravel_pytree(start)
    times = np.linspace(0.0, end, 6001)
    states = flow(VectorField(gradient_field(ours, width), ours.teacher), flat, jnp.asarray(times))
    poles = [
        np.asarray(architecture.matrices(restore(state), ours.teacher.time)[0])[0, 0] for state in states
    ]
    return float(np.interp(-below, poles, times))


@pytest.mark.full
def test_factors_of_rank_one_add_a_plateau():
    """Time to half of the way: (1 + c*) ln(1/eps) dense, [(1 + c*) + (1 + c*)^3 / (1 - c*)] ln(1/eps) of rank one."""
    slopes = []
    for architecture, factors in [
        (architectures.FullRank(), ("recurrent",)),
        (architectures.LowRank(1), ("left", "right")),
    ]:
        found = []
        for eps in (1e-4, 1e-6):
            small = jnp.full((1, 1), eps)
            start = {name: (0 if name == "recurrent" else 1) * small for name in factors}
            found.append(time_to_rate(architecture, {**start, "input": small, "readout": small}, below=0.6))
        slopes.append((found[1] - found[0]) / np.log(100.0))
    np.testing.assert_allclose(slopes, [1.2, 1.2 + 1.2**3 / 0.8], rtol=2e-3)
