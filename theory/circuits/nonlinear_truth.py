"""What is true of a nonlinear circuit's attractors, without noise: fixed points and cycles of the draw itself."""

from dataclasses import dataclass, field

import numpy as np

from theory.circuits.linear_circuit import Truth


@dataclass(frozen=True, eq=False, kw_only=True)
class FixedPoints(Truth):
    """All fixed points of a circuit without its noise.

    Args:
        states: (point, neuron).
        unstable_dimensions: of each point; 0 where it is stable.
        eigenvalues: of the recurrence linearised at each point, `B diag phi'(z)`, the one that differs from zero
            (rank one); a perturbation along its mode grows at this eigenvalue less 1, any other decays at -1.
    """

    kind: str = "points"
    states: np.ndarray = field(repr=False)
    unstable_dimensions: tuple[int, ...]
    eigenvalues: tuple[float, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class LimitCycle(Truth):
    """The stable limit cycle of a circuit without its noise; times are in single-unit time constants.

    Args:
        states: once around, at equal steps of time, (phase, neuron); the first is not repeated.
        period: time for a turn.
        radius: root mean square over a turn of |k|, where `h = M k` in the circuit's two loadings M.
        floquet_exponent: rate at which a perturbation within the plane of the cycle changes; outside it is -1.
    """

    kind: str = "cycle"
    states: np.ndarray = field(repr=False)
    period: float
    radius: float
    floquet_exponent: float

    @property
    def speed(self) -> float:
        """Mean angular speed, `2 pi / period`."""
        return 2 * np.pi / self.period
