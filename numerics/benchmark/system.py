"""What a system of the zoo must say of itself."""

import abc
from typing import ClassVar

TYPES = ("point", "points", "line", "plane", "ring", "cycle", "chaos")
"""Kinds of attractors, as in `theory.circuits.Truth.kind`; "point" is a single fast stable point: no attractor."""


class System(abc.ABC):
    """A family of circuits whose attractors are known exactly. A subclass is a frozen dataclass of its settings.

    Attributes:
        id: short name, such as "F1".
        sentence: what it is, in one line.
        has_impostor: whether few of its neurons have a Markov impostor that is not the system again, as N0's is.
    """

    id: ClassVar[str]
    sentence: ClassVar[str]
    has_impostor: ClassVar[bool] = True

    @abc.abstractmethod
    def draw(self, seed: int):
        """A circuit of the family, with its `truth`; `numerics.recordings.record` can record it.

        Args:
            seed: of the draw; the same seed gives the same circuit.
        """

    @abc.abstractmethod
    def impostor(self, circuit, observed):
        """The Markov system on the observed neurons that shares their stationary law; None where it cannot be had.

        A circuit with a `truth` of its own, whose neurons are the observed ones in their order.

        Args:
            circuit: as `draw` gave it.
            observed: indices of neurons.
        """

    def __str__(self) -> str:
        return f"{self.id}: {self.sentence}"
