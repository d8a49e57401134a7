"""Circuits that are recorded: teachers with noise of their own. Each is one small file; copy one to add your own."""

from theory.circuits.bistable_circuit import bistable_at_infinite_width as bistable_at_infinite_width
from theory.circuits.bistable_circuit import bistable_circuit as bistable_circuit
from theory.circuits.bistable_copies import bistable_copies as bistable_copies
from theory.circuits.chaotic_network import chaotic_network as chaotic_network
from theory.circuits.embedded_flow import embedded_flow as embedded_flow
from theory.circuits.feedforward_chain import feedforward_chain as feedforward_chain
from theory.circuits.flow import Flow as Flow
from theory.circuits.gaussian_ring import gaussian_ring as gaussian_ring
from theory.circuits.limit_cycle_circuit import limit_cycle_at_infinite_width as limit_cycle_at_infinite_width
from theory.circuits.limit_cycle_circuit import limit_cycle_circuit as limit_cycle_circuit
from theory.circuits.linear_circuit import LinearCircuit as LinearCircuit
from theory.circuits.linear_circuit import Truth as Truth
from theory.circuits.non_normal_line_attractor import non_normal_line_attractor as non_normal_line_attractor
from theory.circuits.nonlinear_chain import nonlinear_chain as nonlinear_chain
from theory.circuits.nonlinear_circuit import NonlinearCircuit as NonlinearCircuit
from theory.circuits.nonlinear_null_low_rank import nonlinear_null_low_rank as nonlinear_null_low_rank
from theory.circuits.nonlinear_truth import Chaos as Chaos
from theory.circuits.nonlinear_truth import FixedPoints as FixedPoints
from theory.circuits.nonlinear_truth import Ghost as Ghost
from theory.circuits.nonlinear_truth import LimitCycle as LimitCycle
from theory.circuits.nonlinear_truth import Ring as Ring
from theory.circuits.nonlinear_truth import fixed_points_of as fixed_points_of
from theory.circuits.null_low_rank import null_low_rank as null_low_rank
from theory.circuits.oscillating_circuit import oscillating_circuit as oscillating_circuit
from theory.circuits.plane_attractor import plane_attractor as plane_attractor
from theory.circuits.random_circuit import random_circuit as random_circuit
from theory.circuits.ring_circuit import ring_at_infinite_width as ring_at_infinite_width
from theory.circuits.ring_circuit import ring_circuit as ring_circuit
from theory.circuits.stochastic_flow import Readout as Readout
from theory.circuits.stochastic_flow import StochasticFlow as StochasticFlow
from theory.circuits.symmetric_line_attractor import symmetric_line_attractor as symmetric_line_attractor
from theory.circuits.uncoupled import uncoupled as uncoupled

__all__ = [
    "Chaos",
    "FixedPoints",
    "Flow",
    "Ghost",
    "LimitCycle",
    "LinearCircuit",
    "NonlinearCircuit",
    "Readout",
    "Ring",
    "StochasticFlow",
    "Truth",
    "bistable_at_infinite_width",
    "bistable_circuit",
    "bistable_copies",
    "chaotic_network",
    "embedded_flow",
    "feedforward_chain",
    "fixed_points_of",
    "gaussian_ring",
    "limit_cycle_at_infinite_width",
    "limit_cycle_circuit",
    "non_normal_line_attractor",
    "nonlinear_chain",
    "nonlinear_null_low_rank",
    "null_low_rank",
    "oscillating_circuit",
    "plane_attractor",
    "random_circuit",
    "ring_at_infinite_width",
    "ring_circuit",
    "symmetric_line_attractor",
    "uncoupled",
]
