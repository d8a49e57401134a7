"""The plane attractor: two slow modes, in detailed balance or far from normal."""

import numpy as np

from theory.checks import count, positive
from theory.circuits.linear_circuit import LinearCircuit
from theory.circuits.random_vectors import rotation
from theory.circuits.timescales import eigenvalue_of, plane_truth
from theory.errors import ProblemError


def plane_attractor(
    neurons: int,
    slow: float = 1000.0,
    second: float = 1000.0,
    fast: float = 1.25,
    non_normality: float = 1.0,
    seed: int = 0,
) -> LinearCircuit:
    """`B = lambda_3 I + sum_a (lambda_a - lambda_3) r_a l_a^T`, a = 1, 2, with `l_a^T r_b` 1 for a = b and else 0.

    Args:
        neurons: D.
        slow, second: timescales of the two integrating modes, in single-unit time constants, descending.
        fast: timescale of all other modes.
        non_normality: |l_a| |r_a| of both, at least 1, where the circuit is symmetric.
        seed: of the directions, which are random.

    >>> plane_attractor(50).truth.kind
    'plane'

    Source: as `non_normal_line_attractor`, with two modes.
    """
    non_normality = positive(non_normality, "non_normality")
    if non_normality < 1:
        raise ProblemError(f"non_normality = {non_normality:g}, but |l| |r| is at least l^T r = 1.")
    because = "each slow mode has a direction to write along and another to read from."
    neurons = count(neurons, "neurons", least=2 if non_normality == 1 else 4, because=because)
    first, other, last = (eigenvalue_of(t, n) for t, n in ((slow, "slow"), (second, "second"), (fast, "fast")))
    if not slow >= second >= fast:
        raise ProblemError(f"timescales must descend; got slow = {slow:g}, second = {second:g}, fast = {fast:g}.")
    directions = rotation(neurons, seed)
    right, left = directions[:2], directions[:2]
    if non_normality > 1:
        left = right + np.sqrt(non_normality**2 - 1) * directions[2:4]
    slowness = np.array([first - last, other - last])
    return LinearCircuit(
        last * np.eye(neurons) + (right.T * slowness) @ left,
        truth=plane_truth(slow, second, fast, reversible=non_normality == 1),
        name="plane attractor" if non_normality == 1 else f"non-normal plane attractor (|l||r| = {non_normality:g})",
    )
