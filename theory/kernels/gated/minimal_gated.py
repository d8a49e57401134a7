"""The minimal gated unit."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from theory.kernels.gated.unit import GatedUnit


@dataclass(frozen=True)
class MinimalGated(GatedUnit):
    """One gate f both forgets and resets:

        f = sigma(g^forget),   h_t = (1 - f) h_{t-1} + f tanh(g^candidate)

    where the candidate's recurrent weights act on f h_{t-1}.

    >>> float(MinimalGated().state(1.0, [jnp.array(-30.0), 0.0]))         # a closed forget gate keeps the state
    0.9999...

    Source: G.-B. Zhou et al., arXiv 1603.09420.
    """

    preactivations = ("forget", "candidate")

    def presynaptic(self, k, state, before):
        """h, and f h."""
        return state if k == 0 else jax.nn.sigmoid(before[0]) * state

    def state(self, previous, preactivations):
        """(1 - f) h + f tanh(g)."""
        forget = jax.nn.sigmoid(preactivations[0])
        return (1 - forget) * previous + forget * jnp.tanh(preactivations[1])
