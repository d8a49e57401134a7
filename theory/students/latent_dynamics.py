"""Latent linear dynamics by maximum likelihood: expectation maximisation with a Kalman smoother."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count, positive
from theory.students.kalman import LatentModel, smoothed_moments, stationary_covariance
from theory.students.latent_limit import latent_limit, subspace_start
from theory.students.student import Fit, Student


@dataclass(frozen=True)
class LatentDynamics(Student):
    """`s_{n+1} = A s_n + w`, `x_n = C s_n + v` with n latent states and both noises, by maximum likelihood.

    A recording is fitted by expectation maximisation from where `Subspace` begins. An endless one is fitted by what
    maximum likelihood tends to, `latent_limit`. The model is always stable: where the best A of a step is not, the
    step goes only half the way from the last one, or a quarter, ..., which raises the likelihood as well, since what a
    step maximises is concave in A.

    Args:
        order: n.
        iterations: at most.
        tolerance: nats a sample; iterations end where they gain less.

    >>> from theory.circuits import symmetric_line_attractor
    >>> from theory.partial_observation import RecordedCircuit
    >>> recorded = RecordedCircuit(symmetric_line_attractor(30, slow=50.0), [0, 1], observation_noise=0.1)
    >>> round(LatentDynamics(order=3).fit(recorded).slowest(), 2)
    50.0

    Source: Shumway & Stoffer, J. Time Ser. Anal. 3 (1982) 253; Ghahramani & Hinton 1996.
    """

    order: int
    iterations: int = 300
    tolerance: float = 1e-6

    def fit(self, recorded) -> Fit:
        """As of `Student`; of a recording through `stretches()`, of an endless one through `spectrum(angles)`."""
        order = count(self.order, "order")
        if hasattr(recorded, "spectrum"):
            return latent_limit(recorded, order).fit
        start, stretches = subspace_start(recorded, order), recorded.stretches()
        found, _ = expectation_maximisation(start, stretches, self.iterations, self.tolerance)
        A, C, Q, R, _ = found
        covariance = stationary_covariance(A, Q)
        return Fit(A, recorded.bin_size, 1, C, covariance, Q, R)


def expectation_maximisation(
    model: LatentModel, stretches: list[np.ndarray], iterations: int, tolerance: float
) -> tuple[LatentModel, np.ndarray]:
    """Raise the likelihood of a latent model step by step, to the iterations' end or until a step gains too little.

    Args:
        model: to start from, stable.
        stretches: each (time, neuron), about a mean of zero.
        iterations: at most.
        tolerance: nats a sample.

    Returns:
        The model, and the log-likelihood of every model on the way, which never falls, (iteration,).
    """
    iterations, tolerance = count(iterations, "iterations"), positive(tolerance, "tolerance", allow_zero=True)
    samples, path = sum(map(len, stretches)), []
    power = sum(x.T @ x for x in stretches)
    for _ in range(iterations):
        moments = smoothed_moments(model, stretches)
        path.append(moments.log_likelihood)
        if len(path) > 1 and path[-1] - path[-2] < tolerance * samples:
            break
        C = np.linalg.solve(moments.states, moments.seen.T).T
        R = (power - C @ moments.seen.T) / samples
        early, late, both = moments.states - moments.last, moments.states - moments.first, moments.successive
        A = _stable(model.A, np.linalg.solve(early, both.T).T)
        Q = (late - A @ both.T - both @ A.T + A @ early @ A.T) / (samples - len(stretches))
        model = LatentModel(A, C, (Q + Q.T) / 2, (R + R.T) / 2, moments.first / len(stretches))
    return model, np.array(path)


def _stable(present: np.ndarray, proposed: np.ndarray) -> np.ndarray:
    """The proposed propagator, or as far towards it from the present one, by halves, as is stable."""
    step = proposed - present
    while np.abs(np.linalg.eigvals(present + step)).max() >= 1:
        step = step / 2
    return present + step
