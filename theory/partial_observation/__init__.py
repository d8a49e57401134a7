"""Partial observation: what a network of some neurons believes of a circuit, and what it takes to know better."""

from theory.partial_observation.best_pulse import BestPulse as BestPulse
from theory.partial_observation.best_pulse import best_pulse as best_pulse
from theory.partial_observation.expected_timescales import chain_end_timescale as chain_end_timescale
from theory.partial_observation.expected_timescales import (
    null_low_rank_eigenvalue as null_low_rank_eigenvalue,
)
from theory.partial_observation.expected_timescales import symmetric_line_spread as symmetric_line_spread
from theory.partial_observation.expected_timescales import (
    symmetric_line_timescale as symmetric_line_timescale,
)
from theory.partial_observation.explained_variance import best_explained_variance as best_explained_variance
from theory.partial_observation.explained_variance import explained_variance as explained_variance
from theory.partial_observation.finite_recording import Spread as Spread
from theory.partial_observation.finite_recording import timescale_spread as timescale_spread
from theory.partial_observation.finite_recording_bias import Bias as Bias
from theory.partial_observation.finite_recording_bias import timescale_bias as timescale_bias
from theory.partial_observation.identifiability import divergence_rate as divergence_rate
from theory.partial_observation.identifiability import markov_divergence_rate as markov_divergence_rate
from theory.partial_observation.identifiability import markov_impostor as markov_impostor
from theory.partial_observation.identifiability import recording_time_needed as recording_time_needed
from theory.partial_observation.initial_state import Release as Release
from theory.partial_observation.initial_state import released_line_timescale as released_line_timescale
from theory.partial_observation.initial_state import released_timescales as released_timescales
from theory.partial_observation.innovations_model import InnovationsModel as InnovationsModel
from theory.partial_observation.innovations_model import canonical_model as canonical_model
from theory.partial_observation.known_from_past import known_from_past as known_from_past
from theory.partial_observation.labels import outcome as outcome
from theory.partial_observation.labels import reports_line as reports_line
from theory.partial_observation.latent_impostor import Impostor as Impostor
from theory.partial_observation.latent_impostor import fast_impostor as fast_impostor
from theory.partial_observation.latent_impostor import line_impostor as line_impostor
from theory.partial_observation.log_convexity import log_convexity as log_convexity
from theory.partial_observation.markov_student import MarkovStudent as MarkovStudent
from theory.partial_observation.markov_student import markov_student as markov_student
from theory.partial_observation.mode_impostor import ModeImpostor as ModeImpostor
from theory.partial_observation.mode_impostor import impostor_neurons as impostor_neurons
from theory.partial_observation.mode_impostor import mode_impostor as mode_impostor
from theory.partial_observation.next_neurons import choose_next_neurons as choose_next_neurons
from theory.partial_observation.next_neurons import rank_next_neurons as rank_next_neurons
from theory.partial_observation.null_low_rank_law import SlowestScaling as SlowestScaling
from theory.partial_observation.null_low_rank_law import null_low_rank_density as null_low_rank_density
from theory.partial_observation.null_low_rank_law import null_low_rank_edges as null_low_rank_edges
from theory.partial_observation.null_low_rank_law import null_low_rank_modes as null_low_rank_modes
from theory.partial_observation.null_low_rank_law import null_low_rank_timescales as null_low_rank_timescales
from theory.partial_observation.null_low_rank_law import (
    slowest_null_low_rank_probability as slowest_null_low_rank_probability,
)
from theory.partial_observation.null_low_rank_law import (
    slowest_null_low_rank_quantile as slowest_null_low_rank_quantile,
)
from theory.partial_observation.null_low_rank_law import (
    slowest_null_low_rank_scaling as slowest_null_low_rank_scaling,
)
from theory.partial_observation.oscillation import Oscillation as Oscillation
from theory.partial_observation.oscillation import limit_cycle_seen as limit_cycle_seen
from theory.partial_observation.oscillation import oscillation_seen as oscillation_seen
from theory.partial_observation.phase_diagram import matched_families as matched_families
from theory.partial_observation.phase_diagram import phase_diagram as phase_diagram
from theory.partial_observation.phase_diagram import rank_one_phase_diagram as rank_one_phase_diagram
from theory.partial_observation.pulses import optimal_pulse as optimal_pulse
from theory.partial_observation.pulses import pulse_trials_needed as pulse_trials_needed
from theory.partial_observation.pulses import response_difference as response_difference
from theory.partial_observation.rank_one import rank_one_eigenvalues as rank_one_eigenvalues
from theory.partial_observation.recorded_circuit import RecordedCircuit as RecordedCircuit
from theory.partial_observation.recorded_trials import RecordedTrials as RecordedTrials
from theory.partial_observation.supported_timescale import supported_by_projection as supported_by_projection
from theory.partial_observation.supported_timescale import supported_timescales as supported_timescales
from theory.partial_observation.training_path import training_path as training_path
from theory.partial_observation.training_path import training_time_of_slow_mode as training_time_of_slow_mode
from theory.partial_observation.training_procedure import standard_procedures as standard_procedures
from theory.partial_observation.training_procedure import training_procedures as training_procedures
from theory.partial_observation.training_procedure import turning_points as turning_points
from theory.partial_observation.trials import TrialsNeeded as TrialsNeeded
from theory.partial_observation.trials import trials_needed as trials_needed

__all__ = [
    "BestPulse",
    "Bias",
    "Impostor",
    "InnovationsModel",
    "MarkovStudent",
    "ModeImpostor",
    "Oscillation",
    "RecordedCircuit",
    "RecordedTrials",
    "Release",
    "SlowestScaling",
    "Spread",
    "TrialsNeeded",
    "best_explained_variance",
    "best_pulse",
    "canonical_model",
    "chain_end_timescale",
    "choose_next_neurons",
    "divergence_rate",
    "explained_variance",
    "fast_impostor",
    "impostor_neurons",
    "known_from_past",
    "limit_cycle_seen",
    "line_impostor",
    "log_convexity",
    "markov_divergence_rate",
    "markov_impostor",
    "markov_student",
    "matched_families",
    "mode_impostor",
    "null_low_rank_density",
    "null_low_rank_edges",
    "null_low_rank_eigenvalue",
    "null_low_rank_modes",
    "null_low_rank_timescales",
    "optimal_pulse",
    "oscillation_seen",
    "outcome",
    "phase_diagram",
    "pulse_trials_needed",
    "rank_next_neurons",
    "rank_one_eigenvalues",
    "rank_one_phase_diagram",
    "recording_time_needed",
    "released_line_timescale",
    "released_timescales",
    "reports_line",
    "response_difference",
    "slowest_null_low_rank_probability",
    "slowest_null_low_rank_quantile",
    "slowest_null_low_rank_scaling",
    "standard_procedures",
    "supported_by_projection",
    "supported_timescales",
    "symmetric_line_spread",
    "symmetric_line_timescale",
    "timescale_bias",
    "timescale_spread",
    "training_path",
    "training_procedures",
    "training_time_of_slow_mode",
    "trials_needed",
    "turning_points",
]
