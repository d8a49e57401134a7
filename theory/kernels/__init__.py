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
from theory.kernels.gated import GRU as GRU
from theory.kernels.gated import GatedKernels as GatedKernels
from theory.kernels.gated import GatedNetwork as GatedNetwork
from theory.kernels.gated import GatedUnit as GatedUnit
from theory.kernels.gated import GatedWeights as GatedWeights
from theory.kernels.gated import MinimalGated as MinimalGated
from theory.kernels.gated import Ungated as Ungated
from theory.kernels.gated import gated_all_pairs as gated_all_pairs
from theory.kernels.gated import gated_last_time as gated_last_time
from theory.kernels.kernel_flow import KernelFlow as KernelFlow
from theory.kernels.kernel_flow import gaussian_posterior as gaussian_posterior
from theory.kernels.last_time import Kernels as Kernels
from theory.kernels.last_time import last_time as last_time
from theory.kernels.last_time_log import LogKernels as LogKernels
from theory.kernels.last_time_log import last_time_log as last_time_log
from theory.kernels.lazy_spectrum import LazySpectrum as LazySpectrum
from theory.kernels.leaky import leaky_all_pairs as leaky_all_pairs
from theory.kernels.learning_curve import LearningCurve as LearningCurve
from theory.kernels.linear_continuous import exponential_norm as exponential_norm
from theory.kernels.linear_continuous import is_learnable as is_learnable
from theory.kernels.linear_continuous import laplace_kernel as laplace_kernel
from theory.kernels.linear_continuous import resolvent_kernel as resolvent_kernel
from theory.kernels.linear_continuous import response_covariance as response_covariance
from theory.kernels.linear_continuous import response_kernel as response_kernel
from theory.kernels.linear_discrete import fastest_lag as fastest_lag
from theory.kernels.linear_discrete import finite_width_ntk as finite_width_ntk
from theory.kernels.linear_discrete import lag_rates as lag_rates
from theory.kernels.linear_discrete import lag_rates_standard as lag_rates_standard
from theory.kernels.linear_discrete import lag_responses as lag_responses
from theory.kernels.linear_discrete import linear_kernels as linear_kernels
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
    "GRU",
    "GatedKernels",
    "GatedNetwork",
    "GatedUnit",
    "GatedWeights",
    "Identity",
    "InitialState",
    "KernelFlow",
    "Kernels",
    "LazySpectrum",
    "LearningCurve",
    "LogKernels",
    "MinimalGated",
    "Rates",
    "ReLU",
    "RecurrentLayer",
    "RecurrentNetwork",
    "Tanh",
    "TimeBlocks",
    "TimeKernels",
    "Ungated",
    "Variances",
    "all_pairs",
    "all_pairs_bytes",
    "exponential_norm",
    "fastest_lag",
    "finite_width_ntk",
    "gated_all_pairs",
    "gated_last_time",
    "gaussian_posterior",
    "is_learnable",
    "lag_rates",
    "lag_rates_standard",
    "lag_responses",
    "laplace_kernel",
    "last_time",
    "last_time_log",
    "leaky_all_pairs",
    "linear_kernels",
    "padded",
    "pooled",
    "pooled_same_time",
    "resolvent_kernel",
    "response_covariance",
    "response_kernel",
    "variances",
]
