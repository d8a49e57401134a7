"""Low-rank recurrence: a product of two thin factors, both trained."""

from typing import ClassVar

from theory.architectures.architecture import Architecture, Weight
from theory.checks import count


class LowRank(Architecture):
    """A recurrence of rank R, `W = M N^T`, with trained read-in and readout.

    Weights: `left` M (N, R), `right` N (N, R), both recurrent, `input` U (N, p), `readout` V (q, N). Without initial
    recurrence both factors are zero and stay so: give the initialisation a `recurrent_gain`.

    Args:
        rank: R.

    Raises:
        ProblemError: a rank that is no whole number from 1 on.

    >>> LowRank(rank=2).weights(width=5, inputs=1, outputs=1)["left"].shape
    (5, 2)

    Source: Mastrogiuseppe & Ostojic, Neuron 99 (2018) 609; trained factors: Ger & Barak, arXiv 2605.04115.
    """

    rotation_equivariant: ClassVar[bool] = True
    rank: int = 1

    def __init__(self, rank: int = 1):
        self.rank = count(rank, "rank")

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`left` and `right` (N, R), `input` (N, p), `readout` (q, N)."""
        return {
            "left": Weight((width, self.rank), "recurrent"),
            "right": Weight((width, self.rank), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) = (M N^T - I, U, V); in discrete time (M N^T, U, V)."""
        recurrent = weights["left"] @ weights["right"].T
        return time.state_matrix(recurrent), weights["input"], weights["readout"]

    def __str__(self) -> str:
        return f"LowRank({self.rank})"
