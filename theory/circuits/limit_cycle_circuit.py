"""Rank-two recurrence with a limit cycle."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import scipy.optimize

from theory.checks import count, positive
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.nonlinear_truth import LimitCycle
from theory.circuits.plane_points import points_in_plane
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION
from theory.nonlinearities.nonlinearity import saturating

_PHASES = 256
_TURNS = 100


def limit_cycle_circuit(
    neurons: int,
    overlap: float = 1.5,
    rotation: float = 0.3,
    spread: float = 1.0,
    noise: float = 0.1,
    nonlinearity: Nonlinearity = ERROR_FUNCTION,
    seed: int = 0,
) -> NonlinearCircuit:
    """`B = M N^T / D` with Gaussian loadings of overlap `E n_a m_b = O = [[a, -w], [w, a]]`.

    On the plane `z = M k`, `dk/dt = -k + N^T phi(M k) / D`. The truth is the cycle of the draw itself: its
    first-return map is followed to its fixed point, and the Floquet exponent is the mean divergence over a turn, as
    in any plane. Perturbations out of the plane decay at -1. For many neurons see `limit_cycle_at_infinite_width`.

    Args:
        neurons: D.
        overlap: a, above 1.
        rotation: w.
        spread: s, standard deviation of M; `N = M O^T / s^2`.
        noise: Q, the variance of a single unit without input.
        nonlinearity: phi, bounded.
        seed: of the loadings.

    Raises:
        ProblemError: the draw has no cycle that is reached from the plane: at few neurons the unequal loadings can
            stop the rotation. Of seeds 0 to 99, 14 do at 100 neurons; of 0 to 19, none at 300.

    >>> circuit = limit_cycle_circuit(2000)
    >>> bool(abs(circuit.truth.radius - limit_cycle_at_infinite_width(1.5, 0.3)[0]) < 0.1)
    True

    Source: Mastrogiuseppe & Ostojic, Neuron 99 (2018) 609; Beiran et al., Neural Computation 33 (2021) 1572.
    """
    neurons, phi = count(neurons, "neurons", least=2), saturating(nonlinearity)
    radius, speed, _ = limit_cycle_at_infinite_width(overlap, rotation, spread, phi)
    M = spread * generator(seed).normal(size=(neurons, 2))
    N = M @ np.array([[overlap, -rotation], [rotation, overlap]]).T / spread**2

    def flow(_, state):
        return np.asarray(_around(phi, M, N / neurons, state))

    def turn_ends(_, state):
        return state[1]

    turn_ends.direction, turn_ends.terminal = 1, 2
    start, longest = radius, 10 * 2 * np.pi / speed
    for _ in range(_TURNS):
        turn = scipy.integrate.solve_ivp(
            flow, (0, longest), [start, 0.0, 0.0, 0.0], events=turn_ends, method="DOP853", rtol=1e-11, atol=1e-12,
            dense_output=True,
        )  # fmt: skip
        # the start lies on the section itself, and may count as a first crossing
        crossings = [t for t in turn.t_events[0] if t > 1e-6 / speed]
        if not crossings or turn.sol(crossings[0])[0] <= 0:
            raise ProblemError(
                f"this draw of {neurons} neurons has no limit cycle: its loadings are too unequal for a rotation of "
                f"{rotation:g}. Take more neurons, a faster rotation or another seed."
            )
        period, end = crossings[0], turn.sol(crossings[0])
        if abs(end[0] - start) < 1e-10 * radius:
            break
        start = end[0]
    else:
        raise ProblemError(f"this draw of {neurons} neurons does not settle on a cycle within {_TURNS} turns.")
    around = turn.sol(np.arange(_PHASES) / _PHASES * period)[:2]
    truth = LimitCycle(
        states=around.T @ M.T,
        period=float(period),
        radius=float(np.sqrt(end[3] / period)),
        floquet_exponent=float(end[2] / period),
        rests=points_in_plane(M, N / neurons, phi),
    )
    name = f"limit-cycle circuit (overlap {overlap:g}, rotation {rotation:g})"
    return NonlinearCircuit((M, N / neurons), phi, noise, truth=truth, name=name)


@functools.partial(jax.jit, static_argnums=0)
def _around(phi: Nonlinearity, M, N, state):
    """Rates of k, of the divergence so far and of |k|^2 so far."""
    k = state[:2]
    divergence = -2 + phi.derivative(M @ k) @ jnp.sum(N * M, axis=1)
    return jnp.concatenate([-k + phi(M @ k) @ N, jnp.stack([divergence, k @ k])])


def limit_cycle_at_infinite_width(
    overlap: float, rotation: float, spread: float = 1.0, nonlinearity: Nonlinearity = ERROR_FUNCTION
) -> tuple[float, float, float]:
    """Radius, angular speed and Floquet exponent of `limit_cycle_circuit` as D grows, without noise.

    By Stein's lemma `E n phi(m^T k) = O k G(s^2 |k|^2)`: `dr/dt = -r + a r G(s^2 r^2)` and the angle turns at `w G`. So
    `a G(s^2 r*^2) = 1`, the speed is `w / a` and the exponent `2 a s^2 r*^2 G'(s^2 r*^2)`; for the error function
    `r*^2 = (a^2 - 1) / (pi s^2 / 2)` and the exponent is `-(1 - 1 / a^2)`.

    Args:
        overlap: a, above 1.
        rotation: w.
        spread: s.
        nonlinearity: phi, bounded.

    Raises:
        ProblemError: a <= 1: all comes to rest.

    >>> radius, speed, exponent = limit_cycle_at_infinite_width(1.5, 0.3)
    >>> round(radius, 3), round(speed, 3), round(exponent, 3)
    (0.892, 0.2, -0.556)
    """
    phi, overlap, spread = saturating(nonlinearity), positive(overlap, "overlap"), positive(spread, "spread")
    rotation = positive(rotation, "rotation")
    if overlap <= 1:
        raise ProblemError(f"overlap = {overlap:g}: a cycle needs more than 1.")
    high = 1.0
    while overlap * phi.mean_derivative(high) > 1:
        high *= 2
    variance = scipy.optimize.brentq(lambda v: overlap * float(phi.mean_derivative(v)) - 1, 0.0, high, xtol=1e-14)
    exponent = 2 * overlap * variance * float(phi.mean_derivative_slope(variance))
    return float(np.sqrt(variance) / spread), rotation / overlap, exponent
