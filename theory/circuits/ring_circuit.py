"""A ring attractor: rank-two recurrence whose neurons prefer equally spaced angles."""

import numpy as np
import scipy.optimize
import scipy.special

from theory.checks import count, positive
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.nonlinear_truth import Ring
from theory.errors import ProblemError

_ANGLES = 256


def ring_circuit(neurons: int, overlap: float = 1.5, noise: float = 0.1) -> NonlinearCircuit:
    """`B_ij = (2 a / D) cos(theta_i - theta_j)` with `theta_i = 2 pi i / D` and phi the error function.

    States `z_i = rho cos(theta_i - psi)` of the amplitude of `ring_at_infinite_width` form a ring. At finite D sums
    over neurons take harmonics of phi(rho cos u) for each other that differ by D, and the angle creeps at

        dpsi/dt = (a / rho) sum_l (c_(l D + 1) - c_(l D - 1)) sin(l D psi),

    with `c_(2k+1) = (-1)^k rho e^-x [I_k(x) + I_(k+1)(x)] / (2k + 1)`, `x = pi rho^2 / 8`, and none but odd harmonics:
    so odd D, where l must be even, are as good as 2 D. The truth's `drift` is the leading term.

    Args:
        neurons: D, at least 5.
        overlap: a, above 1.
        noise: Q, the variance of a single unit without input.

    Raises:
        ProblemError: a <= 1.

    >>> round(ring_circuit(16).truth.amplitude, 3)
    1.623

    Source: Ben-Yishai, Bar-Or & Sompolinsky, PNAS 92 (1995) 3844, for cosine rings; the drift is ours.
    """
    neurons = count(neurons, "neurons", least=5, because="fewer angles make no ring.")
    amplitude, exponent = ring_at_infinite_width(overlap)
    angles = 2 * np.pi * np.arange(neurons) / neurons
    M = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    around = 2 * np.pi * np.arange(_ANGLES) / _ANGLES
    harmonic = neurons if neurons % 2 == 0 else 2 * neurons
    creep = ring_harmonic(amplitude, harmonic + 1) - ring_harmonic(amplitude, harmonic - 1)
    truth = Ring(
        states=amplitude * np.stack([np.cos(around), np.sin(around)], axis=1) @ M.T,
        amplitude=amplitude,
        drift=abs(overlap / amplitude * creep),
        transverse_exponent=exponent,
    )
    weights = (M, 2 * overlap / neurons * M)
    return NonlinearCircuit(weights, noise=noise, truth=truth, name=f"ring circuit (overlap {overlap:g})")


def ring_harmonic(amplitude: float, order: int) -> float:
    """`c_n` of `phi(rho cos u) = sum_n c_n cos(n u)`, n odd, for the error function.

    Args:
        amplitude: rho.
        order: n.

    >>> ring_harmonic(1e-6, 1)
    1e-06
    """
    x, k = np.pi * amplitude**2 / 8, (order - 1) // 2
    bessel = scipy.special.ive(k, x) + scipy.special.ive(k + 1, x)  # times e^x
    return float((-1) ** k * amplitude * bessel / order)


def ring_at_infinite_width(overlap: float) -> tuple[float, float]:
    """The amplitude rho and the rate at which it settles: `drho/dt = -rho + a c_1(rho)`.

    `1 = a e^-x [I_0(x) + I_1(x)]` with `x = pi rho^2 / 8`; the slope there is `-2 a e^-x I_1(x)`.

    Args:
        overlap: a, above 1.

    Raises:
        ProblemError: a <= 1.

    >>> amplitude, exponent = ring_at_infinite_width(1.5)
    >>> round(amplitude, 3), round(exponent, 3)
    (1.623, -0.629)
    """
    overlap = positive(overlap, "overlap")
    if overlap <= 1:
        raise ProblemError(f"overlap = {overlap:g}: a ring needs more than 1, below it all comes to rest at zero.")

    def excess(x):
        return overlap * (scipy.special.ive(0, x) + scipy.special.ive(1, x)) - 1

    high = 1.0
    while excess(high) > 0:
        high *= 2
    x = scipy.optimize.brentq(excess, 0.0, high, xtol=1e-15)
    return float(np.sqrt(8 * x / np.pi)), float(-2 * overlap * scipy.special.ive(1, x))
