"""Claims about networks. Each is one small file; copy one to add your own."""

from numerics.claims.integrator_half_time import integrator_half_time as integrator_half_time
from numerics.claims.integrator_outlier import integrator_outlier as integrator_outlier
from numerics.claims.markov_limit import markov_limit as markov_limit
from numerics.claims.oscillator_pair import oscillator_pair as oscillator_pair
from numerics.claims.random_recurrence import random_recurrence as random_recurrence
from numerics.claims.sampled_training import sampled_training as sampled_training
from numerics.claims.seed_band import seed_band as seed_band
from numerics.claims.transverse_escape import transverse_escape as transverse_escape

__all__ = [
    "integrator_half_time",
    "integrator_outlier",
    "markov_limit",
    "oscillator_pair",
    "random_recurrence",
    "sampled_training",
    "seed_band",
    "transverse_escape",
]


def every_claim() -> list:
    """All claims, in the order of their names."""
    return [globals()[name] for name in sorted(__all__)]
