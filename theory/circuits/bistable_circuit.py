"""Rank-one recurrence with two stable states."""

import numpy as np
import scipy.optimize

from theory.checks import count, positive
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.nonlinear_truth import fixed_points_truth
from theory.circuits.random_vectors import generator
from theory.circuits.scalar_roots import all_roots, in_blocks
from theory.errors import ProblemError
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION
from theory.nonlinearities.nonlinearity import saturating


def bistable_circuit(
    neurons: int,
    overlap: float = 1.5,
    spread: float = 1.0,
    independent: float = 0.0,
    noise: float = 0.1,
    nonlinearity: Nonlinearity = ERROR_FUNCTION,
    seed: int = 0,
) -> NonlinearCircuit:
    """`B = m n^T / D` with Gaussian loadings, `E n_i m_i = a`: on the line `z = k m`, `dk/dt = -k + n^T phi(k m) / D`.

    The draw's truth are all roots of that scalar equation (see `all_roots`), each with its own slope; every fixed
    point lies on the line, and off it perturbations decay at -1. So a draw of few neurons whose own overlap is below 1
    has a single point, and says so. The roots scatter as 1 / sqrt(D) about those of `bistable_at_infinite_width`.

    Args:
        neurons: D.
        overlap: a.
        spread: s, standard deviation of m.
        independent: standard deviation of the part of n that is independent of m, `n = a m / s^2 + ...`; it makes
            the circuit non-normal.
        noise: Q, the variance of a single unit without input. Noise weakens the gain: the mean of k over a
            large network is bistable only for `a G(Q) > 1`.
        nonlinearity: phi, bounded.
        seed: of the loadings.

    Raises:
        ProblemError: the draw is within rounding of a bifurcation.

    >>> circuit = bistable_circuit(2000)
    >>> circuit.truth.kind, circuit.truth.unstable_dimensions
    ('points', (0, 1, 0))

    Source: Mastrogiuseppe & Ostojic, Neuron 99 (2018) 609, and Beiran et al., Neural Computation 33 (2021) 1572.
    """
    neurons, phi = count(neurons, "neurons", least=2), saturating(nonlinearity)
    overlap, spread = positive(overlap, "overlap"), positive(spread, "spread")
    independent = positive(independent, "independent", allow_zero=True)
    random = generator(seed)
    m = spread * random.normal(size=neurons)
    n = overlap / spread**2 * m + independent * random.normal(size=neurons)
    roots, slopes = points_on_line(m, n, phi)
    truth = fixed_points_truth(np.outer(roots, m), slopes[:, None])
    name = f"bistable circuit (overlap {overlap:g})"
    return NonlinearCircuit((m[:, None], n[:, None] / neurons), phi, noise, truth=truth, name=name)


def points_on_line(m: np.ndarray, n: np.ndarray, phi: Nonlinearity) -> tuple[np.ndarray, np.ndarray]:
    """All roots of `-k + n^T phi(k m) / D`, ascending, and its slope at each.

    Args:
        m, n: loadings, (neuron,).
        phi: bounded.
    """
    neurons = len(m)

    def rate(k):
        return -k + np.asarray(phi(np.outer(k, m))) @ n / neurons

    def slope(k):
        return -1 + np.asarray(phi.derivative(np.outer(k, m))) @ (n * m) / neurons

    reach = phi.bound * np.abs(n).mean()
    curvature = phi.curvature * float(np.mean(np.abs(n) * m**2))
    # beyond the reach there is no root; ends that are not symmetric keep the root at zero off the seams
    roots = all_roots(rate, slope, curvature, -1.01 * reach, 1.07 * reach)
    roots[np.abs(roots) < 1e-12 * reach] = 0.0
    return roots, in_blocks(slope)(roots)


def bistable_at_infinite_width(
    overlap: float, spread: float = 1.0, noise: float = 0.0, nonlinearity: Nonlinearity = ERROR_FUNCTION
) -> tuple[float, float]:
    """The stable k* > 0 of `bistable_circuit` as D grows, and the slope of dk/dt there.

    For Gaussian m, `z_i = k m_i + y_i` with y of variance Q, Stein's lemma gives `E n phi(z) = a k G(s^2 k^2 + Q)`, so
    `dk/dt = -k + a k G(s^2 k^2 + Q)`, `1 = a G(v*)`, `k*^2 = (v* - Q) / s^2` and the slope is
    `2 a s^2 k*^2 G'(v*)`. For the error function `k*^2 = (a^2 - 1 - pi Q / 2) / (pi s^2 / 2)`, and without noise
    the slope is `-(1 - 1 / a^2)`.

    Args:
        overlap: a.
        spread: s.
        noise: Q; 0 gives the fixed points of the circuit without noise, otherwise those of the mean over
            its neurons.
        nonlinearity: phi, bounded.

    Raises:
        ProblemError: `a G(Q) <= 1`: only k = 0 is stable.

    >>> k, slope = bistable_at_infinite_width(1.5)
    >>> round(k**2 / (1.25 * 2 / np.pi), 12), round(slope, 12)
    (1.0, -0.555555555556)
    """
    phi, overlap, spread = saturating(nonlinearity), positive(overlap, "overlap"), positive(spread, "spread")
    noise = positive(noise, "noise", allow_zero=True)
    gain = overlap * float(phi.mean_derivative(noise))
    if gain <= 1:
        raise ProblemError(f"the gain at zero is {gain:.3g}: above 1 there are two stable states, below only one.")
    high = noise + 1.0
    while overlap * phi.mean_derivative(high) > 1:
        high *= 2
    variance = scipy.optimize.brentq(lambda v: overlap * float(phi.mean_derivative(v)) - 1, noise, high, xtol=1e-14)
    slope = 2 * overlap * (variance - noise) * float(phi.mean_derivative_slope(variance))
    return float(np.sqrt(variance - noise) / spread), slope
