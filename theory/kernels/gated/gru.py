"""The gated recurrent unit."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from theory.kernels.gated.unit import GatedUnit


@dataclass(frozen=True)
class GRU(GatedUnit):
    """The gated recurrent unit, with the logistic function sigma:

        z = sigma(g^update),   r = sigma(g^reset),   h_t = z h_{t-1} + (1 - z) tanh(g^candidate)

    where the candidate's recurrent weights act on r h_{t-1}.

    >>> import jax.numpy as jnp
    >>> float(GRU().state(1.0, [jnp.array(30.0), 0.0, 0.0]))              # an open update gate keeps the state
    0.9999...

    Source: K. Cho et al., arXiv 1406.1078.
    """

    preactivations = ("update", "reset", "candidate")

    def presynaptic(self, k, state, before):
        """h, h, and r h."""
        return state if k < 2 else jax.nn.sigmoid(before[1]) * state

    def state(self, previous, preactivations):
        """z h + (1 - z) tanh(g)."""
        keep = jax.nn.sigmoid(preactivations[0])
        return keep * previous + (1 - keep) * jnp.tanh(preactivations[2])
