"""Uncoupled neurons: every unit leaks on its own."""

import numpy as np

from theory.checks import count
from theory.circuits.linear_circuit import LinearCircuit, Truth


def uncoupled(neurons: int) -> LinearCircuit:
    """`B = 0`: the control in which nothing outlasts a single unit.

    Args:
        neurons: D.

    >>> uncoupled(3).truth.kind
    'point'
    """
    neurons = count(neurons, "neurons")
    truth = Truth("point", (1.0,), reversible=True)
    return LinearCircuit(np.zeros((neurons, neurons)), truth=truth, name="uncoupled neurons")
