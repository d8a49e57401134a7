"""Claims about networks. Each is one small file; copy one to add your own."""

from numerics.claims.chain_end import chain_end as chain_end
from numerics.claims.coloured_input import coloured_input as coloured_input
from numerics.claims.designed_metric import designed_metric as designed_metric
from numerics.claims.final_time_modes import final_time_modes as final_time_modes
from numerics.claims.free_running import free_running as free_running
from numerics.claims.gated_gradients import gated_gradients as gated_gradients
from numerics.claims.generalised_forcing import generalised_forcing as generalised_forcing
from numerics.claims.heavy_ball_plateau import heavy_ball_plateau as heavy_ball_plateau
from numerics.claims.identical_units import identical_units as identical_units
from numerics.claims.ignoring_recurrence import ignoring_recurrence as ignoring_recurrence
from numerics.claims.integrator_half_time import integrator_half_time as integrator_half_time
from numerics.claims.integrator_outlier import integrator_outlier as integrator_outlier
from numerics.claims.lag_bias import lag_bias as lag_bias
from numerics.claims.lazy_own_kernel import lazy_own_kernel as lazy_own_kernel
from numerics.claims.lazy_power_law import lazy_power_law as lazy_power_law
from numerics.claims.lazy_training import lazy_training as lazy_training
from numerics.claims.line_attractor_missed import line_attractor_missed as line_attractor_missed
from numerics.claims.markov_limit import markov_limit as markov_limit
from numerics.claims.null_low_rank_slow import null_low_rank_slow as null_low_rank_slow
from numerics.claims.oscillation_fades import oscillation_fades as oscillation_fades
from numerics.claims.oscillator_pair import oscillator_pair as oscillator_pair
from numerics.claims.plateau_length import plateau_length as plateau_length
from numerics.claims.pulse_response import pulse_response as pulse_response
from numerics.claims.random_recurrence import random_recurrence as random_recurrence
from numerics.claims.rank_one_plateau import rank_one_plateau as rank_one_plateau
from numerics.claims.relearning import relearning as relearning
from numerics.claims.reversibility import reversibility as reversibility
from numerics.claims.sampled_training import sampled_training as sampled_training
from numerics.claims.seed_band import seed_band as seed_band
from numerics.claims.symmetry_breaking import symmetry_breaking as symmetry_breaking
from numerics.claims.transverse_escape import transverse_escape as transverse_escape
from numerics.claims.weight_decay_lengthens import weight_decay_lengthens as weight_decay_lengthens
from numerics.claims.wide_kernels import wide_kernels as wide_kernels
from numerics.claims.wide_network_slow_mode import wide_network_slow_mode as wide_network_slow_mode

__all__ = [
    "chain_end",
    "designed_metric",
    "coloured_input",
    "final_time_modes",
    "free_running",
    "gated_gradients",
    "generalised_forcing",
    "heavy_ball_plateau",
    "identical_units",
    "ignoring_recurrence",
    "integrator_half_time",
    "integrator_outlier",
    "lag_bias",
    "lazy_own_kernel",
    "lazy_power_law",
    "lazy_training",
    "line_attractor_missed",
    "markov_limit",
    "null_low_rank_slow",
    "oscillation_fades",
    "oscillator_pair",
    "plateau_length",
    "pulse_response",
    "random_recurrence",
    "rank_one_plateau",
    "relearning",
    "reversibility",
    "sampled_training",
    "seed_band",
    "symmetry_breaking",
    "transverse_escape",
    "weight_decay_lengthens",
    "wide_kernels",
    "wide_network_slow_mode",
]


def every_claim() -> list:
    """All claims, in the order of their names."""
    return [globals()[name] for name in sorted(__all__)]
