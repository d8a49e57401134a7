"""neural-tangents on the JAX of today, and the recurrent layer it never had."""

from theory.neural_tangents.adapter import neural_tangents as neural_tangents
from theory.neural_tangents.recurrent import Recurrent as Recurrent

__all__ = ["Recurrent", "neural_tangents"]
