"""Exact confinement: a network without initial recurrence moves as one of width p + q."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from theory import symbolic
from theory.architectures import FullRank
from theory.checks import count, real_array
from theory.errors import ProblemError
from theory.initialisations import Gaussian
from theory.learning_rules import GradientFlow
from theory.learning_rules.credit import credited
from theory.linear_system import LinearSystem
from theory.objectives import WhiteNoise
from theory.problem import Problem
from theory.reductions.reduction import OrderParameter, Reduction, VectorField, under_rule
from theory.time import Time
from theory.trajectory import bulk_radius

# below this part of the largest, an eigenvalue of a Gram matrix is rounding, not a direction
_REACHED = 1e-14
# what counts as small initial weights
_SMALL_GAIN, _SMALL_SCALE = 0.05, 0.3


class Confinement(Reduction):
    """Weights that start without random recurrence stay in the span S of the initial read-in and readout.

    If W(0) = w I (w = 0 included), gradient flow keeps the columns of U and of V^T inside
    `S = span[U(0), V(0)^T]` and W - w I inside S (x) S, at every width N and training time. In an orthonormal
    basis of S the network is exactly a dense network of width p + q under the same flow, started from
    (U_S, w I, V_S) with

        [U_S, V_S^T]^T [U_S, V_S^T] = Gram matrix of [U(0), V(0)^T]

    so a random draw at width N enters through its (p + q) x (p + q) Gram matrix alone.

    Proof: with W - w I in S (x) S, the resolvent maps S to S and is a multiple of the identity outside it, so the
    gradients Q U + Y B*, V P - C* X^T and Q P + Y X^T have their columns in S; S is never left.

    Assumptions: dense linear network; W(0) = w I; any loss on the outputs; a rule that commutes with
    rotations of the hidden units (gradient flow and descent do; Adam and sign descent do not).
    The confined world can be unstable at saddles: in floating point, or with a small random W(0), a full
    network may leave where this equation stays; `theory.transverse` says when.

    Conserved along the flow: `C = U U^T + W W^T - V^T V - W^T W`.
    """

    name = "exact confinement"
    kind = "exact"
    reference = "derived here; setting of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754"

    def obstacle(self, problem: Problem) -> str | None:
        """A non-dense architecture, an initial recurrence, or a rule that is not rotation-invariant."""
        if not isinstance(problem.architecture, FullRank):
            return f"the architecture is {problem.architecture}, not FullRank"
        if problem.initialisation.recurrent_multiple is None:
            return "W(0) is not a multiple of the identity, so it spreads the state over all units"
        if not problem.learning_rule.rotation_invariant:
            return f"{problem.learning_rule} treats weights one by one and leaves the confined subspace"
        return None

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """The order parameters of a draw, through its Gram matrix.

        Raises:
            ProblemError: a width below p + q.
        """
        least = problem.teacher.inputs + problem.teacher.outputs
        width = count(width, "width", least=least, because="The confined subspace has p + q dimensions.")
        weights = problem.draw(width, seed)
        vectors = jnp.concatenate([weights["input"], weights["readout"].T], axis=1)
        return self.start_from_gram(problem, vectors.T @ vectors)

    def start_from_gram(self, problem: Problem, gram) -> Float[Array, " state"]:
        """The order parameters of any network whose [U(0), V(0)^T] has that Gram matrix.

        Args:
            gram: symmetric, positive semi-definite, shape (p + q, p + q).
        """
        p, q = problem.teacher.inputs, problem.teacher.outputs
        gram = real_array(gram, "gram", 2)
        if gram.shape != (p + q, p + q):
            raise ProblemError(f"gram must be {p + q} x {p + q}; its shape is {gram.shape}.")
        if not jnp.allclose(gram, gram.T, rtol=1e-9, atol=0.0):
            raise ProblemError("gram must be symmetric.")
        values, vectors = jnp.linalg.eigh(gram)
        if float(values[0]) < -1e-9 * float(jnp.abs(values).max()):
            raise ProblemError(f"gram has the negative eigenvalue {float(values[0]):.3g}.")
        root = jnp.sqrt(jnp.where(values > _REACHED * values[-1], values, 0.0))[:, None] * vectors.T
        recurrent = problem.initialisation.recurrent_multiple * jnp.eye(p + q)
        return _flatten({"recurrent": recurrent, "input": root[:, :p], "readout": root[:, p:].T})

    def basis(self, initial: dict) -> Float[Array, "width unit"]:
        """The orthonormal basis of S in which `start` expresses a draw; zero columns where S has fewer dimensions."""
        vectors = jnp.concatenate([initial["input"], initial["readout"].T], axis=1)
        # the orthonormal basis in which `start` expresses the draw: vectors = basis @ root
        values, directions = jnp.linalg.eigh(vectors.T @ vectors)
        # directions that the draw does not reach (parallel read-in and readout) carry no weights
        reached = values > _REACHED * values[-1]
        return jnp.where(reached, vectors @ directions / jnp.sqrt(jnp.where(reached, values, 1.0)), 0.0)

    def restrict(self, problem: Problem, weights: dict, initial: dict) -> Float[Array, " state"]:
        """The order parameters of a network that started from `initial`: its weights in the basis of S."""
        basis = self.basis(initial)
        own = problem.initialisation.recurrent_multiple
        learned = weights["recurrent"] - own * jnp.eye(basis.shape[0])
        return _flatten(
            {
                "recurrent": own * jnp.eye(basis.shape[1]) + basis.T @ learned @ basis,
                "input": basis.T @ weights["input"],
                "readout": weights["readout"] @ basis,
            }
        )

    def vector_field(self, problem: Problem) -> VectorField:
        """Minus the gradient at width p + q; from the compiled equations where they are known."""
        if self._has_closed_form(problem):
            modes = problem.teacher.modes
            _, _, _, function = _closed_form(len(modes.poles), problem.teacher.time)
            return VectorField(function, mode_parameters(modes))
        rule = credited(problem.learning_rule)
        return VectorField(_numeric_field(problem.objective, rule, problem.teacher.time), problem.teacher)

    def network(self, problem: Problem, state) -> dict:
        """The network of width p + q."""
        return _unflatten(state, problem.teacher.inputs, problem.teacher.outputs)

    def named(self, problem: Problem):
        """Weights of the network of width p + q."""
        return weights_of(problem.teacher.inputs, problem.teacher.outputs)

    def _has_closed_form(self, problem: Problem) -> bool:
        known = problem.teacher.modes is not None and isinstance(problem.objective, WhiteNoise)
        return known and problem.learning_rule.exact_gradient

    def dynamics(self, problem: Problem):
        """The matrix equations, and for one input and output every entry in closed form."""
        from theory.learning_dynamics import LearningDynamics

        p, q = problem.teacher.inputs, problem.teacher.outputs
        n = p + q
        W, U, V = _symbols(p, q)
        meanings = {
            "recurrent": "recurrent weights within S",
            "input": "read-in within S",
            "readout": "readout within S",
        }
        parameters = [
            OrderParameter(symbol, meanings[name])
            for name, matrix in _ordered({"recurrent": W, "input": U, "readout": V})
            for symbol in matrix
        ]
        equations, loss, values = {}, None, {}
        if self._has_closed_form(problem):
            modes = problem.teacher.modes
            equations, loss, teacher_symbols, _ = _closed_form(len(modes.poles), problem.teacher.time)
            values = dict(zip(teacher_symbols, [*modes.poles, *modes.residues], strict=True))
            equations = under_rule(problem.learning_rule, equations, {"recurrent": W, "input": U, "readout": V})
        # neither finite steps nor decay, or groups at rates of their own, conserve it
        flows = isinstance(problem.learning_rule, GradientFlow)
        balance = U @ U.T + W @ W.T - V.T @ V - W.T @ W
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=tuple(parameters),
            equations=equations,
            parameter_values=values,
            loss=loss,
            conserved=tuple(balance[i, j] for i in range(n) for j in range(i, n)) if flows else (),
            matrix_equations=_matrix_equations(problem),
            assumptions=(
                "dense linear network whose recurrent weights start at a multiple of the identity (0 included)",
                f"exact at every width from {n} on, for all training times",
                "in exact arithmetic: saddles of the confined world can be unstable outside it",
            ),
        )


def _ordered(weights: dict) -> list:
    return [(name, weights[name]) for name in ("input", "readout", "recurrent")]


def _flatten(weights: dict):
    return ravel_pytree(weights)[0]  # in the order of sorted names, as `_ordered`


@functools.lru_cache(maxsize=32)
def weights_of(p: int, q: int):
    """The function from a flat state to the weights of a dense network with p inputs and q outputs."""
    return lambda state: _unflatten(state, p, q)


def _unflatten(state, p: int, q: int) -> dict:
    n = (math.isqrt((p + q) ** 2 + 4 * state.size) - p - q) // 2  # state.size = n (n + p + q)
    return {
        "input": state[: n * p].reshape(n, p),
        "readout": state[n * p : n * p + q * n].reshape(q, n),
        "recurrent": state[n * (p + q) :].reshape(n, n),
    }


def _symbols(p: int, q: int):
    n = p + q
    return (
        symbolic.matrix_of_symbols("W", n, n),
        symbolic.matrix_of_symbols("U", n, p),
        symbolic.matrix_of_symbols("V", q, n),
    )


@functools.lru_cache(maxsize=32)
def _closed_form(modes: int, time: Time):
    """Equations of the width-2 network, by SymPy from the loss: (equations, loss, symbols, function)."""
    W, U, V = _symbols(1, 1)
    # no assumption on them: they may be conjugate pairs
    poles = sympy.symbols(f"lambda_*1:{modes + 1}")
    residues = sympy.symbols(f"r_*1:{modes + 1}")
    A, B, C = FullRank().matrices({"recurrent": W, "input": U, "readout": V}, time)
    loss = symbolic.white_noise_loss(A, B, C, poles, residues, time)
    variables = [*U, *V, *W]
    equations = {x: -sympy.diff(loss, x) for x in variables}
    compiled = symbolic.compile_to_jax([*variables, *poles, *residues], equations.values())

    def function(state, parameters):
        return compiled(*state, *mode_values(parameters))

    return equations, loss, (*poles, *residues), function


def mode_parameters(modes) -> Float[Array, "part mode"]:
    """A teacher's poles and residues as real numbers: a row of real parts, and one of imaginary parts if any."""
    values = np.asarray([*modes.poles, *modes.residues])
    return jnp.asarray(np.stack([values.real, values.imag]) if np.iscomplexobj(values) else values[None])


def mode_values(parameters):
    """Poles and residues from `mode_parameters`."""
    return parameters[0] + 1j * parameters[1] if len(parameters) == 2 else parameters[0]


def confined_equations(modes: int, time: Time) -> tuple:
    """The equations of the confined network of width two: ({entry: rate}, (W, U, V), teacher's symbols)."""
    equations, _, symbols, _ = _closed_form(modes, time)
    return equations, _symbols(1, 1), symbols


def small_start_obstacle(problem: Problem) -> str | None:
    """Why a plane that small weights approach under gradient flow does not apply to a problem; None if it does."""
    if not isinstance(problem.objective, WhiteNoise):
        return f"the objective is {problem.objective}, not white noise at all times"
    if not isinstance(problem.learning_rule, GradientFlow):
        return f"its equations are those of gradient flow, not of {problem.learning_rule}"
    if not isinstance(problem.initialisation, Gaussian):
        return f"the initialisation is {problem.initialisation}, not Gaussian"
    if bulk_radius(problem) > _SMALL_GAIN:
        return f"recurrent_gain = {bulk_radius(problem):g} is not small (up to {_SMALL_GAIN:g})"
    scale = max(problem.initialisation.input, problem.initialisation.readout)
    if scale > _SMALL_SCALE:
        return f"an initial scale of {scale:g} is not small (up to {_SMALL_SCALE:g})"
    return None


def require_invariant(time: Time, embedding: dict, flow: dict, poles, residues) -> None:
    """Check, in exact arithmetic at three points, that a plane is invariant under the confined flow of width two.

    Args:
        time: continuous or discrete.
        embedding: {name of an entry of U, V or W: its expression in the plane's coordinates}; others are zero.
        flow: {coordinate: its rate}, what the confined flow should be on the plane.
        poles, residues: the teacher's, as expressions.

    Raises:
        AssertionError: the confined flow moves an entry otherwise.
    """
    confined, _, symbols = confined_equations(len(poles), time)
    parameters = sorted(set().union(*(sympy.sympify(e).free_symbols for e in (*poles, *residues))), key=str)
    place = [sympy.sympify(embedding.get(str(entry), 0)) for entry in confined]
    speed = [sum(sympy.diff(entry, x) * rate for x, rate in flow.items()) for entry in place]
    on_plane = symbolic.evaluate_exactly([*flow, *parameters], [*place, *poles, *residues, *speed])
    anywhere = symbolic.evaluate_exactly([*confined, *symbols], confined.values())
    size = len(place)
    for trial in range(1, 4):
        numbers = [sympy.Rational(7 * k + trial, 41) for k in range(1, len(flow) + len(parameters) + 1)]
        values = on_plane(*numbers)
        for entry, rate, expected in zip(confined, anywhere(*values[:-size]), values[-size:], strict=True):
            if rate != expected:
                raise AssertionError(f"the plane is not invariant under the confined flow: {entry}")


@functools.lru_cache(maxsize=32)
def _numeric_field(objective, rule, time: Time):
    """Minus what a rule takes for the gradient of the dense network of width p + q, for any objective and teacher."""

    def function(state, teacher):
        weights = _unflatten(state, teacher.inputs, teacher.outputs)
        matrices, pull_back = jax.vjp(lambda w: FullRank().matrices(w, time), weights)
        student = LinearSystem(*matrices, time=time)
        _, slope = rule.value_and_gradient(objective, student, teacher)
        return -_flatten(pull_back(slope)[0])

    return function


def _matrix_equations(problem: Problem) -> tuple:
    """The equations as the theorist writes them, for print."""
    if not problem.learning_rule.uniform:  # what it makes of the gradient, its own equation says
        return ()
    teacher, gramians = problem.teacher, isinstance(problem.objective, WhiteNoise)
    return _written(teacher.inputs, teacher.outputs, teacher.states, teacher.time, gramians)


@functools.lru_cache(maxsize=32)
def _written(p: int, q: int, n: int, time: Time, gramians_known: bool) -> tuple:
    k = p + q
    W, A, P, Q = (sympy.MatrixSymbol(name, k, k) for name in ("W", "A", "P", "Q"))
    X, Y = (sympy.MatrixSymbol(name, k, n) for name in ("X", "Y"))
    U, V = sympy.MatrixSymbol("U", k, p), sympy.MatrixSymbol("V", q, k)

    def dot(matrix):
        return sympy.MatrixSymbol(rf"\dot{{{matrix.name}}}", *matrix.shape)

    if not gramians_known:
        return tuple(
            sympy.Eq(dot(m), -sympy.MatrixSymbol(rf"\partial_{{{m.name}}}L", *m.shape), evaluate=False)
            for m in (W, U, V)
        )
    A_, B_, C_ = (
        sympy.MatrixSymbol(name, *shape)
        for name, shape in (("A_*", (n, n)), ("B_*", (n, p)), ("C_*", (q, n)))
    )
    gramians = ((A, A, P, U * U.T), (A.T, A.T, Q, V.T * V), (A, A_, X, U * B_.T), (A.T, A_.T, Y, -V.T * C_))
    return (
        sympy.Eq(dot(W), -(Q * time.gradient_factor(A) * P + Y * time.gradient_factor(A_) * X.T)),
        sympy.Eq(dot(U), -(Q * U + Y * B_)),
        sympy.Eq(dot(V), -(V * P - C_ * X.T)),
        sympy.Eq(A, time.state_matrix(W)),
        *(sympy.Eq(time.gramian_residual(*terms), sympy.ZeroMatrix(*terms[2].shape)) for terms in gramians),
    )
