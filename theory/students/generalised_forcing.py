"""Generalised teacher forcing: a network of the recorded neurons, trained while it is pulled towards the data."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import scipy.optimize

from theory.checks import count
from theory.errors import DivergedError, ProblemError
from theory.students.student import Fit, Student, regression, square_root

_FLAT = 1e-6  # of the loss over the mean variance, per unit of a weight of order one
_SAME = 1e-4  # weights of two descents that end in one minimum agree to this, relative to their own size


class Minimum(NamedTuple):
    """Where descent on the loss of generalised teacher forcing ends."""

    propagator: np.ndarray
    loss: float
    """Mean squared error over the window, per unit of the summed variance of the neurons."""


@dataclass(frozen=True)
class GeneralisedForcing(Student):
    """The minimum of `1/K sum_{n=1}^K <|x_n - z_n|^2>`; `z_{n+1} = A s_n`, `s_n = f x_n + (1 - f) z_n`, s_0 = x_0.

    With residuals `r_n = x_n - A x_{n-1}`, whose covariances `G(k) = <r_{n+k} r_n^T>` are
    `C(k) - A C(k-1) - C(k+1) A^T + A C(k) A^T`, the errors `e_n = x_n - z_n` obey `e_{n+1} = r_{n+1} + B e_n` with
    `B = (1 - f) A` and `e_0 = 0`. So the loss is made of C(0) to C(K) alone:

        E_{n+1} = B E_n B^T + G(0) + B X_n + X_n^T B^T,   X_n = <e_n r_{n+1}^T> = sum_{j<n} B^j G(j+1)^T,

    its value the mean of `tr E_n`. What it means:

    - f = 1, or K = 1: E_n is G(0); it is one-step teacher forcing, `Autoregression()`.
    - f = 0: `e_n = x_n - A^n x_0`; it is `Rollout(K)`, and running freely, `FreeRunning()`, as K grows.
    - In between, `z_{n+1} = A (z_n + f (x_n - z_n))`: an observer with the gain f for every direction. If the circuit
      is fully recorded, under observation noise, and its Kalman gain is f I, then with the true A the e_n tend to the
      innovations, which no predictor is better than: over long windows training ends at the truth, up to the start's
      share in the window, O(1/K). With a forcing above the gain noise is believed, as by `Autoregression()`.
    - Where nothing is hidden and nothing noisy, f = 1 and f = 0 find the truth, but what is between does not: over two
      steps the loss still has the gradient `-f (1 - f) A Q` at the true A, Q the noise over a bin, and timescales come
      out too slow.

    Assumptions: the loss is not convex for f < 1. `fit` takes the lowest of the minima that descent (L-BFGS) reaches
    from the one-step network, from half the identity (where networks start to be trained) and from nothing; `minima`
    gives them all.

    Args:
        window: K, in bins.
        forcing: f, from 0 to 1.

    Raises:
        DivergedError: no descent ends where the gradient vanishes.

    >>> from theory.circuits import LinearCircuit
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(LinearCircuit([[0.9]]), observation_noise=5.0)  # timescale 10, Kalman gain .412
    >>> [round(GeneralisedForcing(400, f).fit(recorded).slowest(), 1) for f in (1.0, 0.412, 0.0)]
    [2.0, 9.9, 6.4]

    Source: Hess, Monfared, Brenner & Durstewitz, ICML 2023 (arXiv 2306.04406), for the training; the loss in lagged
    covariances is derived here. With the gain set free it is prediction-error identification (Ljung 1999).
    """

    window: int
    forcing: float

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        covariances = recorded.lagged_covariance(range(count(self.window, "window") + 1))
        best = self._minima(covariances)[0]
        return Fit(best.propagator, recorded.bin_size, covariance=covariances[0])

    def minima(self, recorded) -> list[Minimum]:
        """All different minima that descent reaches from the three starts, the lowest first.

        Args:
            recorded: as of `Student`.
        """
        return self._minima(recorded.lagged_covariance(range(count(self.window, "window") + 1)))

    def _minima(self, covariances: np.ndarray) -> list[Minimum]:
        one_step, forcing = regression(covariances[1], covariances[0]), fraction_forced(self.forcing)
        identity = np.eye(len(one_step))
        starts = [one_step] if forcing == 1 else [one_step, 0.5 * identity, 0.0 * identity]
        ends = [descend(start, covariances, forcing) for start in starts]
        found = []
        for end, steepest in sorted(ends, key=lambda pair: pair[0].loss):
            known = any(np.abs(end.propagator - m.propagator).max() < _SAME for m in found)
            if steepest < _FLAT and not known:
                found.append(end)
        if not found:
            raise DivergedError(
                f"training over {self.window} steps has no minimum near its starts: descent stops at a gradient of "
                f"{min(steepest for _, steepest in ends):.1g}. Use fewer steps or more forcing."
            )
        return found


def fraction_forced(value) -> float:
    """A forcing from 0 to 1, or a ProblemError.

    >>> fraction_forced(1)
    1.0
    """
    if not 0 <= value <= 1:
        raise ProblemError(f"forcing = {value:g}, but it must be from 0 to 1.")
    return float(value)


def descend(start: np.ndarray, covariances: np.ndarray, forcing: float) -> tuple[Minimum, float]:
    """Where L-BFGS on `forced_loss` ends, and the largest entry of the gradient there.

    Args:
        start: A, (neuron, neuron).
        covariances, forcing: as of `forced_loss`.
    """
    scaled = covariances / np.trace(covariances[0])
    # over Y = A L, L L^T = C(0): the one-step loss is |Y|^2 and a linear part, and longer ones are near it
    root = square_root(scaled[0])

    def loss(Y):
        found, gradient = forced_loss(np.linalg.solve(root.T, Y.reshape(start.shape).T).T, scaled, forcing)
        return found, np.linalg.solve(root, gradient.reshape(start.shape).T).T.ravel()

    found = scipy.optimize.minimize(
        loss,
        (start @ root).ravel(),
        jac=True,
        method="L-BFGS-B",
        options=dict(maxiter=20_000, maxfun=40_000, maxcor=30, ftol=1e-15, gtol=1e-9),
    )
    A = np.linalg.solve(root.T, found.x.reshape(start.shape).T).T
    return Minimum(A, float(found.fun)), float(np.abs(found.jac).max())


def forced_loss(A: np.ndarray, covariances: np.ndarray, forcing: float) -> tuple[float, np.ndarray]:
    """The loss of `GeneralisedForcing`, and its gradient in A (ravelled), both exact.

    Args:
        A: propagator over one bin, (neuron, neuron).
        covariances: C(0) to C(K), (lag, neuron, neuron).
        forcing: f.

    >>> loss, gradient = forced_loss(np.array([[0.5]]), np.array([1.0, 0.5, 0.25])[:, None, None], forcing=0.0)
    >>> loss, float(gradient[0])  # (1 - .25 + 1 - .0625) / 2, at the minimum of a Markov process
    (0.84375, 0.0)
    """
    C, window, B = covariances, len(covariances) - 1, (1 - forcing) * A
    earlier = np.concatenate([C[1:2].transpose(0, 2, 1), C[:-2]])  # C(k - 1), k = 0 .. K - 1
    present, later = C[:-1], C[1:]
    G = present - A @ earlier - later @ A.T + A @ present @ A.T
    powers, lagging, errors = [np.eye(len(A))], [np.zeros_like(A)], [np.zeros_like(A)]
    for n in range(window):
        crossed = B @ lagging[n]
        errors.append(B @ errors[n] @ B.T + G[0] + crossed + crossed.T)
        if n + 1 < window:
            lagging.append(lagging[n] + powers[n] @ G[n + 1].T)
            powers.append(B @ powers[n])
    loss = sum(map(np.trace, errors[1:]))
    # backwards: of_error is d loss / d E_{n+1}, of_lagging d loss / d X_n summed over the later n
    of_error, of_lagging, of_power = np.eye(len(A)), np.zeros_like(A), np.zeros_like(A)
    of_B, of_G = np.zeros_like(A), np.zeros_like(G)
    for n in range(window - 1, -1, -1):
        of_G[0] += of_error
        of_B += 2 * of_error @ (B @ errors[n] + lagging[n].T)
        if n + 1 < window:
            # X_{n+1}, X_{n+2}, ... hold B^n G(n+1)^T, and B^(n+1) is made of B^n
            of_G[n + 1] = of_lagging.T @ powers[n]
            of_B += of_power @ powers[n].T
            of_power = B.T @ of_power + of_lagging @ G[n + 1]
        of_lagging = of_lagging + 2 * B.T @ of_error
        of_error = np.eye(len(A)) + B.T @ of_error @ B
    of_A = (1 - forcing) * of_B + np.sum(
        -of_G @ earlier.transpose(0, 2, 1)
        - of_G.transpose(0, 2, 1) @ later
        + of_G @ A @ present.transpose(0, 2, 1)
        + of_G.transpose(0, 2, 1) @ A @ present,
        axis=0,
    )
    return float(loss) / window, of_A.ravel() / window
