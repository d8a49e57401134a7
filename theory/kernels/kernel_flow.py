"""Learning of a lazy network: gradient flow, descent and momentum of its outputs from one eigendecomposition."""

import numpy as np

from theory.checks import positive, real_array
from theory.errors import ProblemError


class KernelFlow:
    """A network so wide that its neural tangent kernel Theta stays: outputs follow a linear equation.

    With M points (a point is an input, or an input and a time) and `L = 1/(2M) sum (f - y)^2`,

        df/ds = -Theta (f - y)/M,     f(s) = y + exp(-Theta s/M) (f_0 - y)
        f_*(s) = f_*0 + Theta_* Theta^-1 [1 - exp(-Theta s/M)] (y - f_0)          elsewhere

    Every eigenvector of Theta is learned on its own, at its eigenvalue over M: `patterns`, fastest first. Gradient
    descent of step eta multiplies what is left of a pattern by `1 - eta lambda/M` a step, heavy ball moves it by
    `x_{k+1} = x_k - eta lambda/M x_k + beta (x_k - x_{k-1})`; both are powers in the same basis. Nothing is inverted,
    so a singular Theta is no obstacle.

    Several outputs with readouts of their own share the kernel, and each follows the equation; losses sum over them.

    Regime: N to infinity at fixed data and training time, NTK parameterisation (or rates of width-independent effect).

    Args:
        kernel: Theta, (point, point), symmetric and positive semi-definite.
        targets: y, (point,) or (point, output).
        initial: f_0, as targets; None for 0.

    Raises:
        ProblemError: shapes that do not fit, a kernel that is not symmetric, or has a negative eigenvalue.

    >>> flow = KernelFlow([[2.0, 1.0], [1.0, 2.0]], [1.0, 0.0])
    >>> flow.rates
    array([1.5, 0.5])
    >>> float(flow.loss([0.0])[0]), float(flow.loss([100.0])[0]) < 1e-12
    (0.25, True)

    Source: A. Jacot, F. Gabriel & C. Hongler, arXiv 1806.07572; J. Lee et al., arXiv 1902.06720, eqs. 8 to 11.
    """

    def __init__(self, kernel, targets, initial=None):
        kernel = np.asarray(real_array(kernel, "kernel", 2))
        outputs = np.ndim(targets)
        self.targets = np.asarray(real_array(targets, "targets", 2 if outputs == 2 else 1))
        self.points = len(self.targets)
        if kernel.shape != (self.points, self.points):
            raise ProblemError(f"the kernel has shape {kernel.shape}; {self.points} targets need a square one.")
        size = np.abs(kernel).max()
        if np.abs(kernel - kernel.T).max() > 1e-10 * size:
            raise ProblemError(f"the kernel is not symmetric: entries differ by {np.abs(kernel - kernel.T).max():.3g}.")
        self.initial = np.zeros(self.targets.shape)
        if initial is not None:
            self.initial = np.asarray(real_array(initial, "initial", self.targets.ndim))
        if self.initial.shape != self.targets.shape:
            raise ProblemError(f"initial has shape {self.initial.shape}, targets {self.targets.shape}.")
        values, vectors = np.linalg.eigh((kernel + kernel.T) / 2)
        if values[0] < -1e-9 * size * self.points:
            raise ProblemError(f"the kernel has a negative eigenvalue, {values[0]:.3g}: it is no kernel of a network.")
        self.eigenvalues, self.patterns = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
        self._missing = self.patterns.T @ (self.targets - self.initial)

    @property
    def rates(self) -> np.ndarray:
        """At which each pattern is learned by gradient flow, fastest first: eigenvalue / M."""
        return self.eigenvalues / self.points

    @property
    def largest_step_size(self) -> float:
        """Of gradient descent: 2 M over the largest eigenvalue; beyond, the first pattern diverges."""
        return float(2 / self.rates[0]) if self.rates[0] > 0 else np.inf

    def left_by_flow(self, training_times) -> np.ndarray:
        """What gradient flow leaves of each pattern, `exp(-rate s)`: (training time, pattern)."""
        times = np.asarray(real_array(training_times, "training_times", 1))
        return np.exp(-np.outer(times, self.rates))

    def left_by_descent(self, steps, step_size: float, momentum: float = 0.0) -> np.ndarray:
        """What gradient descent, or heavy ball from rest, leaves of each pattern after so many steps: (steps, pattern).

        Args:
            steps: how many, whole numbers.
            step_size: eta.
            momentum: beta, from 0 to 1; the first step has none.

        Raises:
            ProblemError: a step size beyond `2 (1 + beta) M/lambda_max`, where the first pattern diverges.
        """
        step_size, momentum = positive(step_size, "step_size"), positive(momentum, "momentum", allow_zero=True)
        if momentum >= 1:
            raise ProblemError(f"momentum = {momentum:g}, but it must be below 1.")
        limit = (1 + momentum) * self.largest_step_size
        if step_size > limit:
            raise ProblemError(f"step_size = {step_size:g} diverges: it must be at most {limit:.6g}.")
        steps = np.asarray(steps)
        if steps.dtype.kind not in "iu" or steps.ndim != 1 or (steps < 0).any():
            raise ProblemError(f"steps must be whole numbers from 0 on; got {steps!r}.")
        moved = 1 + momentum - step_size * self.rates
        one_step = np.zeros((self.points, 2, 2))
        one_step[:, 0, 0], one_step[:, 0, 1], one_step[:, 1, 0] = moved, -momentum, 1.0
        return np.array([np.linalg.matrix_power(one_step, int(k)).sum(-1)[:, 0] for k in steps])

    def outputs(self, left) -> np.ndarray:
        """f on the training points, (time, point[, output]), with so much left of each pattern (`left_by_flow`)."""
        return self.targets - np.einsum("pk,tk...->tp...", self.patterns, self._left_missing(left))

    def loss_of(self, left) -> np.ndarray:
        """L, (time,), where so much is left of each pattern."""
        missing = self._left_missing(left)
        return np.sum(missing**2, axis=tuple(range(1, missing.ndim))) / (2 * self.points)

    def loss(self, training_times) -> np.ndarray:
        """L(s) of gradient flow, (training time,)."""
        return self.loss_of(self.left_by_flow(training_times))

    def elsewhere(self, cross_kernel, left, initial=0.0) -> np.ndarray:
        """f at other points, (time, other point[, output]).

        Patterns of eigenvalue 0, up to rounding, do not move anything: none is divided by.

        Args:
            cross_kernel: Theta_*, (other point, point).
            left: of each pattern, as above.
            initial: f_*0, (other point[, output]).
        """
        cross = np.asarray(real_array(cross_kernel, "cross_kernel", 2))
        if cross.shape[1] != self.points:
            raise ProblemError(f"the cross kernel has {cross.shape[1]} columns; there are {self.points} points.")
        seen = self.eigenvalues > 1e-14 * self.points * self.eigenvalues[0]
        weights = np.where(seen, (1 - np.asarray(left)) / np.where(seen, self.eigenvalues, 1.0), 0.0)
        return initial + np.einsum("pk,tk...->tp...", cross @ self.patterns, self._left_missing(weights))

    def test_loss(self, cross_kernel, left, targets, initial=0.0) -> np.ndarray:
        """`1/(2 M_*) sum (f - y)^2` at other points, (time,).

        Args:
            cross_kernel: Theta_*, (other point, point).
            left: of each pattern, as above.
            targets: y at the other points, (other point[, output]).
            initial: f_*0 there.
        """
        targets = np.asarray(real_array(targets, "targets", self.targets.ndim))
        errors = self.elsewhere(cross_kernel, left, initial) - targets
        return np.sum(errors**2, axis=tuple(range(1, errors.ndim))) / (2 * len(targets))

    def _left_missing(self, left) -> np.ndarray:
        """(time, pattern[, output])."""
        left = np.asarray(left)
        return left.reshape(*left.shape, *(1,) * (self.targets.ndim - 1)) * self._missing


def gaussian_posterior(kernel, cross_kernel, other_kernel, targets, noise=0.0) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance at other points, given targets: kernel ridge regression; for the NNGP the Bayesian network.

        mean = K_* (K + noise^2)^-1 y,        covariance = K_** - K_* (K + noise^2)^-1 K_*^T

    With the NTK the mean is that of ridge regression: what training with a penalty of `noise^2/2 |theta - theta_0|^2`
    on the sum of half squared errors ends in.

    Args:
        kernel: K, (point, point).
        cross_kernel: K_*, (other point, point).
        other_kernel: K_**, (other point, other point).
        targets: y, (point,).
        noise: standard deviation of the targets' noise; 0 leaves out what the kernel cannot express.

    Returns:
        (other point,), (other point, other point).

    >>> mean, covariance = gaussian_posterior([[1.0]], [[0.5]], [[1.0]], [2.0])
    >>> float(mean[0]), float(covariance[0, 0])
    (1.0, 0.75)
    """
    K, cross = np.asarray(real_array(kernel, "kernel", 2)), np.asarray(real_array(cross_kernel, "cross_kernel", 2))
    y, prior = np.asarray(real_array(targets, "targets", 1)), np.asarray(real_array(other_kernel, "other_kernel", 2))
    noise = positive(noise, "noise", allow_zero=True)
    if K.shape != (y.size, y.size) or cross.shape[1] != y.size or prior.shape != (len(cross), len(cross)):
        raise ProblemError(f"kernels of shapes {K.shape}, {cross.shape}, {prior.shape} do not fit {y.size} targets.")
    values, vectors = np.linalg.eigh(K)
    noisy = values + noise**2
    seen = noisy > 1e-14 * y.size * noisy[-1]
    turned = cross @ vectors
    weighted = turned * np.where(seen, 1 / np.where(seen, noisy, 1.0), 0.0)
    return weighted @ (vectors.T @ y), prior - weighted @ turned.T
