"""The latent model that maximum likelihood ends at when the recording is endless."""

from typing import NamedTuple

import numpy as np
import scipy.optimize

from theory.checks import count
from theory.errors import DivergedError
from theory.students.kalman import LatentModel, stationary_covariance
from theory.students.stable_models import gradient_in_parameters, matrices_of, parameters_of
from theory.students.student import Fit
from theory.students.subspace import Subspace

_ANGLES, _MOST_ANGLES = 128, 2**13
_SAME = 1e-9  # nats a sample: by how much a rate may change on a grid twice as fine
_FLAT = 1e-5  # nats a sample, per unit of a parameter of order one


class LatentLimit(NamedTuple):
    """The best latent model of an endless recording, and how far from it the truth remains."""

    fit: Fit
    divergence: float
    """Kullback-Leibler rate between the recorded process and the model, in nats per sample."""


def latent_limit(recorded, order: int) -> LatentLimit:
    """The latent model of n states that is nearest to a recorded circuit: the limit of `LatentDynamics` as T grows.

    The mean log-likelihood of `s_{n+1} = A s_n + w`, `x_n = C s_n + v` tends to less than the truth's by

        h = 1/(4 pi) int_-pi^pi [tr(f g^-1) - ln det(f g^-1) - d] dw,
        g(w) = C (e^{iw} - A)^-1 Q (e^{iw} - A)^-* C^T + R,

    with f the recorded spectrum: maximum likelihood ends at the g of least h (Whittle). Descent (L-BFGS) is over all
    stable models (`stable_models`), and starts from subspace identification.

    The integral is a sum over equal steps of u, `tan(w / 2) = s tan(u / 2)`, which crowd where slow modes peak; the
    number of steps is doubled until it does not matter.

    Assumptions: h is not convex; the minimum is the one that descent reaches.

    Args:
        recorded: has `spectrum(angles)`, `lagged_covariance(lags)`, `bin_size` and `neurons`.
        order: n.

    Raises:
        DivergedError: descent ends where the gradient has not vanished.

    >>> from theory.circuits import symmetric_line_attractor
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(symmetric_line_attractor(30, slow=50.0), [0], observation_noise=0.1)
    >>> limit = latent_limit(recorded, order=2)  # the slow mode, and one for all the others
    >>> limit.fit.timescales().round(2), limit.divergence < 1e-8
    (array([50. ,  1.25]), True)

    Source: Whittle, Ark. Mat. 2 (1953) 423; Kullback-Leibler-optimal reduction, as `divergence_rate`.
    """
    order = count(order, "order")
    start = subspace_start(recorded, order)
    slowest = np.abs(np.linalg.eigvals(start.A)).max()
    squeeze = float(np.sqrt(np.clip(1 - slowest, 1e-8, 0.5)))
    parameters, number = parameters_of(start), _ANGLES
    while True:
        found = _descend(_grid(recorded, number, squeeze), parameters, order)
        finer = _grid(recorded, 2 * number, squeeze)
        if abs(divergence_and_gradient(found.x, *finer, order)[0] - found.fun) < _SAME:
            break
        parameters, number = found.x, 4 * number
        if number > _MOST_ANGLES:
            raise DivergedError(f"the rate does not settle with {number} angles: the slowest mode is too slow.")
    if np.abs(found.jac).max() > _FLAT:
        raise DivergedError(
            f"no latent model of order {order} is nearest: descent stops at a gradient of "
            f"{np.abs(found.jac).max():.1g}. Use a lower order."
        )
    A, C, Q, R = matrices_of(found.x, order, recorded.neurons)
    fit = Fit(A, recorded.bin_size, 1, C, np.eye(order), Q, R)
    return LatentLimit(fit, max(float(found.fun), 0.0))


def subspace_start(recorded, order: int) -> LatentModel:
    """A latent model to start from: `Subspace`'s, with noises made positive.

    In the basis of canonical variates the covariance of the predicted states is that of the correlations, Sigma; then
    Q is `Sigma - A Sigma A^T` and R is `C(0) - C Sigma C^T`, whose eigenvalues are raised to a hundredth of their mean.
    """
    fit = Subspace(order, horizon=4 + -(-order // recorded.neurons)).fit(recorded)
    A, C, Sigma = fit.propagator, fit.readout, fit.covariance
    present = recorded.lagged_covariance([0])[0]
    Q, R = _raised(Sigma - A @ Sigma @ A.T, Sigma), _raised(present - C @ Sigma @ C.T, present)
    return LatentModel(A, C, Q, R, stationary_covariance(A, Q))


def _raised(covariance: np.ndarray, scale: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return (vectors * np.maximum(values, 0.01 * np.trace(scale) / len(scale))) @ vectors.T


def _grid(recorded, number: int, squeeze: float):
    u = np.pi * (np.arange(number) + 0.5) / number  # the integrand is even
    angles = 2 * np.arctan(squeeze * np.tan(u / 2))
    weights = squeeze / (np.cos(u / 2) ** 2 + squeeze**2 * np.sin(u / 2) ** 2) / number
    return angles, weights, recorded.spectrum(angles)


def _descend(grid, start: np.ndarray, order: int):
    options = dict(maxiter=5000, maxfun=10_000, maxcor=50, ftol=1e-14, gtol=1e-9)
    return scipy.optimize.minimize(
        lambda parameters: divergence_and_gradient(parameters, *grid, order),
        start,
        jac=True,
        method="L-BFGS-B",
        options=options,
    )


def divergence_and_gradient(
    parameters: np.ndarray, angles: np.ndarray, weights: np.ndarray, spectrum: np.ndarray, order: int
) -> tuple[float, np.ndarray]:
    """The rate h of `latent_limit` on a grid of angles, and its gradient in the parameters of `stable_models`.

    With `W = g^-1 - g^-1 f g^-1`, `dh = 1/(4 pi) int tr(W dg) dw`.

    Args:
        parameters: of a stable model.
        angles, weights: w, and dw / pi, (angle,), between 0 and pi.
        spectrum: f, (angle, neuron, neuron).
        order: n.
    """
    neurons = spectrum.shape[1]
    A, C, Q, R = matrices_of(parameters, order, neurons)
    states = np.linalg.inv(np.exp(1j * angles)[:, None, None] * np.eye(order) - A)
    response = C @ states
    adjoint = np.conj(np.swapaxes(response, 1, 2))
    inverse = np.linalg.inv(response @ Q @ adjoint + R)
    ratio = inverse @ spectrum
    trace = np.trace(ratio, axis1=1, axis2=2).real
    rate = 0.5 * np.sum(weights * (trace - np.linalg.slogdet(ratio)[1] - neurons))
    W = inverse - ratio @ inverse
    pulled = adjoint @ W  # H^* W

    def mean(matrices):
        return np.tensordot(weights, matrices.real, 1)

    of_C = mean(states @ Q @ pulled).T
    of_Q, of_R = 0.5 * mean(pulled @ response), 0.5 * mean(W)
    of_A = mean(states @ Q @ pulled @ response).T
    return float(rate), gradient_in_parameters(parameters, order, neurons, of_A, of_C, of_Q, of_R)
