"""Damped oscillations in planes that are spread over all neurons."""

import numpy as np
import scipy.linalg

from theory.checks import count, positive
from theory.circuits.linear_circuit import LinearCircuit
from theory.circuits.random_vectors import rotation
from theory.circuits.timescales import eigenvalue_of, fast_truth


def oscillating_circuit(
    neurons: int, frequency: float = 1.0, timescale: float = 5.0, pairs: int = 1, seed: int = 0
) -> LinearCircuit:
    """A normal circuit whose eigenvalues are `pairs` times `1 - 1 / timescale +- i frequency`, and zero otherwise.

    Args:
        neurons: D, at least twice the pairs.
        frequency: in radians per single-unit time constant.
        timescale: how long an oscillation lasts, in single-unit time constants; from 20 on the truth is left open.
        pairs: how many planes oscillate.
        seed: of the planes, which are random.

    >>> import numpy as np
    >>> B = oscillating_circuit(4).recurrence
    >>> bool(np.allclose(B @ B.T, B.T @ B))
    True
    """
    pairs = count(pairs, "pairs")
    neurons = count(neurons, "neurons", least=2 * pairs, because="every pair takes a plane of its own.")
    frequency, decay = positive(frequency, "frequency"), eigenvalue_of(timescale)
    plane = np.array([[decay, frequency], [-frequency, decay]])
    blocks = scipy.linalg.block_diag(*[plane] * pairs, np.zeros((neurons - 2 * pairs,) * 2))
    Q = rotation(neurons, seed)
    return LinearCircuit(Q @ blocks @ Q.T, truth=fast_truth(timescale), name="oscillating circuit")
