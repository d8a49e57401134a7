"""Identical independent units: N of them move as one whose recurrent weight learns N times more slowly."""

import dataclasses
import functools

import jax.numpy as jnp
import sympy
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from theory.architectures import IndependentUnits
from theory.initialisations import Identical
from theory.learning_rules import GradientFlow
from theory.problem import Problem
from theory.reductions.own_architecture import OwnArchitecture, unflattening
from theory.reductions.reduction import OrderParameter, VectorField


class IdenticalUnits(OwnArchitecture):
    """N independent units that start alike stay alike, and share their work: each one's pole feels an Nth of it.

    With `u_i = U / sqrt(N)`, `v_i = V / sqrt(N)` and the same w for all units, the response is `V exp(pole(w) t) U`,
    that of one unit, and

        dU/ds = -dL/dU,    dV/ds = -dL/dV,    dw/ds = -(1/N) dL/dw

    so in function space `M_a = 2` as for one unit, and `M_c` is an Nth of one unit's: a wide population of
    identical units learns residues as fast as one unit, and timescales N times more slowly. Units that differ at
    first do better: those with the largest weights run ahead and take over.

    Assumptions: independent units; all alike at the start; a rule without preferred directions.

    Source: derived here.
    """

    name = "identical units"
    kind = "exact"
    reference = "derived here"

    def obstacle(self, problem: Problem) -> str | None:
        """Units with cross-connections, units that start differently, or a rule that is not gradient flow."""
        if not isinstance(problem.architecture, IndependentUnits):
            return f"the architecture {problem.architecture} is not one of independent units"
        if not isinstance(problem.initialisation, Identical):
            return f"units start differently: {problem.initialisation}"
        if not isinstance(problem.learning_rule, GradientFlow):
            return f"{problem.learning_rule} is not gradient flow, whose rates scale with the width"
        return None

    def least_width(self, problem: Problem) -> int:
        """One unit."""
        return 1

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """The weights of the one unit, and the width."""
        teacher = problem.teacher
        one = problem.initialisation.draw(seed, problem.architecture, 1, teacher.inputs, teacher.outputs)
        return jnp.append(ravel_pytree(one)[0], float(width))

    def restrict(self, problem: Problem, weights: dict, initial: dict) -> Float[Array, " state"]:
        """Mean recurrent weight, and read-in and readout summed over units over the root of their number."""
        width = problem.width_of(weights)
        one = {
            "recurrent": weights["recurrent"].mean(keepdims=True),
            "input": weights["input"].sum(axis=0, keepdims=True) / width**0.5,
            "readout": weights["readout"].sum(axis=1, keepdims=True) / width**0.5,
        }
        return jnp.append(ravel_pytree(one)[0], float(width))

    def network(self, problem: Problem, state) -> dict:
        """The network of one unit."""
        return unflattening(problem, 1)(state[:-1])

    def vector_field(self, problem: Problem) -> VectorField:
        """The one unit's gradient, its recurrent part over the width."""
        field = super().vector_field(problem)
        return VectorField(_shared(field.function, unflattening(problem, 1)), field.parameters)

    def dynamics(self, problem: Problem):
        """The one unit's weights, and the width, as order parameters."""
        one = super().dynamics(problem)
        N = sympy.Symbol("N", positive=True)
        equations = {x: rate / N if str(x) == "recurrent" else rate for x, rate in one.equations.items()}
        return dataclasses.replace(
            one,
            order_parameters=(*one.order_parameters, OrderParameter(N, "number of units")),
            equations={**equations, N: sympy.Integer(0)} if equations else {},
            conserved=(N,),
        )

    def silent_recurrence(self, problem: Problem) -> None:
        """No silent units: all work."""
        return None

    def assumptions(self, problem: Problem) -> tuple[str, ...]:
        """What must hold of the start."""
        return (
            f"{problem.architecture}: units without cross-connections, all alike at the start",
            "exact at every width: the recurrent weight learns at 1/width of the rate of one unit",
        )


@functools.lru_cache(maxsize=64)
def _shared(function, unflatten):
    def shared(state, parameters):
        rates = unflatten(function(state[:-1], parameters))
        rates["recurrent"] = rates["recurrent"] / state[-1]
        return jnp.append(ravel_pytree(rates)[0], 0.0)

    return shared
