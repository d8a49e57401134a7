"""The aligned one-pole plane: learning to integrate in two equations."""

import functools

import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array, Float

from theory import symbolic
from theory.architectures import FullRank
from theory.checks import count
from theory.problem import Problem
from theory.reductions.confinement import require_invariant, small_start_obstacle
from theory.reductions.reduction import OrderParameter, Reduction, VectorField
from theory.time import Time


class AlignedPole(Reduction):
    """One learned pole: read-in and readout have aligned, `u = alpha e`, `v = beta e`, `W = w e e^T`.

    The plane is invariant under the confined flow (checked in exact arithmetic at three points when the
    equations are built, and proved symbolically in the tests). In the residue `a = alpha beta`, the rate
    `c = 1 - w` and the conserved imbalance
    `delta = alpha^2 - beta^2`, SymPy derives for a leaky integrator of rate c* in continuous time

        L     = a^2/(4c) - a/(c + c*) + 1/(4 c*)
        da/ds = sqrt(4 a^2 + delta^2) [1/(c + c*) - a/(2c)]
        dc/ds = a^2/(4 c^2) - a/(c + c*)^2

    Start from a draw: `a(0) = u.v`, `delta = |u + v| |u - v|`, `c(0) = 1 - w` for W(0) = w I, which gives the sum
    |u|^2 + |v|^2 = sqrt(4 a^2 + delta^2) its true value.

    Assumptions: small initial weights: of a random draw only the aligned half u + v grows, while u - v
    decays; the plane ignores what is left of u - v. The error vanishes with the initial scale, and
    with the recurrent gain. On a plateau that a second pole would leave, what is left of u - v grows
    again, and takes over at a time that `solve` warns of.

    Source: one input, one output, the integration task of arXiv 2503.18754.
    """

    name = "aligned one-pole plane"
    kind = "asymptotic"
    reference = "derived here; setting of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754"

    def obstacle(self, problem: Problem) -> str | None:
        """More than one input or output, another architecture or objective, a teacher without known modes."""
        if not isinstance(problem.architecture, FullRank):
            return f"the architecture is {problem.architecture}, not FullRank"
        if not problem.teacher.inputs == problem.teacher.outputs == 1:
            return (
                f"the teacher has {problem.teacher.inputs} inputs and {problem.teacher.outputs} outputs, "
                "not one of each"
            )
        if problem.teacher.modes is None:
            return "the teacher's modes are not known exactly (use leaky_integrator or sum_of_exponentials)"
        if np.iscomplexobj(problem.teacher.modes.poles):
            return "the teacher oscillates, which a single real pole cannot do"
        return small_start_obstacle(problem)

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """(a, c, delta) of a draw."""
        weights = problem.draw(count(width, "width"), seed)
        u, v = weights["input"][:, 0], weights["readout"][0]
        imbalance = jnp.linalg.norm(u + v) * jnp.linalg.norm(u - v)
        return jnp.stack([u @ v, jnp.asarray(1 - problem.initialisation.recurrent_identity), imbalance])

    def basis(self, initial: dict) -> Float[Array, "width unit"]:
        """The direction e of u + v."""
        aligned = initial["input"] + initial["readout"].T
        size = jnp.linalg.norm(aligned)
        return jnp.where(size > 0, aligned / jnp.where(size > 0, size, 1.0), 0.0)

    def vector_field(self, problem: Problem) -> VectorField:
        """The plane's equations, compiled."""
        modes = problem.teacher.modes
        function = _plane(len(modes.poles), problem.teacher.time)[-1]
        return VectorField(function, jnp.asarray([*_rates(problem), *modes.residues]))

    def network(self, problem: Problem, state) -> dict:
        """The network of one unit with residue a, rate c and imbalance delta."""
        a, c, delta = state
        total = jnp.sqrt(4 * a**2 + delta**2)  # |u|^2 + |v|^2
        larger = jnp.sqrt((total + jnp.abs(delta)) / 2)
        smaller = jnp.where(larger > 0, a / jnp.where(larger > 0, larger, 1.0), 0.0)
        alpha, beta = jnp.where(delta >= 0, larger, smaller), jnp.where(delta >= 0, smaller, larger)
        return {
            "recurrent": (1 - c).reshape(1, 1),
            "input": alpha.reshape(1, 1),
            "readout": beta.reshape(1, 1),
        }

    def dynamics(self, problem: Problem):
        """The plane's equations with their conserved quantity."""
        from theory.learning_dynamics import LearningDynamics

        modes = problem.teacher.modes
        (a, c, delta), equations, loss, symbols, _ = _plane(len(modes.poles), problem.teacher.time)
        values = dict(zip(symbols, [*_rates(problem), *modes.residues], strict=True))
        units = {symbol: 1 for symbol in symbols[len(modes.poles) :] if values[symbol] == 1.0}
        equations = {x: rate.subs(units) for x, rate in equations.items()}
        loss, values = loss.subs(units), {s: v for s, v in values.items() if s not in units}
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=(
                OrderParameter(a, "residue of the learned pole"),
                OrderParameter(c, "rate of the learned pole, 1 - w"),
                OrderParameter(delta, "effective imbalance: sqrt(4 a^2 + delta^2) is |u|^2 + |v|^2"),
            ),
            equations=equations,
            parameter_values=values,
            loss=loss,
            conserved=(delta,),
            matrix_equations=(),
            assumptions=(
                "dense linear network, one input, one output, white noise at all times",
                "small initial weights: read-in and readout align before the pole moves",
                "a single learned pole",
            ),
        )


def _rates(problem: Problem) -> list[float]:
    centre = float(problem.teacher.time.state_matrix(jnp.ones((1, 1)))[0, 0])
    return [centre - pole for pole in problem.teacher.modes.poles]


def _teacher_symbols(modes: int) -> tuple[tuple, tuple]:
    """Symbols of the teacher's rates (one minus the pole, in discrete time) and residues."""
    if modes == 1:
        return (sympy.Symbol("c_*", positive=True),), (sympy.Symbol("r_*", real=True),)
    return (
        sympy.symbols(f"c_*1:{modes + 1}", positive=True),
        sympy.symbols(f"r_*1:{modes + 1}", real=True),
    )


@functools.lru_cache(maxsize=32)
def _plane(modes: int, time: Time):
    """The plane's equations by SymPy: (symbols, equations, loss, teacher's symbols, JAX function)."""
    alpha, beta, w = sympy.symbols("alpha beta w", real=True)
    a, delta = sympy.Symbol("a", real=True), sympy.Symbol("delta", real=True)
    c = sympy.Symbol("c", positive=True)
    rates, residues = _teacher_symbols(modes)
    one = sympy.eye(1)
    # a pole and its rate differ by the pole of a unit without recurrence and the leak: A(w) at w = 1 - c
    pole_of = {rate: time.state_matrix(one * (1 - rate))[0] for rate in (c, *rates)}
    poles = [pole_of[rate] for rate in rates]

    # the aligned network is a network of one unit: its loss, flow, and the flow's conserved quantity
    state = time.state_matrix(one * w)
    unit_loss = symbolic.white_noise_loss(state, one * alpha, one * beta, poles, residues, time)
    flow = {x: -sympy.diff(unit_loss, x) for x in (alpha, beta, w)}
    # u = alpha e, v = beta e, W = w e e^T
    require_invariant(time, {"U_11": alpha, "V_11": beta, "W_11": w}, flow, poles, residues)
    (imbalance,) = symbolic.conserved_quantities(flow)

    # function space: the same loss in (a, c), descended with the metric M = J J^T of the weights
    loss = sympy.Add(
        *(
            sympy.factor(term.subs(w, 1 - c))
            for term in sympy.Add.make_args(sympy.expand(unit_loss.subs(alpha, a / beta)))
        )
    )
    J = sympy.Matrix([alpha * beta, 1 - w]).jacobian([alpha, beta, w])
    R = sympy.sqrt(4 * a**2 + delta**2)
    relations = [alpha * beta - a, alpha**2 - (R + delta) / 2, beta**2 - (R - delta) / 2]
    if sympy.reduced(imbalance - delta, relations, alpha, beta)[1] != 0:
        raise AssertionError(f"the conserved quantity {imbalance} is not alpha^2 - beta^2")
    M = (J @ J.T).applyfunc(lambda e: sympy.reduced(e, relations, alpha, beta)[1])
    slope = sympy.Matrix([sympy.diff(loss, a), sympy.diff(loss, c)])
    da, dc = -(M @ slope)
    equations = {a: da, c: dc, delta: sympy.Integer(0)}
    symbols = (*rates, *residues)
    compiled = symbolic.compile_to_jax([a, c, delta, *symbols], equations.values())
    return (a, c, delta), equations, loss, symbols, lambda state, values: compiled(*state, *values)
