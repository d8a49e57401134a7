"""No gate: plain units by the gated engine."""

from dataclasses import dataclass

from theory.kernels.activations import Activation
from theory.kernels.gated.unit import GatedUnit


@dataclass(frozen=True)
class Ungated(GatedUnit):
    """h_t = phi(g_t), one preactivation: what gates are compared with, and where the engine's kernels are exact.

    Args:
        activation: phi.

    >>> from theory.kernels import Identity
    >>> Ungated(Identity()).state(0.0, [2.0])
    2.0
    """

    activation: Activation
    preactivations = ("only",)

    def presynaptic(self, k, state, before):
        """h."""
        return state

    def state(self, previous, preactivations):
        """phi(g)."""
        return self.activation.function(preactivations[0])
