"""Gaussian fields over a population of independent units, whose covariance becomes known one step at a time."""

import numpy as np

from theory.errors import ProblemError

_SINGULAR = 1e-10


def whitened(random: np.random.Generator, fields: int, units: int) -> np.ndarray:
    """Standard Gaussian noise, (field, unit), whose first three moments over the units are exact.

    Every draw comes with its negative, and the sample covariance is made the identity: what is linear in the noise has
    no sampling error.

    >>> noise = whitened(np.random.default_rng(0), 3, 100)
    >>> bool(np.allclose(noise @ noise.T / 100, np.eye(3))), bool(abs(noise.sum()) < 1e-10)
    (True, True)
    """
    half = (units + 1) // 2
    if half < 4 * fields:
        raise ProblemError(
            f"{units} sampled units are too few for {fields} Gaussian variables each: give at least {8 * fields}."
        )
    noise = random.normal(size=(fields, half))
    noise = np.linalg.solve(np.linalg.cholesky(noise @ noise.T / half), noise)
    return np.concatenate([noise, -noise], axis=1)


class Field:
    """Gaussian variables of every unit, drawn in groups as their covariance becomes known.

    A Cholesky factor that grows row by row: a new variable is what the ones before say of it, and noise of its own. One
    that they say completely (a repeated input) gets none.

    Args:
        noise: (variable, unit), for all that will ever be drawn.

    >>> field = Field(whitened(np.random.default_rng(0), 2, 100))
    >>> first, second = field.extended(np.array([[2.0]])), field.extended(np.array([[1.0], [3.0]]))
    >>> [round(float(np.mean(each * first)), 12) for each in (first, second)]
    [2.0, 1.0]
    """

    def __init__(self, noise):
        self._noise = noise
        self._factor = np.zeros((0, 0))

    def extended(self, covariance) -> np.ndarray:
        """The next variables, (new, unit), from their covariance with all the old and the new ones, (all, new)."""
        old, new = len(self._factor), covariance.shape[1]
        factor = np.zeros((old + new, old + new))
        factor[:old, :old] = self._factor
        for i in range(old, old + new):
            wanted, own = covariance[:i, i - old], covariance[i, i - old]
            for j in range(i):
                pivot = factor[j, j]
                if pivot > 0:
                    factor[i, j] = (wanted[j] - factor[j, :j] @ factor[i, :j]) / pivot
            left = own - factor[i, :i] @ factor[i, :i]
            factor[i, i] = np.sqrt(left) if left > _SINGULAR * own else 0.0
        self._factor = factor
        return factor[old:] @ self._noise[: old + new]
