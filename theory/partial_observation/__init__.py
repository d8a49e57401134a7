"""Partial observation: what a network of some neurons believes of a circuit, and what it takes to know better."""

from theory.partial_observation.expected_timescales import chain_end_timescale as chain_end_timescale
from theory.partial_observation.expected_timescales import (
    null_low_rank_eigenvalue as null_low_rank_eigenvalue,
)
from theory.partial_observation.expected_timescales import symmetric_line_spread as symmetric_line_spread
from theory.partial_observation.expected_timescales import (
    symmetric_line_timescale as symmetric_line_timescale,
)
from theory.partial_observation.identifiability import divergence_rate as divergence_rate
from theory.partial_observation.identifiability import markov_divergence_rate as markov_divergence_rate
from theory.partial_observation.identifiability import markov_impostor as markov_impostor
from theory.partial_observation.identifiability import recording_time_needed as recording_time_needed
from theory.partial_observation.log_convexity import log_convexity as log_convexity
from theory.partial_observation.markov_student import MarkovStudent as MarkovStudent
from theory.partial_observation.markov_student import markov_student as markov_student
from theory.partial_observation.pulses import optimal_pulse as optimal_pulse
from theory.partial_observation.pulses import pulse_trials_needed as pulse_trials_needed
from theory.partial_observation.pulses import response_difference as response_difference
from theory.partial_observation.recorded_circuit import RecordedCircuit as RecordedCircuit

__all__ = [
    "MarkovStudent",
    "RecordedCircuit",
    "chain_end_timescale",
    "divergence_rate",
    "log_convexity",
    "markov_divergence_rate",
    "markov_impostor",
    "markov_student",
    "null_low_rank_eigenvalue",
    "optimal_pulse",
    "pulse_trials_needed",
    "recording_time_needed",
    "response_difference",
    "symmetric_line_spread",
    "symmetric_line_timescale",
]
