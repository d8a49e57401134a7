"""A ring that is none: rank-two recurrence whose loadings are drawn at random."""

from theory.checks import count, positive
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.plane_points import points_in_plane
from theory.circuits.random_vectors import generator
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION
from theory.nonlinearities.nonlinearity import saturating


def gaussian_ring(
    neurons: int,
    overlap: float = 1.5,
    spread: float = 1.0,
    noise: float = 0.1,
    nonlinearity: Nonlinearity = ERROR_FUNCTION,
    seed: int = 0,
) -> NonlinearCircuit:
    """`B = (a / s^2 D) M M^T` with Gaussian loadings: a ring of fixed points as D grows, a few points at any D.

    In the plane `z = M k`, `dk/dt = -k + (a / s^2 D) M^T phi(M k)` goes down a potential whose trough is as uneven as
    the loadings are: drift along it falls as 1 / sqrt(D) only. The truth is the draw's own: every solution of its two
    equations, of which none is missed (see `all_roots_in_box`).

    Args:
        neurons: D.
        overlap: a.
        spread: s, standard deviation of the loadings.
        noise: Q, the variance of a single unit without input.
        nonlinearity: phi, bounded.
        seed: of the loadings.

    Raises:
        ProblemError: the draw is within rounding of a bifurcation.

    >>> circuit = gaussian_ring(100)
    >>> circuit.truth.kind, sorted(circuit.truth.unstable_dimensions)
    ('points', [0, 0, 1, 1, 2])

    Source: Mastrogiuseppe & Ostojic, Neuron 99 (2018) 609, for the limit.
    """
    neurons, phi = count(neurons, "neurons", least=3), saturating(nonlinearity)
    overlap, spread = positive(overlap, "overlap"), positive(spread, "spread")
    M = spread * generator(seed).normal(size=(neurons, 2))
    N = overlap / (spread**2 * neurons) * M
    name = f"Gaussian ring (overlap {overlap:g})"
    return NonlinearCircuit((M, N), phi, noise, truth=points_in_plane(M, N, phi), name=name)
