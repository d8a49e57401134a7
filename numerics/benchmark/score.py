"""What a score must say of itself, and the evidence that it is given."""

import abc
import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.cell import Cell
from numerics.benchmark.queries import Queries
from numerics.benchmark.reading import Reading, read
from numerics.recordings import Recording


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that is known when a method has answered in one cell.

    Args:
        cell: with the truth.
        queries: what was asked, by group.
        rollouts: the answers, by group, each (query, sample, step, channel).
        claim: probability of each type by the method itself, or None.
        interval: of its slowest timescale by the method itself, in units of time, or None.
        fitted: the model itself where it runs in this process and offers `drift`, or None.
    """

    cell: Cell
    queries: dict[str, Queries]
    rollouts: dict[str, np.ndarray]
    claim: dict[str, float] | None = None
    interval: tuple[float, float] | None = None
    fitted: object = None

    @property
    def bin_size(self) -> float:
        """In units of time."""
        return self.cell.bin_size * self.cell.circuit.time_constant

    @functools.cached_property
    def reading(self) -> Reading:
        """What the rollouts show, read once for all scores."""
        return read(self.queries, self.rollouts, self.bin_size, self.cell.circuit.time_constant)

    @functools.cached_property
    def testing(self) -> Recording:
        """The recording that the histories are from."""
        return self.cell.testing()


class Score(abc.ABC):
    """Numbers about one answer in one cell. A subclass has no state, and is one small file.

    Attributes:
        id: short name, such as "timescale".
        sentence: what it is, in one line.
        columns: name and meaning of each number; they are columns of the table of results.
    """

    id: ClassVar[str]
    sentence: ClassVar[str]
    columns: ClassVar[dict[str, str]]

    @abc.abstractmethod
    def of(self, evidence: Evidence) -> dict[str, float]:
        """The numbers, by column; nan where one does not exist for this method or system ("not available").

        Args:
            evidence: of one cell.
        """
