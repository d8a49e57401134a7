"""Circuits that are recorded: teachers with noise of their own. Each is one small file; copy one to add your own."""

from theory.circuits.feedforward_chain import feedforward_chain as feedforward_chain
from theory.circuits.linear_circuit import LinearCircuit as LinearCircuit
from theory.circuits.linear_circuit import Truth as Truth
from theory.circuits.non_normal_line_attractor import non_normal_line_attractor as non_normal_line_attractor
from theory.circuits.null_low_rank import null_low_rank as null_low_rank
from theory.circuits.oscillating_circuit import oscillating_circuit as oscillating_circuit
from theory.circuits.random_circuit import random_circuit as random_circuit
from theory.circuits.symmetric_line_attractor import symmetric_line_attractor as symmetric_line_attractor
from theory.circuits.uncoupled import uncoupled as uncoupled

__all__ = [
    "LinearCircuit",
    "Truth",
    "feedforward_chain",
    "non_normal_line_attractor",
    "null_low_rank",
    "oscillating_circuit",
    "random_circuit",
    "symmetric_line_attractor",
    "uncoupled",
]
