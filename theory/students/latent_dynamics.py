"""Latent linear dynamics by maximum likelihood: quasi-Newton ascent, with a Kalman smoother for the gradient."""

from dataclasses import dataclass

import numpy as np
import scipy.optimize

from theory.checks import count, positive
from theory.students.kalman import LatentModel, smoothed_moments
from theory.students.latent_limit import latent_limit, subspace_start
from theory.students.stable_models import gradient_in_parameters, matrices_of, parameters_of
from theory.students.student import Fit, Student


@dataclass(frozen=True)
class LatentDynamics(Student):
    """`s_{n+1} = A s_n + w`, `x_n = C s_n + v` with n latent states and both noises, by maximum likelihood.

    A recording is fitted by ascent of its likelihood from where `Subspace` begins, every stretch starting from the
    model's stationary law. An endless one is fitted by what maximum likelihood tends to, `latent_limit`.

    Expectation maximisation climbs the same hill, but by steps that vanish with the observation noise: as R goes to
    zero the smoother is certain that `C s_n = x_n`, so that its next C is the last one, whatever the data. The gradient
    costs the same pass of the smoother: by Fisher's identity it is that of the expected log-likelihood of states and
    data together, the states' law being held. L-BFGS climbs along it, over all stable models (`stable_models`).

    Args:
        order: n.
        iterations: at most.
        tolerance: nats a sample; iterations end where they gain less.

    >>> from theory.circuits import symmetric_line_attractor
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(symmetric_line_attractor(30, slow=50.0), [0, 1], observation_noise=0.1)
    >>> round(LatentDynamics(order=3).fit(recorded).slowest(), 2)
    50.0

    Source: Shumway & Stoffer, J. Time Ser. Anal. 3 (1982) 253, whose moments these are; the gradient after Segal &
    Weinstein, IEEE Trans. Inf. Theory 35 (1989) 682.
    """

    order: int
    iterations: int = 300
    tolerance: float = 1e-8

    def fit(self, recorded) -> Fit:
        """As of `Student`; of a recording through `stretches()`, of an endless one through `spectrum(angles)`."""
        order = count(self.order, "order")
        if hasattr(recorded, "spectrum"):
            return latent_limit(recorded, order).fit
        start, stretches = subspace_start(recorded, order), recorded.stretches()
        A, C, Q, R, P = most_likely(start, stretches, self.iterations, self.tolerance)
        return Fit(A, recorded.bin_size, 1, C, P, Q, R)


def most_likely(model: LatentModel, stretches: list[np.ndarray], iterations: int, tolerance: float) -> LatentModel:
    """The latent model that ascent of the likelihood ends at, in the basis in which its states have covariance one.

    Args:
        model: to start from, stable.
        stretches: each (time, neuron), about a mean of zero.
        iterations: at most.
        tolerance: nats a sample.
    """
    order, neurons = len(model.A), len(model.C)
    samples, power = sum(map(len, stretches)), sum(x.T @ x for x in stretches)

    def loss(parameters):
        value, gradient = likelihood_and_gradient(parameters, stretches, power, order)
        return -value / samples, -gradient / samples

    found = scipy.optimize.minimize(
        loss,
        parameters_of(model),
        jac=True,
        method="L-BFGS-B",
        options=dict(
            maxiter=count(iterations, "iterations"),
            maxcor=30,
            ftol=positive(tolerance, "tolerance", allow_zero=True),
            gtol=1e-9,
        ),
    )
    return LatentModel(*matrices_of(found.x, order, neurons), np.eye(order))


def likelihood_and_gradient(
    parameters: np.ndarray, stretches: list[np.ndarray], power: np.ndarray, order: int
) -> tuple[float, np.ndarray]:
    """The log-likelihood of stretches that start from the stationary law, and its gradient in `stable_models`.

    With the smoother's moments held, the expected log-likelihood of states and data is

        -1/2 [(N - T) ln det Q + tr Q^-1 sum <w w^T> + N ln det R + tr R^-1 sum <v v^T>],

    N samples in T stretches, and a constant: the first states have covariance one. Its gradient is the likelihood's.

    Args:
        parameters: of a stable model.
        stretches: each (time, neuron).
        power: `sum x x^T` over all samples, (neuron, neuron).
        order: number of states.
    """
    neurons = len(power)
    A, C, Q, R = matrices_of(parameters, order, neurons)
    moments = smoothed_moments(LatentModel(A, C, Q, R, np.eye(order)), stretches)
    early, late, both = moments.states - moments.last, moments.states - moments.first, moments.successive
    samples = sum(map(len, stretches))
    moved = late - A @ both.T - both @ A.T + A @ early @ A.T
    left = power - C @ moments.seen.T - moments.seen @ C.T + C @ moments.states @ C.T
    inverse_Q, inverse_R = np.linalg.inv(Q), np.linalg.inv(R)
    of_A, of_C = inverse_Q @ (both - A @ early), inverse_R @ (moments.seen - C @ moments.states)
    of_Q = 0.5 * (inverse_Q @ moved @ inverse_Q - (samples - len(stretches)) * inverse_Q)
    of_R = 0.5 * (inverse_R @ left @ inverse_R - samples * inverse_R)
    return moments.log_likelihood, gradient_in_parameters(parameters, order, neurons, of_A, of_C, of_Q, of_R)
