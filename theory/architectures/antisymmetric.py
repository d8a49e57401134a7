"""Antisymmetric recurrence with a trained leak: all poles share one decay rate."""

from theory.architectures.architecture import Weight
from theory.architectures.dense_recurrence import DenseRecurrence
from theory.namespace import namespace


class Antisymmetric(DenseRecurrence):
    """An antisymmetric recurrence and one leak for all units, `W = (X - X^T) / 2 + b I`, with X and b trained.

    In continuous time all poles are `b - 1 +- i w`: one decay rate, any frequencies.

    Weights: `recurrent` X (N, N), `leak` b (1,), `input` U (N, p), `readout` V (q, N).

    >>> import jax.numpy as jnp
    >>> X = jnp.array([[0.0, 1.0], [0.0, 0.0]])
    >>> Antisymmetric().recurrence({"recurrent": X, "leak": jnp.array([0.5])})
    Array([[ 0.5,  0.5],
           [-0.5,  0.5]], dtype=float64)

    Source: Chang, Chen, Haber & Chi, ICLR 2019 (antisymmetric recurrent networks), without their fixed diffusion.
    """

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """As of a dense network, and `leak` (1,)."""
        return {**super().weights(width, inputs, outputs), "leak": Weight((1,), "recurrent")}

    def recurrence(self, weights: dict):
        """(X - X^T) / 2 + b I."""
        X = weights["recurrent"]
        return (X - X.T) / 2 + weights["leak"][0] * namespace(X).eye(X.shape[0])
