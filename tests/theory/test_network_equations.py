"""Equations in closed form of every shipped architecture, against its exact gradient."""

import time as clock

import numpy as np
import pytest
import scipy.linalg
import sympy
from jax.flatten_util import ravel_pytree

from tests.theory.test_contracts import ARCHITECTURES, each, example
from theory import (
    Problem,
    architectures,
    derive,
    initialisations,
    learning_rules,
    objectives,
    symbolic,
    teachers,
)
from theory.architectures import Architecture, Weight
from theory.errors import NotDerivableError
from theory.network_equations import network_equations
from theory.reductions import WholeNetwork

TWO_MODES = teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5])


def problem(architecture, teacher=TWO_MODES, objective=None) -> Problem:
    return Problem(
        teacher,
        architecture,
        initialisations.Gaussian(0.5, 0.5, 0.4),
        objective or objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


def brute_force_loss(ours, weights) -> float:
    """By scipy's Lyapunov solver, on the error system."""
    A, B, C = (np.asarray(M) for M in ours.architecture.matrices(weights, ours.teacher.time))
    A = scipy.linalg.block_diag(A, ours.teacher.A)
    B, C = np.concatenate([B, ours.teacher.B]), np.concatenate([C, -ours.teacher.C], axis=1)
    return float((C @ scipy.linalg.solve_continuous_lyapunov(A, -B @ B.T) @ C.T)[0, 0] / 2)


DEFAULT = {architectures.ExponentialRate, architectures.LowRank, architectures.PolarDiagonal}


@each([kind if kind in DEFAULT else pytest.param(kind, marks=pytest.mark.full) for kind in ARCHITECTURES])
def test_equations_of_two_modes_are_minus_the_slope_of_the_loss_and_take_seconds(kind):
    ours = problem(example(kind))
    units = 1 if issubclass(kind, architectures.ComplexUnits) else 2
    begin = clock.process_time()
    equations, loss, values = network_equations(ours, units)
    assert clock.process_time() - begin < 10.0
    weights = {name: group + 0.1 for name, group in ours.draw(units, 3).items()}
    flat, restore = ravel_pytree(weights)
    names = symbolic.weight_symbols(ours.architecture, units, 1, 1)
    assert list(equations) == [x for name in sorted(names) for x in names[name]]
    numbers = {**dict(zip(equations, map(float, flat), strict=True)), **values}
    *found, value = sympy.lambdify(list(numbers), [*equations.values(), loss], cse=True)(*numbers.values())
    assert value == pytest.approx(brute_force_loss(ours, weights), rel=1e-9)
    spacing, slopes = 1e-5, []
    for shift in spacing * np.eye(flat.size):
        up, down = (brute_force_loss(ours, restore(flat + sign * shift)) for sign in (1, -1))
        slopes.append((up - down) / (2 * spacing))
    np.testing.assert_allclose(found, -np.array(slopes), rtol=1e-7, atol=1e-8)  # the differences' own error


def test_the_whole_network_of_one_unit_is_derived_printed_and_followed_in_closed_form():
    ours = problem(architectures.ExponentialRate(), teachers.leaky_integrator(0.4))
    dynamics = derive(ours, WholeNetwork(1))
    assert "exp(-recurrent)" in str(dynamics) and r"\frac{d recurrent}{d s}" in dynamics.latex()
    state = dynamics.reduction.start(ours, 1, 2)
    field = dynamics.reduction.vector_field(ours)
    assert field.parameters is not ours.teacher  # the closed form's, not the objective's own gradient
    gradient = ours.gradient(dynamics.reduction.network(ours, state))
    np.testing.assert_allclose(
        field.function(state, field.parameters), -ravel_pytree(gradient)[0], atol=1e-14
    )


class Opaque(Architecture):
    """A map by NumPy functions that SymPy cannot follow."""

    version = 1

    def weights(self, width, inputs, outputs):
        return {
            "recurrent": Weight((width,), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights, time):
        import jax.numpy as jnp

        return jnp.diag(jnp.tanh(weights["recurrent"]) - 1), weights["input"], weights["readout"]


def test_where_there_is_no_closed_form_it_says_so_and_follows_the_gradient():
    with pytest.raises(NotDerivableError, match="does not take SymPy matrices"):
        network_equations(problem(Opaque()), 1)
    with pytest.raises(NotDerivableError, match="up to 2 states; this network has 3"):
        network_equations(problem(architectures.Diagonal()), 3)
    with pytest.raises(NotDerivableError, match="white noise at all times"):
        network_equations(problem(architectures.Diagonal(), objective=objectives.FiniteWindow(5.0)), 1)
    unknown = teachers.state_space([[-0.3]], [[1.0]], [[1.0]])
    with pytest.raises(NotDerivableError, match="modes are known"):
        network_equations(problem(architectures.Diagonal(), unknown), 1)
    path = derive(problem(Opaque(), teachers.leaky_integrator(0.4)), WholeNetwork(1)).solve(20.0, 1, 0, 3)
    assert path.loss[-1] < 0.1 * path.loss[0]
