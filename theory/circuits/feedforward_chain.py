"""The feedforward chain: long memory without any slow mode."""

import numpy as np

from theory.checks import count, positive
from theory.circuits.linear_circuit import LinearCircuit, Truth
from theory.circuits.random_vectors import rotation


def feedforward_chain(neurons: int, skip: float = 0.0, rotated: bool = False, seed: int = 0) -> LinearCircuit:
    """`B_{i, i+1} = 1`, and a skip from every neuron j > 1 into the first, `B_{1, j} += skip`.

    B is strictly triangular, so every eigenvalue is zero: a single stable point, no slow mode. The first
    neuron is the most downstream, the last the source.

    Args:
        neurons: D.
        skip: strength of the skips; 0 leaves a plain chain.
        rotated: turn it by a random rotation, which spreads every stage over all neurons (a Schur form).
        seed: of that rotation.

    >>> feedforward_chain(5).truth.kind
    'point'

    Source: Qian et al., NeurIPS 2024; Ganguli, Huh & Sompolinsky, PNAS 105 (2008) 18970.
    """
    neurons = count(neurons, "neurons")
    skip = positive(skip, "skip", allow_zero=True)
    recurrence = np.eye(neurons, k=1)
    recurrence[0, 1:] += skip
    if rotated:
        Q = rotation(neurons, seed)
        recurrence = Q @ recurrence @ Q.T
    name = "feedforward chain" + (f" with skips {skip:g}" if skip else "") + (", rotated" if rotated else "")
    return LinearCircuit(recurrence, truth=Truth("point", (1.0,)), name=name)
