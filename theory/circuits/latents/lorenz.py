"""Lorenz' equations."""

from dataclasses import dataclass
from typing import ClassVar

import jax.numpy as jnp
import numpy as np
import scipy.integrate

from theory.circuits.latents.latent import Latent
from theory.circuits.nonlinear_truth import Chaos, fixed_points_truth

SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
LEADING_EXPONENT, STANDARD_ERROR = 0.9056, 1e-4  # of Lorenz' own time; the digits that published values agree on
_SCALE, _HEIGHT = 10.0, 27.0


@dataclass(frozen=True)
class Lorenz(Latent):
    """Lorenz' equations for `(X, Y, Z) = 10 k + (0, 0, 27)`, slowed down; his sigma = 10, rho = 28, beta = 8/3.

        dX/dt = sigma (Y - X),    dY/dt = X (rho - Z) - Y,    dZ/dt = X Y - beta Z.

    Args:
        speed: units of Lorenz' time in a single-unit time constant.

    >>> Lorenz(speed=1.0)(np.array([[0.0, 1.0, -2.7]]))
    Array([[10., -1.,  0.]], dtype=float64)

    Source: Lorenz, J. Atmos. Sci. 20 (1963) 130; exponents: Sprott, Chaos and Time-Series Analysis (2003).
    """

    speed: float = 0.1
    dimensions: ClassVar[int] = 3
    title: ClassVar[str] = "Lorenz"

    def __call__(self, k):
        """His velocity, times the speed."""
        x, y, z = _SCALE * k[..., 0], _SCALE * k[..., 1], _SCALE * k[..., 2] + _HEIGHT
        velocity = jnp.stack([SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z], axis=-1)
        return self.speed / _SCALE * velocity

    def curvature(self, radius: float) -> float:
        """`10 speed`: of `10 (0, -k_1 k_3, k_1 k_2)` everywhere."""
        return _SCALE * self.speed

    @property
    def longest_step(self) -> float:
        """A 160th of Lorenz' time: the variances err by 0.1%; those of a 40th by 2%, and the order is two."""
        return 1 / (160 * self.speed)

    def truth(self, lift):
        """Three fixed points, none stable; exponents known by numbers, that along the flow being zero."""
        side = np.sqrt(BETA * (RHO - 1))
        points = np.array([[0.0, 0.0, 0.0], [side, side, RHO - 1], [-side, -side, RHO - 1]])
        spread = np.sqrt((SIGMA + 1) ** 2 + 4 * SIGMA * (RHO - 1))
        origin = np.array([-BETA, (-(SIGMA + 1) + spread) / 2, (-(SIGMA + 1) - spread) / 2])
        wings = np.roots([1.0, SIGMA + BETA + 1, BETA * (SIGMA + RHO), 2 * SIGMA * BETA * (RHO - 1)]).real
        rests = fixed_points_truth(lift(_latent(points)), self.speed * np.stack([origin, wings, wings]))
        return Chaos(
            lyapunov_exponents=(self.speed * LEADING_EXPONENT, 0.0),
            standard_errors=(self.speed * STANDARD_ERROR, 0.0),
            states=lift(_latent(_attractor())),
            rests=rests,
        )


def _latent(points: np.ndarray) -> np.ndarray:
    return (points - [0.0, 0.0, _HEIGHT]) / _SCALE


def _attractor() -> np.ndarray:
    """States once every two units of Lorenz' time, (state, 3)."""

    def velocity(_, s):
        return [SIGMA * (s[1] - s[0]), s[0] * (RHO - s[2]) - s[1], s[0] * s[1] - BETA * s[2]]

    times = 20.0 + 2.0 * np.arange(64)
    return scipy.integrate.solve_ivp(velocity, (0, times[-1]), [1.0, 1.0, 20.0], t_eval=times, rtol=1e-8).y.T
