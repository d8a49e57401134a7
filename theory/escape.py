"""Escape from a plateau through a silent unit, in any architecture."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from theory.architectures.axes import width_axes
from theory.problem import Problem


def escape_rate(problem: Problem, network: dict) -> float:
    """How fast learning leaves a plateau, through the weights of the network there or of one silent unit more.

    A network of few units that sits at a fixed point of gradient flow does so within every wider network whose other
    units are silent: their read-in and readout are zero, and their recurrent weights as they start. The rate is minus
    the smallest eigenvalue of the Hessian of the loss there, 0 at a minimum; it is exact, for any architecture.

    With one input and output and an error `E = H* - H` it is `|E|` at the silent unit's own mirrored pole for
    independent units, whose read-in and readout drive each other; a dense unit has recurrent weights to the learned
    ones too, and leaves the sooner: for one learned mode by the factor `1 + |a| / (1 - c)^2`.

    Assumptions: a fixed point; other weights of the same loss matter (what is conserved, such as balance).

    Args:
        problem: of the architecture in question.
        network: the weights of the network of few units that sits there.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.2), architectures.Diagonal(), initialisations.Gaussian(),
    ...     objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> nothing = {"recurrent": jnp.zeros(1), "input": jnp.zeros((1, 1)), "readout": jnp.zeros((1, 1))}
    >>> round(escape_rate(problem, nothing), 6)  # 1 / (1 + 0.2)
    0.833333

    Source: derived here; dense networks of any fixed point: `theory.transverse.coupling`.
    """
    problem.require_descent("an escape rate")
    flat, restore = ravel_pytree(with_silent_unit(problem, network))

    def slope(x):
        return ravel_pytree(problem.gradient(restore(x)))[0]

    smallest = float(np.linalg.eigvalsh(np.asarray(jax.jit(jax.jacfwd(slope))(flat)))[0])
    return max(-smallest, 0.0)


def with_silent_unit(problem: Problem, network: dict) -> dict:
    """The weights of a network of one unit more, which reads nothing and is not read.

    Args:
        problem: of the architecture.
        network: weights of a network of k units.
    """
    width, own = problem.width_of(network), getattr(problem.initialisation, "recurrent_identity", 0.0)
    teacher = problem.teacher
    axes = width_axes(problem.architecture, teacher.inputs, teacher.outputs)
    specified = problem.architecture.weights(width, teacher.inputs, teacher.outputs)
    wide = {}
    for name, group in network.items():
        values = jnp.asarray(group)
        for axis in axes[name]:
            # a complex unit has two states: all real parts come first, then all imaginary ones
            parts = values.shape[axis] // width
            values = jnp.stack(jnp.split(values, parts, axis), axis)
            padding = [(0, 0)] * values.ndim
            padding[axis + 1] = (0, 1)
            values = jnp.pad(values, padding)
            values = jnp.concatenate(list(jnp.moveaxis(values, axis, 0)), axis)
        if specified[name].role == "recurrent" and own:
            if len(axes[name]) == 2:
                values = values.at[-1, -1].set(own)
            elif values.shape == (width + 1,):
                values = values.at[-1].set(own)
        wide[name] = values
    return wide
