"""Independent units whose self-connection is a sigmoid of a weight, as a gate's."""

from theory.architectures.independent_units import IndependentUnits
from theory.namespace import namespace


class SigmoidGate(IndependentUnits):
    """N independent units with self-connection `1 / (1 + exp(-w))`: decay rate `c = 1 - sigmoid(w)`.

    In function space the rate moves with the metric `M_c = c^2 (1 - c)^2`. Weights at zero start at c = 1/2.

    >>> import jax.numpy as jnp
    >>> from theory import ContinuousTime
    >>> SigmoidGate().pole(jnp.zeros(1), ContinuousTime())
    Array([-0.5], dtype=float64)
    """

    def pole(self, recurrent, time):
        """sigmoid(w) - 1; in discrete time sigmoid(w)."""
        functions = namespace(recurrent)
        gate = functions.reciprocal(functions.plus(functions.exp(-recurrent), 1))
        return functions.plus(gate, time.silent_pole)
