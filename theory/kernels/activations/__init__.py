"""Activations and their Gaussian duals. Each is one small file; copy one to add your own."""

from theory.kernels.activations.activation import Activation as Activation
from theory.kernels.activations.erf import Erf as Erf
from theory.kernels.activations.from_function import FromFunction as FromFunction
from theory.kernels.activations.identity import Identity as Identity
from theory.kernels.activations.relu import ReLU as ReLU
from theory.kernels.activations.tanh import Tanh as Tanh

__all__ = ["Activation", "Erf", "FromFunction", "Identity", "ReLU", "Tanh"]
