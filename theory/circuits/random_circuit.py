"""Random Gaussian recurrence."""

import numpy as np

from theory.checks import count, positive
from theory.circuits.linear_circuit import LinearCircuit
from theory.circuits.random_vectors import generator
from theory.circuits.timescales import fast_truth
from theory.errors import ProblemError


def random_circuit(neurons: int, gain: float = 0.5, seed: int = 0) -> LinearCircuit:
    """Independent Gaussian entries of variance `gain^2 / D`: as D grows the eigenvalues fill a disc of that radius.

    Args:
        neurons: D.
        gain: below 1; at finite D the largest eigenvalue scatters around it, so stay well below. From .95 on the
            slowest mode lasts 20 time constants, and the truth is left open.
        seed: of the entries.

    >>> random_circuit(20).neurons
    20

    Source: Sompolinsky, Crisanti & Sommers, Phys. Rev. Lett. 61 (1988) 259.
    """
    neurons, gain = count(neurons, "neurons"), positive(gain, "gain")
    if gain >= 1:
        raise ProblemError(f"gain = {gain:g}, but a linear circuit is stable for gains below 1 only.")
    recurrence = gain * generator(seed).normal(size=(neurons, neurons)) / np.sqrt(neurons)
    return LinearCircuit(recurrence, truth=fast_truth(1 / (1 - gain)), name=f"random circuit (gain {gain:g})")
