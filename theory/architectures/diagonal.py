"""Independent units: the recurrence of a diagonal state-space model."""

import jax.numpy as jnp

from theory.architectures.architecture import Architecture, Weight


class Diagonal(Architecture):
    """N units without cross-connections, each with its own real self-connection: `A = diag(w) - I`.

    Weights: `recurrent` w (N,), `input` U (N, p), `readout` V (q, N), all trained.

    >>> Diagonal().weights(width=3, inputs=1, outputs=2)["recurrent"].shape
    (3,)
    """

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`recurrent` (N,), `input` (N, p), `readout` (q, N)."""
        return {
            "recurrent": Weight((width,), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) = (diag(w) - I, U, V); in discrete time (diag(w), U, V)."""
        recurrent = jnp.diag(weights["recurrent"])
        return time.state_matrix(recurrent), weights["input"], weights["readout"]
