"""Networks made of square recurrent weights: what they have in common."""

import abc
from typing import ClassVar

from theory.architectures.architecture import Architecture, Weight


class DenseRecurrence(Architecture):
    """A recurrence W made from N x N weights `recurrent`, with trained `input` U (N, p) and `readout` V (q, N).

    A subclass says how W is made.
    """

    rotation_equivariant: ClassVar[bool] = True

    @abc.abstractmethod
    def recurrence(self, weights: dict):
        """W, (N, N); arrays or SymPy."""

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`recurrent` (N, N), `input` (N, p), `readout` (q, N)."""
        return {
            "recurrent": Weight((width, width), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) = (W - I, U, V); in discrete time (W, U, V)."""
        return time.state_matrix(self.recurrence(weights)), weights["input"], weights["readout"]
