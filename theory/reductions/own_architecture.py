"""Reductions to a network of the problem's own architecture: its weights are the order parameters."""

import abc
import functools

import jax
import jax.numpy as jnp
import sympy
from jax.flatten_util import ravel_pytree

from theory import symbolic
from theory.errors import NotDerivableError
from theory.learning_rules.credit import credited
from theory.linear_system import LinearSystem
from theory.network_equations import equations_of_architecture, network_equations
from theory.problem import Problem
from theory.reductions.confinement import mode_parameters, mode_values
from theory.reductions.reduction import OrderParameter, Reduction, VectorField, under_rule

_READABLE = 400  # operations


class OwnArchitecture(Reduction):
    """A network of `least_width` units of the problem's own architecture stands for the whole one.

    Its equations are in closed form where `theory.network_equations` has them, else by the objective's own gradient.
    """

    @abc.abstractmethod
    def assumptions(self, problem: Problem) -> tuple[str, ...]:
        """What must hold for the equations to be right."""

    def network(self, problem: Problem, state) -> dict:
        """The narrow network, of the problem's own architecture."""
        return unflattening(problem, self.least_width(problem))(state)

    def named(self, problem: Problem):
        """Weights of the narrow network."""
        return unflattening(problem, self.least_width(problem))

    def matrices(self, problem: Problem, state) -> tuple:
        """(A, B, C) of the narrow network."""
        return problem.architecture.matrices(self.network(problem, state), problem.teacher.time)

    def vector_field(self, problem: Problem) -> VectorField:
        """Minus the gradient of the narrow network."""
        units = self.least_width(problem)
        try:
            network_equations(problem, units)
        except NotDerivableError:
            return VectorField(gradient_field(problem, units), problem.teacher)
        modes = problem.teacher.modes
        function = _closed_form_field(problem.architecture, units, len(modes.poles), problem.teacher.time)
        return VectorField(function, mode_parameters(modes))

    def dynamics(self, problem: Problem):
        """The narrow network's weights as order parameters."""
        from theory.learning_dynamics import LearningDynamics

        units, teacher = self.least_width(problem), problem.teacher
        try:
            equations, loss, values = network_equations(problem, units)
        except NotDerivableError:
            equations, loss, values = {}, None, {}
        symbols = symbolic.weight_symbols(problem.architecture, units, teacher.inputs, teacher.outputs)
        equations = under_rule(problem.learning_rule, equations, symbols) if equations else {}
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=tuple(
                OrderParameter(symbol, f"weights {name} of the {self.name}")
                for name in sorted(symbols)
                for symbol in symbols[name]
            ),
            equations=equations,
            parameter_values=values,
            loss=loss,
            conserved=(),
            matrix_equations=() if short(equations) else matrix_equations(problem, units),
            assumptions=self.assumptions(problem),
        )


def short(equations: dict) -> bool:
    """Whether equations in closed form can be read; longer ones are printed in matrix form."""
    return 0 < sum(sympy.count_ops(rate) for rate in equations.values()) < _READABLE


def matrix_equations(problem: Problem, units: int) -> tuple:
    """`d(weights)/ds = -dL/d(weights)` for every group, for print; none where the rule has an equation of its own."""
    if not problem.learning_rule.uniform:
        return ()
    equations = []
    specified = problem.architecture.weights(units, problem.teacher.inputs, problem.teacher.outputs)
    for name, weight in specified.items():
        shape = weight.shape if len(weight.shape) == 2 else (*weight.shape, 1)
        dot, slope = (sympy.MatrixSymbol(text % name, *shape) for text in (r"\dot{%s}", r"\partial_{%s}L"))
        equations.append(sympy.Eq(dot, -slope, evaluate=False))
    return tuple(equations)


@functools.lru_cache(maxsize=64)
def _closed_form_field(architecture, units: int, modes: int, time):
    equations, _, symbols = equations_of_architecture(architecture, units, modes, time)
    compiled = symbolic.compile_to_jax([*equations, *symbols], equations.values())
    return lambda state, parameters: compiled(*state, *mode_values(parameters))


def gradient_field(problem: Problem, units: int):
    """`function(state, teacher)`: minus the gradient of that architecture's network of so many units, flattened.

    What the problem's rule takes for the gradient.
    """
    unflatten, rule = unflattening(problem, units), credited(problem.learning_rule)
    return _gradient_field(problem.architecture, problem.objective, rule, problem.teacher.time, unflatten)


@functools.lru_cache(maxsize=64)
def _gradient_field(architecture, objective, rule, time, unflatten):
    def function(state, teacher):
        matrices, pull_back = jax.vjp(lambda state: architecture.matrices(unflatten(state), time), state)
        _, slope = rule.value_and_gradient(objective, LinearSystem(*matrices, time=time), teacher)
        return -pull_back(slope)[0]

    return function


def unflattening(problem: Problem, units: int):
    """The function from a flat state to the weights of a network of so many units."""
    return _unravel(problem.architecture, units, problem.teacher.inputs, problem.teacher.outputs)


@functools.lru_cache(maxsize=64)
def _unravel(architecture, units: int, inputs: int, outputs: int):
    shapes = {name: weight.shape for name, weight in architecture.weights(units, inputs, outputs).items()}
    return ravel_pytree({name: jnp.zeros(shape) for name, shape in shapes.items()})[1]
