"""The symmetric line attractor: one slow mode, spread over all neurons, in detailed balance."""

import numpy as np

from theory.checks import count
from theory.circuits.linear_circuit import LinearCircuit
from theory.circuits.random_vectors import unit_vector
from theory.circuits.timescales import eigenvalue_of, line_truth


def symmetric_line_attractor(
    neurons: int, slow: float = 1000.0, fast: float = 1.25, seed: int = 0
) -> LinearCircuit:
    """`B = lambda_2 I + (lambda_1 - lambda_2) v v^T` with a random unit vector v and `lambda = 1 - 1 / timescale`.

    Args:
        neurons: D.
        slow: timescale of the integrating mode, in single-unit time constants.
        fast: timescale of all other modes.
        seed: of the direction v.

    >>> symmetric_line_attractor(50).truth.timescales
    (1000.0, 1.25)

    Source: Qian et al., NeurIPS 2024.
    """
    neurons = count(neurons, "neurons", least=2)
    first, second = eigenvalue_of(slow, "slow"), eigenvalue_of(fast, "fast")
    v = unit_vector(neurons, seed)
    recurrence = second * np.eye(neurons) + (first - second) * np.outer(v, v)
    return LinearCircuit(recurrence, truth=line_truth(slow, fast, reversible=True), name="symmetric line attractor")
