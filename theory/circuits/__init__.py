"""Circuits that are recorded: teachers with noise of their own. Each is one small file; copy one to add your own."""

from theory.circuits.bistable_circuit import bistable_at_infinite_width as bistable_at_infinite_width
from theory.circuits.bistable_circuit import bistable_circuit as bistable_circuit
from theory.circuits.feedforward_chain import feedforward_chain as feedforward_chain
from theory.circuits.limit_cycle_circuit import limit_cycle_at_infinite_width as limit_cycle_at_infinite_width
from theory.circuits.limit_cycle_circuit import limit_cycle_circuit as limit_cycle_circuit
from theory.circuits.linear_circuit import LinearCircuit as LinearCircuit
from theory.circuits.linear_circuit import Truth as Truth
from theory.circuits.non_normal_line_attractor import non_normal_line_attractor as non_normal_line_attractor
from theory.circuits.nonlinear_chain import nonlinear_chain as nonlinear_chain
from theory.circuits.nonlinear_circuit import NonlinearCircuit as NonlinearCircuit
from theory.circuits.nonlinear_null_low_rank import nonlinear_null_low_rank as nonlinear_null_low_rank
from theory.circuits.nonlinear_truth import FixedPoints as FixedPoints
from theory.circuits.nonlinear_truth import LimitCycle as LimitCycle
from theory.circuits.null_low_rank import null_low_rank as null_low_rank
from theory.circuits.oscillating_circuit import oscillating_circuit as oscillating_circuit
from theory.circuits.random_circuit import random_circuit as random_circuit
from theory.circuits.symmetric_line_attractor import symmetric_line_attractor as symmetric_line_attractor
from theory.circuits.uncoupled import uncoupled as uncoupled

__all__ = [
    "FixedPoints",
    "LimitCycle",
    "LinearCircuit",
    "NonlinearCircuit",
    "Truth",
    "bistable_at_infinite_width",
    "bistable_circuit",
    "feedforward_chain",
    "limit_cycle_at_infinite_width",
    "limit_cycle_circuit",
    "non_normal_line_attractor",
    "nonlinear_chain",
    "nonlinear_null_low_rank",
    "null_low_rank",
    "oscillating_circuit",
    "random_circuit",
    "symmetric_line_attractor",
    "uncoupled",
]
