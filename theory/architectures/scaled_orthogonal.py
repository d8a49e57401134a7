"""Orthogonal recurrence times a trained gain: all self-connections have one modulus."""

from theory.architectures.architecture import Weight
from theory.architectures.dense_recurrence import DenseRecurrence
from theory.namespace import namespace


class ScaledOrthogonal(DenseRecurrence):
    """`W = r Q` with a gain r for all units and Q orthogonal, by Cayley's map of an antisymmetric matrix.

        Q = (I - K)^-1 (I + K),    K = (X - X^T) / 2

    with X and r trained. All eigenvalues of W have modulus |r|; an infinite horizon needs |r| < 1 in discrete time.

    Weights: `recurrent` X (N, N), `gain` r (1,), `input` U (N, p), `readout` V (q, N).

    >>> import jax.numpy as jnp
    >>> ScaledOrthogonal().recurrence({"recurrent": jnp.zeros((2, 2)), "gain": jnp.array([0.5])})
    Array([[0.5, 0. ],
           [0. , 0.5]], dtype=float64)

    Source: Helfrich, Willmott & Ye, ICML 2018 (scaled Cayley orthogonal recurrence), with the scaling trained.
    """

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """As of a dense network, and `gain` (1,)."""
        return {**super().weights(width, inputs, outputs), "gain": Weight((1,), "recurrent")}

    def recurrence(self, weights: dict):
        """r (I - K)^-1 (I + K)."""
        X = weights["recurrent"]
        functions = namespace(X)
        K, identity = (X - X.T) / 2, functions.eye(X.shape[0])
        return weights["gain"][0] * functions.solve(identity - K, identity + K)
