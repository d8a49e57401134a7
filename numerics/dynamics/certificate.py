"""Proof that a system has a fixed point here, and one only: the Newton-Kantorovich theorem with rounding."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.dynamics.rounding_error import NoBound, with_rounding
from theory.errors import ProblemError

_EPS = float(np.finfo(float).eps)
_MARGIN = 1e-10


class Certificate(NamedTuple):
    """What is proved of the neighbourhood of a state.

    Args:
        holds: whether there is a zero of the field, proved.
        product: h of the theorem, which must be at most 1/2 - 1e-10; infinite where it has no bound.
        radius: the zero lies within this distance of the state.
        separation: no other zero lies within this distance of the state.
        reason: why it does not hold, or "".
    """

    holds: bool
    product: float
    radius: float
    separation: float
    reason: str


class ContinuumCertificate(NamedTuple):
    """What is proved of a state on a continuum of slow states.

    Args:
        transverse: the certificate of the velocity across, on the slice through the state orthogonal to the slow
            directions: there is one point of the slice where it vanishes, within `radius`.
        slowest: no less than this is the speed at that point,
        fastest: and no more than this.
        directions: the slow directions, (state, slow).
    """

    transverse: Certificate
    slowest: float
    fastest: float
    directions: np.ndarray


def certify(field, state, lipschitz) -> Certificate:
    """Newton-Kantorovich: with `b = |J^-1|`, `e = |J^-1 f|` at x and `h = b e L <= 1/2` there is a zero of f within
    `(1 - sqrt(1 - 2 h)) / (b L)` of x, and no other within `(1 + sqrt(1 - 2 h)) / (b L)`.

    L bounds `|J(y) - J(z)| / |y - z|` on the ball of radius 2 e about x; norms are Euclidean. What rounding can have
    done to f and to J is bounded by `with_rounding`, what it does to the inverse R of J by `|I - R J|`:
    `J^-1 = (I - (I - R J))^-1 R`. A system with an operation that is not smooth is not certified, whatever L says.

    Args:
        field: f, a function of the state that JAX can trace.
        state: x.
        lipschitz: L, a number that holds everywhere, or a function `lipschitz(state, radius)`.

    Raises:
        ProblemError: an L that is no positive number (zero for a linear system).

    >>> certify(lambda x: x**2 - 2, np.array([1.414213562]), 2.0).holds  # f'' = 2
    True
    >>> certify(lambda x: x**2 + 1e-10, np.array([1e-5]), 2.0).holds
    False

    Source: Kantorovich 1948; Deuflhard, Newton Methods for Nonlinear Problems (2011), theorem 2.1.
    """
    evaluated = evaluate(field, state)
    if isinstance(evaluated, str):
        return Certificate(False, np.inf, np.inf, 0.0, evaluated)
    return _kantorovich(*evaluated, lambda radius: bound(lipschitz, state, radius))


def certify_continuum(field, state, lipschitz, slow: int = 1) -> ContinuumCertificate:
    """A certificate of a state on a ring, line or plane of slow states, where the Jacobian is singular or nearly so.

    With the singular vectors of `J = U S V^T`, those of the `slow` smallest singular values apart (U_0, V_0), the
    velocity across `g(y) = U_1^T f(x + V_1 y)` has the Jacobian S_1, which is regular: the theorem of `certify` proves
    one zero y* on the slice. What is left there is the drift `f = U_0 U_0^T f`, of size
    `|U_0^T f(x)| +- (|U_0^T J V_1| |y*| + L |y*|^2 / 2)`.

    Args:
        field, state, lipschitz: as for `certify`.
        slow: how many slow directions.

    >>> ring = lambda z: z * (1 - z @ z) + 1e-3 * jnp.array([-z[1], z[0]])    # drifts at speed 1e-3
    >>> found = certify_continuum(ring, np.array([1.0, 0.0]), lambda z, radius: 6 * (np.linalg.norm(z) + radius))
    >>> found.transverse.holds, round(found.slowest, 8), round(found.fastest, 8)
    (True, 0.001, 0.001)
    """
    evaluated = evaluate(field, state)
    if isinstance(evaluated, str):
        refused = Certificate(False, np.inf, np.inf, 0.0, evaluated)
        return ContinuumCertificate(refused, 0.0, np.inf, np.zeros((len(state), slow)))
    f, f_error, J, J_error = evaluated
    U, _, V = np.linalg.svd(J)
    U0, U1, V0, V1 = U[:, -slow:], U[:, :-slow], V[-slow:].T, V[:-slow].T
    size = len(f)

    def project(left, array, error, right=None):
        """left^T array right, and its error; the singular vectors are orthogonal to rounding."""
        value, error = left.T @ array, np.abs(left).T @ (error + 4 * size * _EPS * np.abs(array))
        if right is None:
            return value, error
        return value @ right, (error + 4 * size * _EPS * np.abs(value)) @ np.abs(right)

    def on_ball(radius):
        return bound(lipschitz, state, radius) * (1 + 1e-12)

    across = _kantorovich(*project(U1, f, f_error), *project(U1, J, J_error, V1), on_ball)
    along, along_error = project(U0, f, f_error)
    if not across.holds:
        return ContinuumCertificate(across, 0.0, np.inf, V0)
    coupling, coupling_error = project(U0, J, J_error, V1)
    t = across.radius
    change = (length(coupling) + length(coupling_error)) * t + on_ball(t) * t**2 / 2 + length(along_error)
    drift = length(along)
    return ContinuumCertificate(across, float(max(drift - change, 0.0)), float(drift + change), V0)


def evaluate(field, state):
    """f, its error, J and its error at a state, or why there is none."""
    try:
        found = [np.asarray(part) for part in _evaluate(field, jnp.asarray(state))]
    except NoBound as error:
        return f"the rounding of {error} has no bound, or it is not smooth"
    if not all(np.isfinite(part).all() for part in found):
        return "the velocity or its Jacobian is not finite here"
    return found


@eqx.filter_jit
def _evaluate(field, state):
    return *with_rounding(field)(state), *with_rounding(jax.jacfwd(field))(state)


def bound(lipschitz, state, radius: float) -> float:
    """The declared bound on a ball, as a number.

    Raises:
        ProblemError: it is not one.
    """
    value = lipschitz(state, radius) if callable(lipschitz) else lipschitz
    try:
        value = float(value)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"the bound of the Jacobian's slope must be a number; it is {value!r}.") from error
    if not value >= 0:
        raise ProblemError(f"the bound of the Jacobian's slope is {value:g}; it must be zero or more.")
    return value


def length(array) -> float:
    """Euclidean length of a vector, or of a matrix as one: above its spectral norm; without overflow.

    >>> length(np.array([3e200, 4e200]))
    5e+200
    """
    largest = float(np.max(np.abs(array), initial=0.0))
    if not 0 < largest < np.inf:
        return largest
    return largest * float(np.linalg.norm(np.ravel(array) / largest)) * (1 + np.size(array) * _EPS)


def _spectral(matrix) -> float:
    largest = float(np.max(np.abs(matrix)))
    return largest * float(np.linalg.norm(matrix / largest, 2)) * (1 + 10 * len(matrix) * _EPS)


def _kantorovich(f, f_error, J, J_error, on_ball) -> Certificate:
    size = len(f)
    try:
        R = np.linalg.inv(J)
    except np.linalg.LinAlgError:
        R = np.full_like(J, np.inf)
    if not np.isfinite(R).all():
        return Certificate(False, np.inf, np.inf, 0.0, "the Jacobian is singular")
    largest_R, largest_J = length(R), length(J)
    defect = length(np.eye(size) - R @ J) + largest_R * (length(J_error) + 2 * size * _EPS * largest_J)
    if not defect < 1:
        return Certificate(False, np.inf, np.inf, 0.0, "the Jacobian is singular to rounding")
    b = _spectral(R) / (1 - defect)
    e = (length(R @ f) + length(np.abs(R) @ (f_error + 2 * size * _EPS * np.abs(f)))) / (1 - defect)
    L = on_ball(2 * e)
    h = b * L * e * (1 + 1e-14)
    if not h <= 0.5 - _MARGIN:
        return Certificate(False, h, np.inf, 0.0, f"h = {h:.3g} is above 1/2")
    radius = 2 * e / (1 + np.sqrt(1 - 2 * h))
    if b * L == 0:
        return Certificate(True, h, radius, np.inf if on_ball(np.inf) == 0 else radius, "")
    # a larger ball has a larger L, which says how far the zero is alone
    wide = on_ball(2 / (b * L))
    if b * wide * e <= 0.5 - _MARGIN:
        separation = (1 + np.sqrt(1 - 2 * b * wide * e)) / (b * wide) * (1 - 1e-14)
    else:
        separation = radius
    return Certificate(True, h, radius * (1 + 1e-14), separation, "")
