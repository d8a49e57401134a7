"""The normal form of a Hopf bifurcation: a circle that attracts, and turns or stands still."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from theory.circuits.latents.latent import Latent
from theory.circuits.nonlinear_truth import LimitCycle, Ring, fixed_points_truth

_PHASES = 256


@dataclass(frozen=True)
class HopfNormalForm(Latent):
    """`dk/dt = k (1 - |k|^2) + w J k` with J a quarter turn: a limit cycle of period 2 pi / w, or for w = 0 a ring.

    The ring is exact: every point of it is fixed, at any number of neurons.

    Args:
        frequency: w, in radians per single-unit time constant.

    >>> HopfNormalForm(0.3)(np.array([[1.0, 0.0]]))
    Array([[0. , 0.3]], dtype=float64)
    """

    frequency: float = 0.3
    dimensions: ClassVar[int] = 2
    title: ClassVar[str] = "circle"

    def __call__(self, k):
        """`k (1 - |k|^2) + w J k`."""
        turned = jnp.stack([-k[..., 1], k[..., 0]], axis=-1)
        return k * (1 - jnp.sum(jnp.square(k), axis=-1, keepdims=True)) + self.frequency * turned

    def curvature(self, radius: float) -> float:
        """`6 |k|`: `g''[u, v] = -2 (u (k v) + v (k u) + k (u v))`."""
        return 6.0 * radius

    def truth(self, lift):
        """Radius 1, to which it returns at rate -2; the origin repels in both dimensions."""
        angles = 2 * np.pi * np.arange(_PHASES) / _PHASES
        states = lift(np.stack([np.cos(angles), np.sin(angles)], axis=1))
        if self.frequency == 0:
            return Ring(states=states, amplitude=1.0, drift=0.0, transverse_exponent=-2.0)
        rests = fixed_points_truth(lift(np.zeros((1, 2))), np.ones((1, 2)))
        period = 2 * np.pi / abs(self.frequency)
        return LimitCycle(states=states, period=period, radius=1.0, floquet_exponent=-2.0, rests=rests)

    def log_density(self, k: np.ndarray, noise: float) -> np.ndarray:
        """`-U / noise`, `U = -|k|^2/2 + |k|^4/4`: turning leaves it as it is."""
        square = np.sum(k**2, axis=1)
        return (square / 2 - square**2 / 4) / noise
