"""Two poles on the symmetric plane: how a network learns to oscillate, through a collision of real poles."""

import functools

import jax.numpy as jnp
import sympy
from jaxtyping import Array, Float

from theory import symbolic
from theory.architectures import FullRank
from theory.checks import count
from theory.problem import Problem
from theory.reductions.confinement import (
    mode_parameters,
    mode_values,
    require_invariant,
    small_start_obstacle,
)
from theory.reductions.reduction import OrderParameter, Reduction, VectorField
from theory.time import Time


class ConjugatePair(Reduction):
    """Two learned poles, real or a conjugate pair, on the plane of networks that are their own transpose.

    `u = (u_1, u_2)`, `v = (u_1, -u_2)`, `W = [[w_11, w_12], [-w_12, w_22]]`.

    A one-input, one-output response does not change when the network is transposed, so networks that are their
    own transpose up to a sign of one direction (`v = S u`, `W^T = S W S` with S = diag(1, -1)) stay so: five order
    parameters, and one more equation, since `u_1 u_2 + w_12 (w_22 - w_11)` is conserved. Small initial weights
    set it to zero, and four equations remain. The poles of A = W - I are

        (w_11 + w_22)/2 - 1 +- sqrt(D),    D = (w_11 - w_22)^2 / 4 - w_12^2

    two real ones while the discriminant D > 0, an oscillation when D < 0. D crosses zero at finite speed, so the
    poles collide and part as the square root of the training time from the collision, and their residues, which
    carry a factor 1/sqrt(D), diverge there: eigenvalues are no coordinates near a collision, weights are.

    Start from a draw: `u_1 = |u + v|/2`, `u_2 = |u - v|/2`, `w_11 = w_22 = w`, `w_12 = 0` for W(0) = w I. It has the
    draw's u.v and |u|^2 + |v|^2.

    Assumptions: dense network, one input, one output, white noise. The plane is exact for draws with |u| = |v|;
    of others it neglects the imbalance |u|^2 - |v|^2, which vanishes with the initial scale.

    Source: derived here; the oscillation task of arXiv 2503.18754.
    """

    name = "symmetric plane of two poles"
    kind = "asymptotic"
    reference = "derived here; setting of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754"

    def obstacle(self, problem: Problem) -> str | None:
        """More than one input or output, another architecture or objective, a teacher without known modes."""
        if not isinstance(problem.architecture, FullRank):
            return f"the architecture is {problem.architecture}, not FullRank"
        if problem.teacher.modes is None:
            return "the teacher's modes are not known exactly (use damped_oscillator or sum_of_exponentials)"
        return small_start_obstacle(problem)

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """(u_1, u_2, w_11, w_12, w_22) of a draw."""
        weights = problem.draw(count(width, "width"), seed)
        u, v = weights["input"][:, 0], weights["readout"][0]
        own = jnp.asarray(problem.initialisation.recurrent_identity)
        return jnp.stack([jnp.linalg.norm(u + v) / 2, jnp.linalg.norm(u - v) / 2, own, jnp.zeros(()), own])

    def basis(self, initial: dict) -> Float[Array, "width unit"]:
        """The direction of u + v, and that of u - v orthogonal to it: together the subspace S of the draw."""
        u, v = initial["input"], initial["readout"].T
        directions = []
        for vector in (u + v, u - v):
            rest = vector
            for direction in directions:
                rest = rest - direction * jnp.sum(direction * rest)
            size = jnp.linalg.norm(rest)
            reached = size > 1e-7 * jnp.linalg.norm(jnp.stack([u, v]))
            directions.append(jnp.where(reached, rest / jnp.where(reached, size, 1.0), 0.0))
        return jnp.concatenate(directions, axis=1)

    def vector_field(self, problem: Problem) -> VectorField:
        """The plane's equations, compiled."""
        modes = problem.teacher.modes
        function = _plane(len(modes.poles), problem.teacher.time)[-1]
        return VectorField(function, mode_parameters(modes))

    def network(self, problem: Problem, state) -> dict:
        """The network of two units."""
        u1, u2, w11, w12, w22 = state
        return {
            "recurrent": jnp.array([[w11, w12], [-w12, w22]]),
            "input": jnp.array([[u1], [u2]]),
            "readout": jnp.array([[u1, -u2]]),
        }

    def dynamics(self, problem: Problem):
        """The plane's equations with their conserved quantity."""
        from theory.learning_dynamics import LearningDynamics

        modes = problem.teacher.modes
        coordinates, flow, loss, conserved, symbols, _ = _plane(len(modes.poles), problem.teacher.time)
        meanings = ("component that read-in and readout share", "component in which they are opposite")
        meanings += ("recurrent weights: (w_11 + w_22)/2 - 1 +- sqrt(D) are the poles",) * 3
        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=tuple(map(OrderParameter, coordinates, meanings)),
            equations=flow,
            parameter_values=dict(zip(symbols, [*modes.poles, *modes.residues], strict=True)),
            loss=loss,
            conserved=conserved,
            matrix_equations=(),
            assumptions=(
                "dense linear network, one input, one output, white noise at all times",
                "read-in and readout of equal norm, or small initial weights",
                "two learned poles",
            ),
        )


@functools.lru_cache(maxsize=16)
def _plane(modes: int, time: Time):
    """The plane's equations by SymPy: (coordinates, flow, loss, conserved, teacher's symbols, JAX function)."""
    u1, u2, w11, w12, w22 = coordinates = sympy.symbols("u_1 u_2 w_11 w_12 w_22", real=True)
    poles, residues = sympy.symbols(f"lambda_*1:{modes + 1}"), sympy.symbols(f"r_*1:{modes + 1}")
    W = sympy.Matrix([[w11, w12], [-w12, w22]])
    state = time.state_matrix(W)
    loss = symbolic.white_noise_loss(
        state, sympy.Matrix([u1, u2]), sympy.Matrix([[u1, -u2]]), poles, residues, time
    )
    # gradient flow of all weights: each coordinate moves at one over the number of weights that it sets
    multiplicity = {u1: 2, u2: 2, w11: 1, w12: 2, w22: 1}
    flow = {x: -sympy.diff(loss, x) / n for x, n in multiplicity.items()}
    embedding = {"U_11": u1, "U_21": u2, "V_11": u1, "V_12": -u2}
    embedding |= {"W_11": w11, "W_12": w12, "W_21": -w12, "W_22": w22}
    require_invariant(time, embedding, flow, poles, residues)
    # the flow is affine in the residues: what every single mode conserves, any number of them does
    conserved = tuple(symbolic.conserved_quantities(flow)) if modes == 1 else _plane(1, time)[3]
    compiled = symbolic.compile_to_jax([*coordinates, *poles, *residues], flow.values())
    return (
        coordinates,
        flow,
        loss,
        conserved,
        (*poles, *residues),
        lambda state, values: compiled(*state, *mode_values(values)),
    )
