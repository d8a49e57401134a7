"""Architecture is a metric: in function space all architectures descend one loss, each with its own metric."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from theory.errors import DivergedError, ProblemError
from theory.flow import flow
from theory.observation import as_data, lag_grid
from theory.problem import Problem


class ModeMetric(NamedTuple):
    """The metric of an architecture in the poles and residues of a network with one input and one output."""

    poles: np.ndarray
    """By increasing decay rate, (mode,), complex."""
    residues: np.ndarray
    """Of the same modes, (mode,), complex."""
    metric: np.ndarray
    """`M = J J^H` with J the derivative of (poles, residues) by all weights, (2 mode, 2 mode), complex hermitian."""


def mode_metric(problem: Problem, weights: dict) -> ModeMetric:
    """The metric with which gradient flow in the weights moves poles and residues: `d(poles, residues)/ds = -M grad L`.

    With `J = d(poles, residues)/d(weights)` it is `M = J J^T`, for any architecture: it is what "architecture bias"
    means for one loss. For a simple pole with left and right eigenvectors l, r of A and `l.r = 1`, a perturbation dA
    moves it by `l^T dA r`; the residue is `C P B` with the projector `P = r l^T`.

    Real modes have a real block; for a conjugate pair the gradient of L is that by the pole and its conjugate.

    Args:
        problem: of one input and one output.
        weights: of a network whose poles are simple.

    Raises:
        ProblemError: several inputs or outputs; poles that coincide, of which there are no derivatives.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.2), architectures.ExponentialRate(), initialisations.Gaussian(),
    ...     objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> unit = {"recurrent": jnp.log(jnp.array([0.5])), "input": jnp.ones((1, 1)), "readout": jnp.ones((1, 1))}
    >>> mode_metric(problem, unit).metric.real
    array([[0.25, 0.  ],
           [0.  , 2.  ]])
    """
    if not problem.teacher.inputs == problem.teacher.outputs == 1:
        raise ProblemError(
            f"the metric of modes is for one input and one output; got {problem.teacher.inputs} and "
            f"{problem.teacher.outputs}. `response_kernel` has no such limit."
        )
    flat, restore = ravel_pytree(weights)

    def matrices(x):
        return problem.architecture.matrices(restore(x), problem.teacher.time)

    A, B, C = map(np.asarray, matrices(flat))
    values, right = np.linalg.eig(A)
    order = np.lexsort((values.imag, -values.real))
    values, right = values[order], right[:, order]
    gaps = np.abs(values[:, None] - values) + np.diag(np.full(len(values), np.inf))
    if gaps.min() < 1e-9 * max(1.0, np.abs(values).max()):
        raise ProblemError(
            f"two poles coincide near {values[np.unravel_index(gaps.argmin(), gaps.shape)[0]]:.3g}: a metric needs "
            "simple poles. Take a narrow network, or `response_kernel`."
        )
    left = np.linalg.inv(right)  # rows, with left right = I
    dA, dB, dC = (np.asarray(part) for part in jax.jacfwd(matrices)(flat))  # last axis: weights
    turned = np.einsum("ki,ijw,jl->klw", left, dA, right)
    moved = np.diagonal(turned, axis1=0, axis2=1).T
    # d residue_k = dC r_k l_k B + C r_k l_k dB + sum over j != k of the mixing of modes k and j
    b, c = left @ B[:, 0], C[0] @ right
    residues = c * b
    mixing = turned / (np.where(gaps == np.inf, 1.0, values[None, :] - values[:, None]))[:, :, None]
    mixing[np.arange(len(values)), np.arange(len(values))] = 0.0
    of_residues = (
        np.einsum("jw,jk->kw", dC[0], right) * b[:, None]
        + c[:, None] * np.einsum("kj,jw->kw", left, dB[:, 0])
        # r_k changes by sum_j r_j T_jk / (values_k - values_j), l_k by sum_j T_kj l_j / (values_k - values_j)
        + np.einsum("j,jkw->kw", c, mixing) * b[:, None]
        - c[:, None] * np.einsum("kjw,j->kw", mixing, b)
    )
    J = np.concatenate([moved, of_residues])
    return ModeMetric(values, residues, J @ J.conj().T)


def response_kernel(problem: Problem, weights: dict, lags=None) -> np.ndarray:
    """The tangent kernel of the impulse response: `dg(t)/ds = -int K(t, t') dL/dg(t') dt'` under gradient flow.

    `K(t, t') = sum over weights of dg(t)/dw dg(t')/dw`, for any architecture, inputs and outputs.

    Args:
        problem: of the network.
        weights: its weights.
        lags: increasing; None takes those on which impulse responses are compared.

    Returns:
        (lag, output, input, lag, output, input).
    """
    lags = lag_grid(problem.teacher) if lags is None else np.asarray(lags)
    flat, restore = ravel_pytree(weights)

    def response(x):
        A, B, C = problem.architecture.matrices(restore(x), problem.teacher.time)
        return problem.teacher.time.impulse_response(A, B, C, lags)

    J = np.asarray(jax.jacfwd(response)(flat))
    return np.tensordot(J, J, axes=(-1, -1))


class Convergence(NamedTuple):
    """How learning ends, near a network that has learned the teacher."""

    rates: np.ndarray
    """At which what is left of the error decays, fastest first; directions that change nothing are left out."""

    @property
    def condition_number(self) -> float:
        """The fastest over the slowest rate."""
        return float(self.rates[0] / self.rates[-1])


def convergence(problem: Problem, weights: dict, smallest: float = 1e-7) -> Convergence:
    """Rates of gradient flow near a minimum: the nonzero eigenvalues of the Hessian of the loss there.

    In function space they are the eigenvalues of `M H`, with M the architecture's metric and H the Hessian of the loss,
    which is the same for all architectures.

    Args:
        problem: what is learned.
        weights: of a network at a minimum, such as `learned(problem, units)`.
        smallest: relative to the largest, below which a rate counts as zero: a direction that changes nothing.
    """
    rates = np.linalg.eigvalsh(_slope_and_curvature(problem, weights)[1])[::-1]
    return Convergence(rates[rates > smallest * rates[0]])


def learned(problem: Problem, weights: dict, training_time: float) -> dict:
    """The minimum that gradient flow leads to from given weights: followed for a while, then by Newton's method.

    Newton's steps are the shortest that solve, so that directions which change nothing are not moved along.

    Args:
        problem: what is learned.
        weights: to start from; they may be of a network of few units.
        training_time: long enough to come near the minimum.

    Raises:
        DivergedError: the flow diverges, or what it came near to after that time is no minimum.
    """
    from theory.reductions.own_architecture import gradient_field
    from theory.reductions.reduction import VectorField

    width = problem.width_of(weights)
    flat, restore = ravel_pytree(weights)
    field = VectorField(gradient_field(problem, width), problem.teacher)
    flat = flow(field, flat, jnp.array([0.0, training_time]))[-1]
    for _ in range(20):
        slope, curvature = _slope_and_curvature(problem, restore(flat))
        step = np.linalg.lstsq(curvature, slope, rcond=1e-7)[0]
        flat = flat - step
        if np.abs(step).max() < 1e-12:
            if np.linalg.eigvalsh(curvature)[0] > -1e-7:
                return restore(flat)
            break
    raise DivergedError(
        f"gradient flow has not come near a minimum by training time {training_time:g}: the gradient there is "
        f"{np.abs(slope).max():.2g}. Ask for a longer training time."
    )


def _slope_and_curvature(problem: Problem, weights: dict) -> tuple[np.ndarray, np.ndarray]:
    problem.require_descent("how learning ends near a minimum")
    problem.gradient(weights)  # for its checks
    return tuple(map(np.asarray, _compiled_slope_and_curvature(as_data(problem), weights)))


@eqx.filter_jit
def _compiled_slope_and_curvature(problem: Problem, weights: dict) -> tuple:
    flat, restore = ravel_pytree(weights)

    def slope(x):
        return ravel_pytree(problem.gradient(restore(x)))[0]

    return slope(flat), jax.jacfwd(slope)(flat)
