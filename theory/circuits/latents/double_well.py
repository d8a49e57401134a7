"""The double well: two states, a saddle, and a barrier that noise crosses."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.integrate

from theory.checks import positive
from theory.circuits.latents.latent import Latent
from theory.circuits.nonlinear_truth import fixed_points_truth


@dataclass(frozen=True)
class DoubleWell(Latent):
    """`dk/dt = k - k^3`, down the potential `U = -k^2/2 + k^4/4`: minima at -1 and 1, a barrier of 1/4 between.

    >>> DoubleWell()(np.array([[-1.0], [0.5]]))
    array([[0.   ],
           [0.375]])
    """

    dimensions: ClassVar[int] = 1
    title: ClassVar[str] = "double well"

    def __call__(self, k):
        """`k - k^3`."""
        return k - k**3

    def curvature(self, radius: float) -> float:
        """`6 |k|`."""
        return 6.0 * radius

    def truth(self, lift):
        """Slopes -2 in the wells and 1 at the saddle."""
        return fixed_points_truth(lift(np.array([[-1.0], [0.0], [1.0]])), np.array([[-2.0], [1.0], [-2.0]]), 0.25)

    def log_density(self, k: np.ndarray, noise: float) -> np.ndarray:
        """`-U / noise`."""
        return -potential(k[:, 0]) / noise


def potential(k):
    """`U = -k^2/2 + k^4/4`.

    >>> potential(1.0)
    -0.25
    """
    return -(k**2) / 2 + k**4 / 4


def kramers_time(noise: float) -> float:
    """Mean time from one well to the other for weak noise, `2 pi / sqrt(U''(1) |U''(0)|) e^(1/4 noise)`.

    Args:
        noise: variance q of `dk = -U' dt + sqrt(2 q) dW`, in single-unit time constants.

    >>> round(kramers_time(0.0625), 1)
    242.6

    Source: Kramers, Physica 7 (1940) 284.
    """
    return float(np.pi * np.sqrt(2) * np.exp(0.25 / positive(noise, "noise")))


def passage_time(noise: float) -> float:
    """Mean time from one minimum to the first arrival at the other, exactly, by two integrals.

    `(1/q) int_-1^1 e^(U(y)/q) int_-inf^y e^(-U(x)/q) dx dy`.

    Args:
        noise: as of `kramers_time`, to which it comes closer the weaker the noise is.

    >>> bool(abs(passage_time(0.02) / kramers_time(0.02) - 1) < 0.1)
    True

    Source: Gardiner, Handbook of Stochastic Methods, 5.5.
    """
    noise = positive(noise, "noise")
    lowest, well = -1.0 - 12 * np.sqrt(noise), -0.25

    def inner(y):
        return scipy.integrate.quad(lambda x: np.exp((well - potential(x)) / noise), lowest, y, limit=200)[0]

    outer, _ = scipy.integrate.quad(lambda y: np.exp((potential(y) - well) / noise) * inner(y), -1, 1, limit=200)
    return float(outer / noise)
