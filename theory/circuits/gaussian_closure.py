"""The Gaussian closure, or statistical linearisation: the nonlinear circuit as a Gaussian of mean zero sees it."""

import numpy as np
import scipy.sparse.linalg

from theory.circuits.covariance import accumulated_covariance
from theory.errors import DivergedError, UnstableSystemError
from theory.nonlinearities import Nonlinearity

_ITERATIONS = 100


def gaussian_closure(
    recurrence: np.ndarray,
    nonlinearity: Nonlinearity,
    diffusion: np.ndarray,
    time_constant: float = 1.0,
    name: str = "the circuit",
) -> tuple[np.ndarray, np.ndarray]:
    """Gains `G_j = E phi'(z_j)` over a Gaussian whose covariance S is stationary under these gains.

    Moments obey `d<z z^T>/dt = F S + S F^T + D` with `<phi(z_j) z_i>` in place of a linear drive. If z is Gaussian of
    mean zero, `<phi(z_j) z_i> = G_j S_ji` (Stein), so `F = (B diag G - I) / tau` and S solves its Lyapunov equation.

    Assumptions: phi odd, no input, and a law that is near Gaussian. Exact at second order for phi = identity, and
    for all that depends on Gaussian neurons alone: neurons without input, and the covariances of those they drive with
    them. What a nonlinearity adds to the *variance* of a driven neuron beyond its Gaussian gain is left out, so
    variances are too small where that counts. In a bistable circuit the law has two peaks: the closure puts one wide
    Gaussian over both, whose slow mode is a line attractor that is not there.

    Gains are found by Newton's method with the exact derivative
    (`dS` from one Lyapunov equation, systems solved by GMRES), halving steps that leave the stable circuits.

    Args:
        recurrence: B, (neuron, neuron).
        nonlinearity: phi.
        diffusion: D = 2 Q / tau, (neuron, neuron).
        time_constant: tau.
        name: what to call it in errors.

    Returns:
        The gains, (neuron,), and S, (neuron, neuron).

    Raises:
        DivergedError: Newton's method does not arrive.

    >>> from theory.nonlinearities import ErrorFunction
    >>> gains, S = gaussian_closure(np.array([[0.5]]), ErrorFunction(), np.array([[2.0]]))
    >>> bool(abs(S[0, 0] * (1 - 0.5 * gains[0]) - 1) < 1e-12)
    True

    Source: Booton, Nonlinear Dynamics of Systems with Random Inputs, 1954; Roberts & Spanos, Random Vibration and
    Statistical Linearization, 1990.
    """
    size = len(recurrence)

    def drift(gains):
        return (recurrence * gains - np.eye(size)) / time_constant

    gains = np.zeros(size)
    S = accumulated_covariance(drift(gains), diffusion, name)
    residual = gains - nonlinearity.mean_derivative(np.diag(S))
    for _ in range(_ITERATIONS):
        F, slopes = drift(gains), nonlinearity.mean_derivative_slope(np.diag(S))

        def change(direction, F=F, S=S, slopes=slopes):
            """The residual's derivative: F dS + dS F^T + dF S + S dF^T = 0."""
            source = (recurrence * direction / time_constant) @ S
            return direction - slopes * np.diag(_accumulated(F, source + source.T, name))

        operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=change)
        step, _ = scipy.sparse.linalg.gmres(operator, -residual, rtol=1e-6, restart=min(size, 50), maxiter=1)
        for _ in range(60):
            try:
                new_S = accumulated_covariance(drift(gains + step), diffusion, name)
            except UnstableSystemError:
                step = step / 2
                continue
            new = gains + step - nonlinearity.mean_derivative(np.diag(new_S))
            if np.linalg.norm(new) < np.linalg.norm(residual) or np.linalg.norm(residual) < 1e-12:
                break
            step = step / 2
        else:
            break
        gains, S, residual = gains + step, new_S, new
        if np.abs(residual).max() < 1e-12:
            return gains, S
    raise DivergedError(
        f"the Gaussian closure of {name} is not reached: its gains are still off by {np.abs(residual).max():.1g}."
    )


def _accumulated(drift: np.ndarray, symmetric: np.ndarray, name: str) -> np.ndarray:
    """`int exp(F t) X exp(F t)^T dt` of a symmetric X of either sign: a difference of two that are positive."""
    values, vectors = np.linalg.eigh(symmetric)
    parts = [(vectors * np.clip(sign * values, 0, None)) @ vectors.T for sign in (1, -1)]
    return np.subtract(*[accumulated_covariance(drift, part, name) for part in parts])
