"""Covariances that noise builds up: matrix products and sums of positive terms only, so nothing cancels."""

import numpy as np
import scipy.linalg

from theory.errors import UnstableSystemError

_ROUNDING = np.finfo(float).eps
# a sum of 2^60 terms: a memory that has not ended by then is none
_DOUBLINGS = 60


def accumulated_covariance(drift: np.ndarray, diffusion: np.ndarray, name: str = "the circuit") -> np.ndarray:
    """`S = int_0^inf exp(F t) D exp(F t)^T dt`, which solves `F S + S F^T + D = 0`.

    With `R = (a - F)^-1`, Cayley's transform `A = 2 a R - 1` turns the equation into `S = A S A^T + 2 a R D R^T`, whose
    solution is the sum over k of `A^k (2 a R D R^T) (A^k)^T`. The number of terms doubles with every step: three
    matrix products a step, 8 to 15 steps for chains and line attractors of 1,000 neurons. Every term is positive
    semi-definite, so a far from normal F costs no digits, and no eigenvalue is computed. Any a > 0 is exact; the
    mean decay rate, `a = -tr F / n`, brings the modes of that rate to zero in one step.

    Args:
        drift: F, stable, (n, n).
        diffusion: D, symmetric without negative eigenvalues, (n, n).
        name: what to call it in the error.

    Raises:
        UnstableSystemError: the integral does not converge.

    >>> accumulated_covariance(np.array([[-0.5]]), np.array([[3.0]]))
    array([[3.]])

    Source: R. A. Smith, SIAM J. Appl. Math. 16 (1968) 198.
    """
    rate = -np.trace(drift) / len(drift)
    if rate > 0:
        # overflow is what an unstable circuit does; it is told below
        with np.errstate(over="ignore", invalid="ignore"):
            covariance = _doubled_sum(drift, diffusion, rate)
        if covariance is not None:
            return (covariance + covariance.T) / 2
    raise UnstableSystemError(
        f"{name} is not stable, so its fluctuations have no stationary covariance: after 2^{_DOUBLINGS} steps they "
        "still grow. Every eigenvalue of the recurrence must have a real part below 1."
    )


def _doubled_sum(drift: np.ndarray, diffusion: np.ndarray, rate: float) -> np.ndarray | None:
    """The sum over k, or None where it does not settle."""
    identity = np.eye(len(drift))
    try:
        resolvent = np.linalg.inv(rate * identity - drift)
    except np.linalg.LinAlgError:  # a mode that grows at just that rate
        return None
    power = 2 * rate * resolvent - identity
    total = 2 * rate * resolvent @ diffusion @ resolvent.T
    for _ in range(_DOUBLINGS):
        added = power @ total @ power.T
        total = total + added
        if not np.isfinite(added).all():
            return None
        if np.abs(added).max() <= 0.1 * _ROUNDING * np.abs(total).max() and np.abs(power).max() < 1.0:
            return total
        power = power @ power
    return None


def propagator_and_noise(drift: np.ndarray, diffusion: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray]:
    """`exp(F t)` and `int_0^t exp(F s) D exp(F s)^T ds`.

    Args:
        drift: F, (n, n); it need not be stable.
        diffusion: D, (n, n).
        time: t > 0.
    """
    propagator, covariance, doublings = _short_step(drift, diffusion, time)
    for _ in range(doublings):
        covariance = covariance + propagator @ covariance @ propagator.T
        propagator = propagator @ propagator
    return propagator, (covariance + covariance.T) / 2


def symmetric_root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric square root of a covariance, singular ones included: what rounding made negative counts as zero.

    Args:
        covariance: symmetric without negative eigenvalues, (n, n).

    >>> symmetric_root(np.array([[4.0, 0.0], [0.0, 0.0]]))
    array([[2., 0.],
           [0., 0.]])
    """
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


def _short_step(drift: np.ndarray, diffusion: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Propagator and covariance at a time of at most 1 / (2 |F|), and how many doublings lead to the time asked."""
    doublings = max(0, int(np.ceil(np.log2(2 * time * np.linalg.norm(drift, 1) or 1.0))))
    step = time / 2.0**doublings
    # Taylor series of X(h), dX/dt = F X + X F^T + D: with |F| h <= 1/2 the k-th term is below h |D| / k!
    term = covariance = step * diffusion
    for order in range(2, 40):
        flow = drift @ term
        term = (flow + flow.T) * (step / order)
        covariance = covariance + term
        if np.abs(term).max() <= 0.1 * _ROUNDING * np.abs(covariance).max():
            break
    return scipy.linalg.expm(drift * step), covariance, doublings
