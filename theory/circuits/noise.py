"""Covariances of a circuit's noise, as users give them."""

import numpy as np

from theory.checks import positive, real_array
from theory.errors import ProblemError


def noise_covariance(noise, size: int) -> np.ndarray:
    """The covariance Q of noise, (neuron, neuron), exactly symmetric, or a ProblemError that says why it is none.

    Args:
        noise: Q itself, or a number that multiplies the identity.
        size: number of neurons.

    >>> noise_covariance(2.0, 2)
    array([[2., 0.],
           [0., 2.]])
    """
    if np.ndim(noise) == 0:
        return positive(noise, "noise") * np.eye(size)
    noise = np.asarray(real_array(noise, "noise", 2))
    if noise.shape != (size, size):
        raise ProblemError(f"noise must be {size} x {size}, as the connections are; its shape is {noise.shape}.")
    least, rounding = np.linalg.eigvalsh((noise + noise.T) / 2)[0], 1e-9 * np.abs(noise).max()
    if np.abs(noise - noise.T).max() > rounding or least < -rounding:
        raise ProblemError(
            "noise is no covariance: it must be symmetric without negative eigenvalues; "
            f"its smallest eigenvalue is {least:.3g}."
        )
    return (noise + noise.T) / 2


def common_level(noise: np.ndarray) -> float:
    """The variance of noise that is the same and independent for all neurons, or a ProblemError.

    Args:
        noise: Q, (neuron, neuron).

    >>> common_level(2.0 * np.eye(3))
    2.0
    """
    level = noise[0, 0]
    if not np.array_equal(noise, level * np.eye(len(noise))):
        raise ProblemError("the noise of this circuit differs between neurons or is shared; here it must be neither.")
    return float(level)
