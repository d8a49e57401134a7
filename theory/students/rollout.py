"""Rollout: trained on its own predictions over several steps."""

from dataclasses import dataclass

import numpy as np
import scipy.optimize

from theory.checks import count
from theory.errors import DivergedError
from theory.students.student import Fit, Student, regression


@dataclass(frozen=True)
class Rollout(Student):
    """The minimum of `1/k sum_{j=1}^k <|x_{n+j} - A^j x_n|^2>`: the network predicts k steps from one observed state.

    With k = 1 it is teacher forcing (`Autoregression()`); as k grows, free running. In lagged covariances the j-th term
    is `tr C(0) - 2 tr A^j C(j)^T + tr A^j C(0) (A^j)^T`, with gradient `2 (A^j C(0) - C(j))` in A^j.

    Assumptions: the loss is not convex for k > 1; the minimum is the one that descent (L-BFGS) reaches from the
    one-step network.

    Args:
        steps: k, in bins.

    Raises:
        DivergedError: descent ends where the gradient has not vanished.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> round(Rollout(steps=5).fit(RecordedCircuit(uncoupled(3), [0, 1], 0.5)).slowest(), 4)
    1.0
    """

    steps: int

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        steps = count(self.steps, "steps")
        covariances = recorded.lagged_covariance(range(steps + 1))
        start = regression(covariances[1], covariances[0])
        scale = np.trace(covariances[0])
        found = scipy.optimize.minimize(
            lambda A: rollout_loss(A.reshape(start.shape), covariances / scale),
            start.ravel(),
            jac=True,
            method="L-BFGS-B",
            options=dict(maxiter=20_000, maxfun=40_000, maxcor=30, ftol=1e-15, gtol=1e-10),
        )
        if np.abs(found.jac).max() > 1e-6:
            raise DivergedError(
                f"the rollout over {steps} steps has no minimum near the one-step network: descent stops at a gradient "
                f"of {np.abs(found.jac).max():.1g}. Use fewer steps."
            )
        return Fit(found.x.reshape(start.shape), recorded.bin_size, covariance=covariances[0])


def rollout_loss(A: np.ndarray, covariances: np.ndarray) -> tuple[float, np.ndarray]:
    """The loss of `Rollout`, and its gradient in A (ravelled).

    Args:
        A: propagator over one bin, (neuron, neuron).
        covariances: C(0) to C(k), (lag, neuron, neuron).
    """
    steps, present = len(covariances) - 1, covariances[0]
    powers = [np.eye(len(A))]
    for _ in range(steps):
        powers.append(A @ powers[-1])
    loss, gradient, behind = 0.0, np.zeros_like(A), np.zeros_like(A)
    # d A^j = sum_i A^i dA A^(j-1-i), so the gradient is sum_j sum_i (A^i)^T G_j (A^(j-1-i))^T, by Horner in i
    for j in range(steps, 0, -1):
        error = powers[j] @ present - covariances[j]
        loss += np.trace(present) - 2 * np.sum(powers[j] * covariances[j]) + np.sum(powers[j] * (powers[j] @ present))
        # behind holds sum_{l >= j} (A^T)^(l-j) G_l: what reaches the output of step j
        behind = A.T @ behind + 2 * error
        gradient += behind @ powers[j - 1].T
    return loss / steps, gradient.ravel() / steps
