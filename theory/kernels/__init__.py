"""Kernels of infinitely wide recurrent networks with weights tied over time."""

from theory.kernels.activations import Activation as Activation
from theory.kernels.activations import Erf as Erf
from theory.kernels.activations import FromFunction as FromFunction
from theory.kernels.activations import Identity as Identity
from theory.kernels.activations import ReLU as ReLU
from theory.kernels.activations import Tanh as Tanh
from theory.kernels.all_pairs import TimeBlocks as TimeBlocks
from theory.kernels.all_pairs import TimeKernels as TimeKernels
from theory.kernels.all_pairs import all_pairs as all_pairs
from theory.kernels.all_pairs import all_pairs_bytes as all_pairs_bytes
from theory.kernels.last_time import Kernels as Kernels
from theory.kernels.last_time import last_time as last_time
from theory.kernels.pooled import pooled as pooled
from theory.kernels.pooled import pooled_same_time as pooled_same_time
from theory.kernels.recurrent_network import InitialState as InitialState
from theory.kernels.recurrent_network import Rates as Rates
from theory.kernels.recurrent_network import RecurrentLayer as RecurrentLayer
from theory.kernels.recurrent_network import RecurrentNetwork as RecurrentNetwork
from theory.kernels.sequences import padded as padded
from theory.kernels.variances import Variances as Variances
from theory.kernels.variances import variances as variances

__all__ = [
    "Activation",
    "Erf",
    "FromFunction",
    "Identity",
    "InitialState",
    "Kernels",
    "Rates",
    "ReLU",
    "RecurrentLayer",
    "RecurrentNetwork",
    "Tanh",
    "TimeBlocks",
    "TimeKernels",
    "Variances",
    "all_pairs",
    "all_pairs_bytes",
    "last_time",
    "padded",
    "pooled",
    "pooled_same_time",
    "variances",
]
