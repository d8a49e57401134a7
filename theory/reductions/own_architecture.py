"""Reductions to a network of the problem's own architecture: its weights are the order parameters."""

import abc
import functools

import jax
import jax.numpy as jnp
import sympy
from jax.flatten_util import ravel_pytree

from theory import symbolic
from theory.learning_rules.credit import credited
from theory.linear_system import LinearSystem
from theory.problem import Problem
from theory.reductions.reduction import OrderParameter, Reduction, VectorField


class OwnArchitecture(Reduction):
    """A network of `least_width` units of the problem's own architecture stands for the whole one."""

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
        return VectorField(gradient_field(problem, self.least_width(problem)), problem.teacher)

    def dynamics(self, problem: Problem):
        """The narrow network's weights as order parameters."""
        from theory.learning_dynamics import LearningDynamics

        units, teacher = self.least_width(problem), problem.teacher
        symbols = symbolic.weight_symbols(problem.architecture, units, teacher.inputs, teacher.outputs)
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=tuple(
                OrderParameter(symbol, f"weights {name} of the {self.name}")
                for name in sorted(symbols)
                for symbol in symbols[name]
            ),
            equations={},
            parameter_values={},
            loss=None,
            conserved=(),
            matrix_equations=matrix_equations(problem, units),
            assumptions=self.assumptions(problem),
        )


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
