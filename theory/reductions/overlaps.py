"""Overlaps of a low-rank network: what the loss sees of them, and what it does not."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array, Float

from theory import symbolic
from theory.architectures import FullRank, LowRank
from theory.errors import NotDerivableError
from theory.learning_rules import GradientFlow
from theory.linear_system import LinearSystem
from theory.network_equations import slopes_of_system
from theory.objectives import WhiteNoise
from theory.problem import Problem
from theory.reductions.confinement import mode_parameters, mode_values
from theory.reductions.reduction import OrderParameter, Reduction, VectorField
from theory.time import Time


class Overlaps(Reduction):
    """Low-rank networks learn as two-layer linear networks do, whose outer loss is that of their overlaps.

    With `W = sum_r u_r v_r^T`, read-ins m and readouts z, put `P = [z, v]`, `Q = [m, u]` and

        S = P^T Q,    Acal = P^T P,    Bcal = Q^T Q,    G = dL/dS
        dS/ds = -(Acal G + G Bcal),    dAcal/ds = -(G S^T + S G^T),    dBcal/ds = -(G^T S + S^T G)

    The network's response depends on S alone, `H(s) = [s_zm + s_zu (s + 1 - s_vu)^-1 s_vm] / (s + 1)`: the
    *loss-visible* overlaps. Acal and Bcal are *loss-invisible*: two networks with the same S do the same, and learn
    differently. They carry the history of training. Conserved is the spectrum of `[[Acal, S], [-S^T, -Bcal]]`, which
    is that of `P P^T - Q Q^T`.

    Applies at every width, rank, and number of inputs and outputs, to any loss on the outputs under gradient flow, from
    any start. Weights that carry a 1/N in the literature are here scaled by 1/sqrt(N) each, which makes their learning
    rate N times larger: `W = u v^T / N` at rate N eta is `W = u v^T` at rate eta.

    Source: Ger & Barak, arXiv 2605.04115; compact form derived here.
    """

    name = "overlaps"
    kind = "exact"
    reference = "Ger & Barak, arXiv 2605.04115; compact form derived here"

    def obstacle(self, problem: Problem) -> str | None:
        """An architecture that is not low-rank, or another rule than gradient flow."""
        if not isinstance(problem.architecture, LowRank):
            return f"the architecture is {problem.architecture}, not LowRank"
        if not isinstance(problem.learning_rule, GradientFlow):
            return f"its equations are those of gradient flow, not of {problem.learning_rule}"
        return None

    def least_width(self, problem: Problem) -> int:
        """As many units as vectors, so that they may have any overlaps."""
        return sum(self._sizes(problem))

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """The overlaps of a draw."""
        return self.restrict(problem, problem.draw(width, seed), {})

    def restrict(self, problem: Problem, weights: dict, initial: dict) -> Float[Array, " state"]:
        """(S, Acal, Bcal), of the symmetric ones the upper triangles."""
        P = jnp.concatenate([weights["readout"].T, weights["right"]], axis=1)
        Q = jnp.concatenate([weights["input"], weights["left"]], axis=1)
        return _flat(P.T @ Q, P.T @ P, Q.T @ Q)

    def overlaps(self, problem: Problem, state) -> tuple:
        """(S, Acal, Bcal) as matrices."""
        return _matrices(state, *self._sizes(problem))

    def _sizes(self, problem: Problem) -> tuple[int, int]:
        rank = problem.architecture.rank
        return problem.teacher.outputs + rank, problem.teacher.inputs + rank

    def network(self, problem: Problem, state) -> dict:
        """The network of p + R units that does the same: hidden states are combinations of m and u."""
        return _network(self.overlaps(problem, state)[0], problem.teacher.inputs, problem.teacher.outputs)

    def silent_recurrence(self, problem: Problem) -> None:
        """Nothing is left out."""
        return None

    def vector_field(self, problem: Problem) -> VectorField:
        """The equations, compiled; G in closed form where it has one."""
        rows, columns = self._sizes(problem)
        teacher, modes = problem.teacher, problem.teacher.modes
        if _has_closed_form(problem):
            slope = _closed_slope(len(modes.poles), teacher.time)
            return VectorField(_field(slope, rows, columns), mode_parameters(modes))
        slope = _slope(problem.objective, teacher.time, teacher.inputs, teacher.outputs)
        return VectorField(_field(slope, rows, columns), teacher)

    def dynamics(self, problem: Problem):
        """The equations: of rank one with one input and output entry by entry."""
        from theory.learning_dynamics import LearningDynamics

        left, right = _names(problem)
        S, A, B = (
            _symbols(left, right, False), _symbols(left, left, True), _symbols(right, right, True),
        )
        parameters = [OrderParameter(x, "loss-visible overlaps S") for x in S]
        for name, M in (("Acal", A), ("Bcal", B)):
            parameters += [OrderParameter(x, f"loss-invisible overlaps {name}") for x in _upper(M)]
        equations, loss, values = {}, None, {}
        if _has_closed_form(problem):
            modes = problem.teacher.modes
            loss, slopes, symbols = slopes_of_system(_system(S, problem.teacher.time), list(S), len(modes.poles),
                                                     problem.teacher.time)
            G = sympy.Matrix(*S.shape, list(slopes.values()))
            rates = (-(A * G + G * B), -(G * S.T + S * G.T), -(G.T * S + S.T * G))
            moved = [*rates[0], *_upper(rates[1]), *_upper(rates[2])]
            equations = dict(zip([p.symbol for p in parameters], moved, strict=True))
            values = dict(zip(symbols, [*modes.poles, *modes.residues], strict=True))
        block = sympy.Matrix(sympy.BlockMatrix([[A, S], [-S.T, -B]]))
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=tuple(parameters),
            equations=equations,
            parameter_values=values,
            loss=loss,
            conserved=tuple(sympy.expand((block**k).trace()) for k in (1, 2)),
            matrix_equations=_written(*S.shape),
            assumptions=(
                "low-rank linear network under gradient flow, any loss on the outputs",
                "exact at every width, for all training times",
            ),
        )


def _names(problem: Problem) -> tuple[list, list]:
    """Letters of the columns of P and of Q, numbered where there are several of a kind."""

    def numbered(letter: str, many: int) -> list:
        return [letter] if many == 1 else [f"{letter}{k + 1}" for k in range(many)]

    teacher, rank = problem.teacher, problem.architecture.rank
    return (
        [*numbered("z", teacher.outputs), *numbered("v", rank)],
        [*numbered("m", teacher.inputs), *numbered("u", rank)],
    )


def _symbols(rows: list, columns: list, symmetric: bool) -> sympy.Matrix:
    def symbol(i, j):
        i, j = (min(i, j), max(i, j)) if symmetric else (i, j)
        return sympy.Symbol(f"s_{rows[i]}{columns[j]}", real=True)

    return sympy.Matrix(len(rows), len(columns), symbol)


def _upper(M) -> list:
    return [M[i, j] for i in range(M.shape[0]) for j in range(i, M.shape[0])]


def _flat(S, A, B):
    return jnp.concatenate([S.ravel(), *(M[np.triu_indices(len(M))] for M in (A, B))])


def _matrices(state, rows: int, columns: int) -> tuple:
    def symmetric(entries, size):
        upper = jnp.zeros((size, size)).at[np.triu_indices(size)].set(entries)
        return upper + upper.T - jnp.diag(jnp.diag(upper))

    first, second = rows * columns, rows * columns + rows * (rows + 1) // 2
    return (
        state[:first].reshape(rows, columns),
        symmetric(state[first:second], rows),
        symmetric(state[second:], columns),
    )


def _network(S, inputs: int, outputs: int) -> dict:
    """h = [m, u] x: dx/dt = -x + [0; S_v] x + [I; 0] input, y = S_z x."""
    columns = S.shape[1]
    return {
        "recurrent": jnp.concatenate([jnp.zeros((inputs, columns)), S[outputs:]]),
        "input": jnp.eye(columns)[:, :inputs],
        "readout": S[:outputs],
    }


def _system(S: sympy.Matrix, time: Time) -> tuple:
    """The same as SymPy matrices, of rank one with one input and output."""
    recurrent = sympy.Matrix([[0, 0], list(S[1, :])])
    return time.state_matrix(recurrent), sympy.Matrix([1, 0]), S[:1, :]


def _has_closed_form(problem: Problem) -> bool:
    teacher = problem.teacher
    single = teacher.inputs == teacher.outputs == problem.architecture.rank == 1
    return single and teacher.modes is not None and isinstance(problem.objective, WhiteNoise)


@functools.lru_cache(maxsize=16)
def _closed_slope(modes: int, time: Time):
    S = sympy.Matrix(2, 2, sympy.symbols("s_zm s_zu s_vm s_vu", real=True))
    _, slopes, symbols = slopes_of_system(_system(S, time), list(S), modes, time)
    compiled = symbolic.compile_to_jax([*S, *symbols], slopes.values())
    return lambda S, parameters: compiled(*S.ravel(), *mode_values(parameters)).reshape(2, 2)


@functools.lru_cache(maxsize=16)
def _slope(objective, time: Time, inputs: int, outputs: int):
    def slope(S, teacher):
        matrices, pull_back = jax.vjp(lambda S: FullRank().matrices(_network(S, inputs, outputs), time), S)
        return pull_back(objective.value_and_gradient(LinearSystem(*matrices, time=time), teacher)[1])[0]

    return slope


@functools.lru_cache(maxsize=32)
def _field(slope, rows: int, columns: int):
    def function(state, parameters):
        S, A, B = _matrices(state, rows, columns)
        G = slope(S, parameters)
        return -_flat(A @ G + G @ B, G @ S.T + S @ G.T, G.T @ S + S.T @ G)

    return function


@functools.lru_cache(maxsize=8)
def _written(rows: int, columns: int) -> tuple:
    S, G = (sympy.MatrixSymbol(name, rows, columns) for name in "SG")
    A, B = sympy.MatrixSymbol("A", rows, rows), sympy.MatrixSymbol("B", columns, columns)

    def dot(matrix):
        return sympy.MatrixSymbol(rf"\dot{{{matrix.name}}}", *matrix.shape)

    return (
        sympy.Eq(dot(S), -(A * G + G * B)),
        sympy.Eq(dot(A), -(G * S.T + S * G.T)),
        sympy.Eq(dot(B), -(G.T * S + S.T * G)),
    )


def final_overlaps(problem: Problem) -> dict:
    """What the loss-visible overlaps of a rank-one network end at, for a target `exp(-c* t)`.

    `s_zm = 1`, `s_zu s_vm = 1 - c*`, `s_vu = 1 - c*`: of the two factors only the product is decided.

    Raises:
        NotDerivableError: another target or rank.
    """
    modes = problem.teacher.modes
    if not _has_closed_form(problem) or len(modes.poles) > 1:
        raise NotDerivableError("final overlaps are known for rank one and a target of one mode")
    w = float(problem.teacher.modes.poles[0]) - problem.teacher.time.silent_pole
    a = float(modes.residues[0])
    return {"s_zm": a, "s_zu s_vm": a * w, "s_vu": w}
