"""Networks of units without cross-connections: what they have in common."""

import abc

from theory.architectures.architecture import Architecture, Weight
from theory.namespace import namespace


class IndependentUnits(Architecture):
    """N units without cross-connections, each with a pole of its own that one weight sets: `A = diag(pole(w))`.

    Weights: `recurrent` w (N,), `input` U (N, p), `readout` V (q, N), all trained. A subclass says which pole.
    """

    @abc.abstractmethod
    def pole(self, recurrent, time):
        """The poles of units with those recurrent weights, (N,); arrays or SymPy."""

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`recurrent` (N,), `input` (N, p), `readout` (q, N)."""
        return {
            "recurrent": Weight((width,), "recurrent"),
            "input": Weight((width, inputs), "input"),
            "readout": Weight((outputs, width), "readout"),
        }

    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) = (diag(pole(w)), U, V)."""
        recurrent = weights["recurrent"]
        return namespace(recurrent).diag(self.pole(recurrent, time)), weights["input"], weights["readout"]
