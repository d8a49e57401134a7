"""Likelihood of a recording under any fit that has a noise model."""

import numpy as np

from theory.errors import ProblemError, UnstableSystemError
from theory.students.kalman import LatentModel, filtered_log_likelihood, stationary_covariance
from theory.students.student import Fit


def log_likelihood(recorded, fit: Fit) -> float:
    """`ln p(x | fit)` of a recording about its mean, in nats, by a Kalman filter that starts from the stationary law.

    Fits to be compared must be of the same recording; with more parameters it can only rise, so hold out trials.

    Args:
        recorded: has `stretches()` and `bin_size`.
        fit: over one bin, with a `process_noise`.

    Raises:
        ProblemError: a fit without noise, over more than one bin, or of another bin size or number of neurons.
        UnstableSystemError: the fit has no stationary law.

    >>> from numerics.recordings import record
    >>> from theory.circuits import LinearCircuit
    >>> from theory.students import Autoregression
    >>> recording = record(LinearCircuit([[0.9]]), samples=500, bin_size=1.0)
    >>> best, late = (log_likelihood(recording, Autoregression(ridge=ridge).fit(recording)) for ridge in (0.0, 1.0))
    >>> best > late
    True
    """
    if fit.process_noise is None or fit.lag != 1:
        raise ProblemError("this fit says nothing of the noise over one bin, so that data have no likelihood under it.")
    size = np.abs(fit.eigenvalues()[0])
    if size >= 1:
        raise UnstableSystemError(f"an eigenvalue of the fit has modulus {size:.6g}, so that it has no stationary law.")
    C = np.eye(len(fit.propagator)) if fit.readout is None else fit.readout
    if fit.bin_size != recorded.bin_size or len(C) != recorded.neurons:
        raise ProblemError(
            f"the fit is of {len(C)} neurons in bins of {fit.bin_size:g}, the recording of {recorded.neurons} in "
            f"bins of {recorded.bin_size:g}."
        )
    R = np.zeros((len(C), len(C))) if fit.observation_noise is None else fit.observation_noise
    start = stationary_covariance(fit.propagator, fit.process_noise)
    model = LatentModel(fit.propagator, C, fit.process_noise, R, start)
    return filtered_log_likelihood(model, recorded.stretches())
