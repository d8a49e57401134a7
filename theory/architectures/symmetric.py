"""Symmetric recurrence: no cycles, no transient amplification."""

from theory.architectures.dense_recurrence import DenseRecurrence


class Symmetric(DenseRecurrence):
    """A recurrence kept symmetric, `W = (X + X^T) / 2` with X (N, N) trained: all poles are real.

    >>> import jax.numpy as jnp
    >>> Symmetric().recurrence({"recurrent": jnp.array([[0.0, 1.0], [0.0, 0.0]])})
    Array([[0. , 0.5],
           [0.5, 0. ]], dtype=float64)
    """

    def recurrence(self, weights: dict):
        """(X + X^T) / 2."""
        return (weights["recurrent"] + weights["recurrent"].T) / 2
