"""Independent units whose read-in and readout have aligned: a population that divides the work, and breaks symmetry."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array, Float

from theory.architectures import IndependentUnits
from theory.checks import count
from theory.flow import flow
from theory.problem import Problem
from theory.reductions.confinement import mode_parameters, mode_values, small_start_obstacle
from theory.reductions.own_architecture import OwnArchitecture
from theory.reductions.reduction import OrderParameter, VectorField
from theory.time import Time


class AlignedUnits(OwnArchitecture):
    """Read-in and readout of every unit have become equal, `u_i = v_i = z_i`: two numbers a unit instead of three.

    With residues `a_i = z_i^2` and the error's transfer function `E = H* - H` at each unit's mirrored pole,

        dz_i/ds = E(-pole_i) z_i,    dw_i/ds = -a_i E'(-pole_i) dpole_i/dw_i        (continuous time)

    All units feel one error, and each moves its pole in proportion to its own residue. From a random start `z =
    (u + v)/2` is Gaussian: the units with the largest residues move their poles first, find a larger error there, and
    grow until they do all of the work. That takes training time of order sqrt(N) where N identical units take N:
    pole i has moved by `g a_i s`, so its residue gains `exp(g^2 a_i s^2)` on others', and a_i is of order 1/N.

    Assumptions: independent units, one input, one output, white noise, small initial weights. The halves `(u - v)/2`,
    which decay while the residues grow, are left out: an error of the square of the initial scale.

    Args:
        width: number of units.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.4), architectures.Diagonal(),
    ...     initialisations.Gaussian(0.1, 0.1), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> units = AlignedUnits(2)
    >>> loss = units.follow(problem, units.start(problem, width=2, seed=0), training_time=30.0, records=3)[2]
    >>> bool(loss[-1] < 0.01 * loss[0])
    True
    """

    name = "aligned units"
    kind = "asymptotic"
    reference = "derived here"
    width: int

    def __init__(self, width: int):
        self.width = count(width, "width")

    def obstacle(self, problem: Problem) -> str | None:
        """Units with cross-connections, several inputs or outputs, a large start, another objective or rule."""
        if not isinstance(problem.architecture, IndependentUnits):
            return f"the architecture {problem.architecture} is not one of independent units"
        if problem.teacher.modes is None:
            return "the teacher's modes are not known exactly (use leaky_integrator or sum_of_exponentials)"
        return small_start_obstacle(problem)

    def least_width(self, problem: Problem) -> int:
        """Its width."""
        return self.width

    def start(self, problem: Problem, width: int, seed: int) -> Float[Array, " state"]:
        """z = (u + v)/2 and w of a draw.

        Raises:
            ProblemError: another width than its own.
        """
        count(width, "width", least=self.width, most=self.width, because="AlignedUnits(width) is of that width.")
        return self.restrict(problem, problem.draw(width, seed), {})

    def restrict(self, problem: Problem, weights: dict, initial: dict) -> Float[Array, " state"]:
        """(z, w)."""
        z = (weights["input"][:, 0] + weights["readout"][0]) / 2
        return jnp.concatenate([z, weights["recurrent"]])

    def network(self, problem: Problem, state) -> dict:
        """The network with u = v = z."""
        z, w = jnp.split(state, 2)
        return {"recurrent": w, "input": z[:, None], "readout": z[None, :]}

    def vector_field(self, problem: Problem) -> VectorField:
        """Minus the gradient on the set u = v: half of it by z, as z stands for both."""
        return VectorField(_field(problem.architecture, problem.teacher.time), mode_parameters(problem.teacher.modes))

    def follow(self, problem: Problem, start, training_time: float, records: int) -> tuple:
        """Training times, states and losses alone, (record,): far faster than all that `solve` observes.

        Args:
            problem: of the population.
            start: (z, w).
            training_time, records: as of `solve`.
        """
        field = self.vector_field(problem)
        times = jnp.linspace(0.0, training_time, records)
        states = flow(field, jnp.asarray(start), times, relative_tolerance=1e-9)
        loss = jax.vmap(lambda state: _loss(problem.architecture, problem.teacher.time)(state, field.parameters))
        return np.asarray(times), np.asarray(states), np.asarray(loss(states)) + float(problem.teacher.norm() ** 2 / 2)

    def dynamics(self, problem: Problem):
        """The aligned weights as order parameters."""
        from theory.learning_dynamics import LearningDynamics

        return LearningDynamics(
            problem=problem,
            reduction=self,
            order_parameters=tuple(
                OrderParameter(symbol, meaning)
                for letter, meaning in (("z", "read-in and readout of each unit"), ("w", "its recurrent weight"))
                for symbol in sympy.symbols(f"{letter}_1:{self.width + 1}", real=True)
            ),
            equations={},
            parameter_values={},
            loss=None,
            conserved=(),
            matrix_equations=_written(self.width),
            assumptions=self.assumptions(problem),
        )

    def silent_recurrence(self, problem: Problem) -> None:
        """Nothing is left out but decaying halves."""
        return None

    def assumptions(self, problem: Problem) -> tuple[str, ...]:
        """What must hold of the start."""
        return (
            f"{problem.architecture}: units without cross-connections, one input, one output, white noise",
            "small initial weights: read-in and readout align before poles move",
        )


@functools.lru_cache(maxsize=1)
def _written(width: int) -> tuple:
    z, w, E, moved = (sympy.MatrixSymbol(name, width, 1) for name in ("z", "w", "E", r"\partial_{w}L"))
    return tuple(
        sympy.Eq(sympy.MatrixSymbol(rf"\dot{{{name}}}", width, 1), rate, evaluate=False)
        for name, rate in (("z", sympy.HadamardProduct(E, z)), ("w", -moved))
    )


@functools.lru_cache(maxsize=16)
def _loss(architecture: IndependentUnits, time: Time):
    """The loss but for the teacher's own part, as a function of (z, w) and the teacher's modes."""
    one = jnp.eye(1)

    def overlap(p, q):  # inner product of two modes
        return time.response_to_mode(p * one, one, one, q)[0, 0]

    def loss(state, parameters):
        z, w = jnp.split(state, 2)
        poles, residues = jnp.split(mode_values(parameters), 2)
        own, a = architecture.pole(w, time), z**2
        among = jax.vmap(jax.vmap(overlap, (None, 0)), (0, None))
        return a @ among(own, own) @ a / 2 - a @ jnp.real(among(own + 0 * poles[0], poles) @ residues)

    return loss


@functools.lru_cache(maxsize=16)
def _field(architecture: IndependentUnits, time: Time):
    slope = jax.grad(_loss(architecture, time))

    def function(state, parameters):
        of_z, of_w = jnp.split(slope(state, parameters), 2)
        return -jnp.concatenate([of_z / 2, of_w])

    return function
