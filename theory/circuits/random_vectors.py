"""Random directions and rotations, by seed."""

import numpy as np
import scipy.stats

from theory.checks import count


def generator(seed: int) -> np.random.Generator:
    """NumPy's generator of that seed; a ProblemError for what is no seed."""
    return np.random.default_rng(count(seed, "seed", least=0))


def unit_vector(size: int, seed: int) -> np.ndarray:
    """A random direction, uniform on the sphere, (size,).

    >>> float(np.linalg.norm(unit_vector(5, seed=0)))
    1.0
    """
    vector = generator(seed).normal(size=size)
    return vector / np.linalg.norm(vector)


def rotation(size: int, seed: int) -> np.ndarray:
    """A random orthogonal matrix of Haar's measure, (size, size).

    >>> Q = rotation(3, seed=0)
    >>> bool(np.allclose(Q @ Q.T, np.eye(3)))
    True
    """
    return scipy.stats.ortho_group.rvs(size, random_state=generator(seed)) if size > 1 else np.ones((1, 1))
