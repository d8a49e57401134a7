"""The dense recurrent network: every recurrent weight is free."""

from theory.architectures.architecture import Architecture, Weight


class FullRank(Architecture):
    """A dense N x N recurrence with trained read-in and readout: `A = W - I` (or W), `B = U`, `C = V`.

    Weights: `recurrent` W (N, N), `input` U (N, p), `readout` V (q, N), all trained.

    >>> FullRank().weights(width=3, inputs=1, outputs=2)["readout"].shape
    (2, 3)
    """

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`recurrent` (N, N), `input` (N, p), `readout` (q, N)."""
        return {
            "recurrent": Weight((width, width), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) = (W - I, U, V); in discrete time (W, U, V)."""
        return time.state_matrix(weights["recurrent"]), weights["input"], weights["readout"]
