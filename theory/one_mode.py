"""One learned mode in any metric: what an architecture's metric alone says of how fast timescales are learned."""

from typing import NamedTuple

import numpy as np
import scipy.integrate

from theory.checks import positive
from theory.errors import DivergedError


class OneMode(NamedTuple):
    """Residue, rate and loss of one learned mode along training."""

    training_time: np.ndarray
    residue: np.ndarray
    rate: np.ndarray
    loss: np.ndarray


def learn_one_mode(metric, rate: float, residue: float, training_time: float, start: float = 1.0, records: int = 201):
    """Gradient flow of one mode whose rate moves with a metric `M_c(c)`, from a small residue.

        da/ds = 2 a [1/(c + c*) - a/(2c)],    dc/ds = M_c(c) [a^2/(4c^2) - a/(c + c*)^2]

    for the target `exp(-c* t)` in continuous time: the equations of a unit whose read-in and readout are trained
    and balanced (`M_a = 2 a`), and whose rate c is whatever function of its weights has that metric.

    Args:
        metric: M_c, a function of c: 1 for a dense network, c^2 for exp(w), 2 (1 - c) for balanced rank-one factors.
        rate: c*.
        residue: a at the start.
        training_time: how long.
        start: c at the start.
        records: how many equally spaced times.

    Raises:
        DivergedError: the integrator gave up.

    >>> path = learn_one_mode(lambda c: 1.0, 0.2, 0.01, 12.0)
    >>> round(float(np.interp(-0.3, -path.rate, path.training_time)), 2)
    2.99
    """
    rate, times = positive(rate, "rate"), np.linspace(0.0, positive(training_time, "training_time"), records)
    found = _integrated(metric, rate, residue, times[-1], start, t_eval=times)
    return OneMode(times, np.exp(found.y[0]), np.exp(found.y[1]), _loss(rate, *np.exp(found.y)))


def learning_time(metric, rate: float, residue: float, fraction: float = 1e-3, start: float = 1.0) -> float:
    """The training time after which the loss stays below a fraction of its initial value.

    Args:
        metric, rate, residue, start: as of `learn_one_mode`.
        fraction: of the initial loss.
    """

    def above(_, state):
        return np.log(_loss(rate, *np.exp(state)) / (fraction * initial))

    initial = _loss(rate, residue, start)
    above.terminal = True
    return float(_integrated(metric, rate, residue, 1e5, start, events=above).t[-1])


def largest_curvature(metric, rate: float) -> float:
    """The fastest rate of learning at the solution: it bounds the step size of gradient descent.

    The larger eigenvalue of `diag(M_a, M_c)` times the Hessian `[[1/(2c), -1/(4c^2)], [-1/(4c^2), 1/(4c^3)]]` at
    c = c*, a = 1, with M_a = 2.

    >>> round(largest_curvature(lambda c: 1.0, 0.2), 1)
    33.9
    """
    half_trace, determinant = _trace_and_determinant(metric, rate)
    return float(half_trace + np.sqrt(half_trace**2 - determinant))


def steepest_metric(curvature: float):
    """The largest metric with which every target down to `1 / curvature` is learned with a curvature of at most that.

        M_c(c) = 8 K c^3 (K c - 1) / (2 K c - 1),     about 4 K c^3 for c well above 1/K

    from `det(K - M H) = 0` at every solution c = c*. No metric that exceeds it at some rate can be descended
    in steps of 2/K when that rate is to be learned; below c = 1/K the residue alone is already too steep.

    Args:
        curvature: K.

    >>> metric = steepest_metric(200.0)
    >>> round(largest_curvature(metric, 0.03), 9), round(largest_curvature(metric, 0.5), 9)
    (200.0, 200.0)
    """
    K = positive(curvature, "curvature")
    return lambda c: 8 * K * c**3 * np.maximum(K * c - 1, 0.0) / np.maximum(2 * K * c - 1, 1e-300)


def _trace_and_determinant(metric, c: float) -> tuple:
    M = metric(c)
    return (1 / c + M / (4 * c**3)) / 2, M / (8 * c**4)


def _loss(rate: float, a, c):
    # L = a^2/(4c) - a/(c + c*) + 1/(4c*), without the cancellation near the solution
    off = a * (c + rate) / (2 * c) - 1
    return c / (c + rate) ** 2 * off**2 + (c - rate) ** 2 / (4 * rate * (c + rate) ** 2)


def _integrated(metric, rate: float, residue: float, end: float, start: float, **options):
    def field(_, state):
        a, c = np.exp(state)
        return [2 * (1 / (c + rate) - a / (2 * c)), metric(c) / c * (a**2 / (4 * c**2) - a / (c + rate) ** 2)]

    begin = np.log([positive(residue, "residue"), positive(start, "start")])
    found = scipy.integrate.solve_ivp(field, (0.0, end), begin, method="LSODA", rtol=1e-12, atol=1e-13, **options)
    if not found.success:
        raise DivergedError(f"the mode of rate {rate:g} could not be followed beyond {found.t[-1]:g}: {found.message}")
    return found
