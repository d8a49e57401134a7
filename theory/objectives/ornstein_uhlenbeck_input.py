"""Imitation under input with a correlation time."""

import math

from theory.checks import positive
from theory.linear_system import LinearSystem
from theory.objectives.coloured_input import ColouredInput
from theory.time import ContinuousTime, Time


class OrnsteinUhlenbeckInput(ColouredInput):
    """Every input is an Ornstein-Uhlenbeck process of correlation time tau, independent of the others.

        tau dx/dt = -x + xi,    E x(t) x(0) = exp(-|t|/tau) / (2 tau),    spectrum 1 / (1 + w^2 tau^2)

    which tends to unit white noise as tau goes to zero. In discrete time `x_{t+1} = rho x_t + (1 - rho) xi_t` with
    `rho = exp(-1/tau)`, whose spectrum is one at zero frequency too.

    A single pole with residue a and rate c has, with k = 1/tau,

        L = f(c, c) a^2 / 2 - f(c, c*) a + f(c*, c*) / 2,    f(c, d) = k (c + d + 2 k) / [2 (c + d)(c + k)(d + k)]

    Args:
        correlation_time: tau, in the time's own unit.
        time: of the teacher.

    >>> from theory import teachers
    >>> student, teacher = teachers.leaky_integrator(1.0), teachers.leaky_integrator(0.2)
    >>> round(float(OrnsteinUhlenbeckInput(2.0).loss(student, teacher)), 4)
    0.5397

    Source: G. E. Uhlenbeck & L. S. Ornstein, Phys. Rev. 36 (1930) 823; closed form derived here.
    """

    correlation_time: float

    def __init__(self, correlation_time: float, time: Time | None = None):
        self.correlation_time = positive(correlation_time, "correlation_time")
        rate = 1.0 / self.correlation_time
        if time is None or isinstance(time, ContinuousTime):
            super().__init__(LinearSystem([[-rate]], [[rate]], [[1.0]]))
        else:
            kept = math.exp(-rate)
            super().__init__(LinearSystem([[kept]], [[1 - kept]], [[1.0]], time=time))

    def __str__(self) -> str:
        return f"Ornstein-Uhlenbeck input of correlation time {self.correlation_time:g}, all times"
