"""Covariances that noise builds up: matrix products and sums of positive terms only, so nothing cancels."""

import numpy as np
import scipy.linalg

from theory.errors import UnstableSystemError

_ROUNDING = np.finfo(float).eps
# 2^60 short steps: a memory that has not ended by then is none
_DOUBLINGS = 60


def accumulated_covariance(drift: np.ndarray, diffusion: np.ndarray, name: str = "the circuit") -> np.ndarray:
    """`S = int_0^inf exp(F t) D exp(F t)^T dt`, which solves `F S + S F^T + D = 0`.

    With `S(h)` the integral to h, `S(2h) = S(h) + exp(F h) S(h) exp(F h)^T`: every term is positive
    semi-definite, so a far from normal F costs no digits, and no eigenvalue is computed.

    Args:
        drift: F, stable, (n, n).
        diffusion: D, symmetric without negative eigenvalues, (n, n).
        name: what to call it in the error.

    Raises:
        UnstableSystemError: the integral does not converge.

    >>> accumulated_covariance(np.array([[-0.5]]), np.array([[3.0]]))
    array([[3.]])

    Source: R. A. Smith, SIAM J. Appl. Math. 16 (1968) 198, in continuous time.
    """
    propagator, covariance, _ = _short_step(drift, diffusion, np.inf)
    for _ in range(_DOUBLINGS):
        # overflow is what an unstable circuit does; it is told below
        with np.errstate(over="ignore", invalid="ignore"):
            added = propagator @ covariance @ propagator.T
            covariance, propagator = covariance + added, propagator @ propagator
        if not np.isfinite(added).all():
            break
        if np.abs(added).max() <= 0.1 * _ROUNDING * np.abs(covariance).max() and np.abs(propagator).max() < 1.0:
            return (covariance + covariance.T) / 2
    raise UnstableSystemError(
        f"{name} is not stable, so its fluctuations have no stationary covariance: they still grow at time "
        f"{2.0**_DOUBLINGS * _step(drift):.1g}. Every eigenvalue of the recurrence must have a real part below 1."
    )


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


def _step(drift: np.ndarray) -> float:
    size = np.linalg.norm(drift, 1)
    return 0.5 / size if size > 0 else 1.0


def _short_step(drift: np.ndarray, diffusion: np.ndarray, time: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Propagator and covariance at a time of at most 1 / (2 |F|), and how many doublings lead to the time asked."""
    step, doublings = _step(drift), 0
    if np.isfinite(time):
        doublings = max(0, int(np.ceil(np.log2(time / step))))
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
