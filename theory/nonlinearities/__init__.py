"""Nonlinearities of single neurons. Each is one small file; copy one to add your own."""

from theory.nonlinearities.error_function import ErrorFunction as ErrorFunction
from theory.nonlinearities.hyperbolic_tangent import HyperbolicTangent as HyperbolicTangent
from theory.nonlinearities.identity import Identity as Identity
from theory.nonlinearities.nonlinearity import Nonlinearity as Nonlinearity

__all__ = ["ErrorFunction", "HyperbolicTangent", "Identity", "Nonlinearity"]
