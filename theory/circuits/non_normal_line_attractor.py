"""The non-normal line attractor: it integrates along one direction and reads its input along another."""

import numpy as np

from theory.checks import count, positive
from theory.circuits.linear_circuit import LinearCircuit
from theory.circuits.random_vectors import rotation
from theory.circuits.timescales import eigenvalue_of, line_truth
from theory.errors import ProblemError


def non_normal_line_attractor(
    neurons: int, non_normality: float = 3.0, slow: float = 1000.0, fast: float = 1.25, seed: int = 0
) -> LinearCircuit:
    """`B = lambda_2 I + (lambda_1 - lambda_2) r l^T` with `l^T r = 1` and `|l| |r|` the non-normality.

    Args:
        neurons: D.
        non_normality: |l| |r|, at least 1, where it is the symmetric line attractor.
        slow: timescale of the integrating mode, in single-unit time constants.
        fast: timescale of all other modes.
        seed: of the directions, which are random.

    >>> circuit = non_normal_line_attractor(50, non_normality=3.0)
    >>> bool(np.linalg.norm(circuit.recurrence, 2) > 2.0)
    True

    Source: after the integrators of Goldman, Neuron 61 (2009) 621.
    """
    neurons = count(neurons, "neurons", least=2)
    non_normality = positive(non_normality, "non_normality")
    if non_normality < 1:
        raise ProblemError(f"non_normality = {non_normality:g}, but |l| |r| is at least l^T r = 1.")
    first, second = eigenvalue_of(slow, "slow"), eigenvalue_of(fast, "fast")
    r, other = rotation(neurons, seed)[:2]
    left = r + np.sqrt(non_normality**2 - 1) * other
    return LinearCircuit(
        second * np.eye(neurons) + (first - second) * np.outer(r, left),
        truth=line_truth(slow, fast, reversible=non_normality == 1),
        name=f"non-normal line attractor (|l||r| = {non_normality:g})",
    )
