"""The dense recurrent network: every recurrent weight is free."""

from theory.architectures.dense_recurrence import DenseRecurrence


class FullRank(DenseRecurrence):
    """A dense N x N recurrence with trained read-in and readout: `A = W - I` (or W), `B = U`, `C = V`.

    Weights: `recurrent` W (N, N), `input` U (N, p), `readout` V (q, N), all trained.

    >>> FullRank().weights(width=3, inputs=1, outputs=2)["readout"].shape
    (2, 3)
    """

    def recurrence(self, weights: dict):
        """W itself."""
        return weights["recurrent"]
