"""Wide networks of gated units: their kernels in the mean-field limit."""

from theory.kernels.gated.gru import GRU as GRU
from theory.kernels.gated.mean_field import GatedKernels as GatedKernels
from theory.kernels.gated.mean_field import gated_all_pairs as gated_all_pairs
from theory.kernels.gated.mean_field import gated_last_time as gated_last_time
from theory.kernels.gated.minimal_gated import MinimalGated as MinimalGated
from theory.kernels.gated.network import GatedNetwork as GatedNetwork
from theory.kernels.gated.network import GatedWeights as GatedWeights
from theory.kernels.gated.ungated import Ungated as Ungated
from theory.kernels.gated.unit import GatedUnit as GatedUnit

__all__ = [
    "GRU",
    "GatedKernels",
    "GatedNetwork",
    "GatedUnit",
    "GatedWeights",
    "MinimalGated",
    "Ungated",
    "gated_all_pairs",
    "gated_last_time",
]
