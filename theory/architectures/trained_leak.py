"""A dense recurrent network whose units have leaks of their own, trained too."""

from typing import ClassVar

from theory.architectures.architecture import Weight
from theory.architectures.dense_recurrence import DenseRecurrence
from theory.namespace import namespace


class TrainedLeak(DenseRecurrence):
    """A dense network whose unit i leaks at its own rate `exp(w_i)`: `A = W - diag(exp(w))`, W and w trained.

    In discrete time `A = W + I - diag(exp(w))`, the same step of a leaky unit.

    Weights: `recurrent` W (N, N), `leak` w (N,), `input` U (N, p), `readout` V (q, N).

    >>> import jax.numpy as jnp
    >>> TrainedLeak().recurrence({"recurrent": jnp.zeros((1, 1)), "leak": jnp.log(jnp.array([0.25]))})
    Array([[0.75]], dtype=float64)
    """

    rotation_equivariant: ClassVar[bool] = False

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """As of a dense network, and `leak` (N,)."""
        return {**super().weights(width, inputs, outputs), "leak": Weight((width,), "recurrent")}

    def recurrence(self, weights: dict):
        """W + I - diag(exp(w))."""
        functions = namespace(weights["recurrent"])
        rates = functions.exp(weights["leak"])
        return weights["recurrent"] + functions.eye(weights["recurrent"].shape[0]) - functions.diag(rates)
