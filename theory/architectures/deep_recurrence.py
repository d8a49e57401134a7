"""Deep linear recurrence: a product of square factors, all trained."""

import functools
import operator

from theory.architectures.architecture import Weight
from theory.architectures.dense_recurrence import DenseRecurrence
from theory.checks import count


class DeepRecurrence(DenseRecurrence):
    """`W = W_1 W_2 ... W_L`, every factor (N, N) and trained.

    With L above one, factors at zero stay there: give the initialisation a `recurrent_gain` or `recurrent_identity`.

    Args:
        depth: L.

    Raises:
        ProblemError: a depth that is no whole number from 1 on.

    >>> list(DeepRecurrence(depth=2).weights(width=3, inputs=1, outputs=1))
    ['recurrent_1', 'recurrent_2', 'input', 'readout']

    Source: the recurrent counterpart of deep linear networks, Saxe, McClelland & Ganguli, ICLR 2014.
    """

    depth: int = 2

    def __init__(self, depth: int = 2):
        self.depth = count(depth, "depth")

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`recurrent_1` to `recurrent_L` (N, N), `input` (N, p), `readout` (q, N)."""
        shared = super().weights(width, inputs, outputs)
        factor = shared.pop("recurrent")
        return {**{f"recurrent_{k}": factor for k in range(1, self.depth + 1)}, **shared}

    def recurrence(self, weights: dict):
        """The product of the factors."""
        return functools.reduce(operator.matmul, (weights[f"recurrent_{k}"] for k in range(1, self.depth + 1)))

    def __str__(self) -> str:
        return f"DeepRecurrence({self.depth})"
