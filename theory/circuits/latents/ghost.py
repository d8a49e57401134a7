"""The ghost of a saddle-node: slow where two fixed points have met and gone."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from theory.circuits.latents.latent import Latent
from theory.circuits.nonlinear_truth import Ghost

_PHASES = 256


@dataclass(frozen=True)
class SaddleNodeGhost(Latent):
    """`dk/dt = mu + k^2`, which has no fixed point; beyond L it is taken back to -L.

    A passage lasts `(2 / sqrt(mu)) atan(L / sqrt(mu))`, most of it near zero. What a step overshoots is kept as time:
    the jump goes to where the flow would be that long after -L, so a step errs at second order here too.

    Args:
        mu: distance from the bifurcation, in inverse squares of time constants.
        limit: L.

    >>> round(SaddleNodeGhost(mu=0.01, limit=2.0).passage_time, 2)
    30.42

    Source: Strogatz, Nonlinear Dynamics and Chaos, 4.3.
    """

    mu: float = 0.01
    limit: float = 2.0
    dimensions: ClassVar[int] = 1
    title: ClassVar[str] = "ghost"

    @property
    def passage_time(self) -> float:
        """From -L to L, in single-unit time constants."""
        return float(2 / np.sqrt(self.mu) * np.arctan(self.limit / np.sqrt(self.mu)))

    @property
    def longest_step(self) -> float:
        """`1 / (8 max(2, L))`: the passage time then errs by .25% or less, as measured, and at second order."""
        return 1 / (8 * max(2.0, self.limit))

    def __call__(self, k):
        """`mu + k^2`."""
        return self.mu + k**2

    def reset(self, k):
        """From k > L to where the flow is as long after -L as it is at k after L."""
        root = np.sqrt(self.mu)
        beyond = jnp.maximum(k, self.limit)
        late = (jnp.arctan(beyond / root) - np.arctan(self.limit / root)) / root
        return jnp.where(k > self.limit, root * jnp.tan(root * late - np.arctan(self.limit / root)), k)

    def curvature(self, radius: float) -> float:
        """2."""
        return 2.0

    def truth(self, lift):
        """No fixed point; the passage as it goes without noise, `k = sqrt(mu) tan(sqrt(mu) t)`."""
        times = self.passage_time * ((np.arange(_PHASES) + 0.5) / _PHASES - 0.5)
        states = lift(np.sqrt(self.mu) * np.tan(np.sqrt(self.mu) * times)[:, None])
        return Ghost(states=states, passage_time=self.passage_time, least_speed=self.mu)

    def log_density(self, k: np.ndarray, noise: float) -> np.ndarray:
        """Of the flux J from -L to L, `p = (J / q) e^Psi(k) int_max(k, -L)^L e^-Psi`, `Psi = (mu k + k^3 / 3) / q`.

        Below -L no flux passes. Zero from L on. The integral is taken by the trapezoidal rule on a fine grid.
        """
        grid = np.linspace(-self.limit, self.limit, 20_001)
        exponents = -(self.mu * grid + grid**3 / 3) / noise
        # sum of exponentials from the right, in logarithms: they span hundreds of decades
        pieces = np.logaddexp(exponents[1:], exponents[:-1]) + np.log((grid[1] - grid[0]) / 2)
        tails = np.append(np.logaddexp.accumulate(pieces[::-1])[::-1], -np.inf)
        k = k[:, 0]
        inside = np.clip(k, -self.limit, self.limit)
        logarithms = np.interp(inside, grid[:-1], tails[:-1]) + (self.mu * k + k**3 / 3) / noise
        return np.where(k < self.limit, logarithms, -np.inf)
