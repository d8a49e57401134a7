"""What a score must say of itself, and the evidence that it is given."""

import abc
import functools
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.benchmark.cell import Cell
from numerics.benchmark.examined import examined
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
        fitted: the model itself where it runs in this process, or None.
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
    def examined(self):
        """The model without its noise, see `numerics.benchmark.examined`; None where it does not tell its equations."""
        return examined(self.fitted)

    @functools.cached_property
    def states(self) -> np.ndarray:
        """The model's own states after the histories of the free queries, (query, state)."""
        return np.stack([self.fitted.encode(history) for history in self.queries["free"].history])

    def standardised(self, activity: np.ndarray) -> np.ndarray:
        """Activity in standard deviations of what was recorded, channel by channel."""
        spread = self.testing.activity.std(axis=(0, 1))
        return activity / np.where(spread > 0, spread, 1.0)

    @functools.cached_property
    def testing(self) -> Recording:
        """The recording that the histories are from."""
        return self.cell.testing()


EQUATIONS = "equations of its own that can be examined (`one_bin`), in this process"
"""What a method needs for scores that no rollout gives."""


class Score(abc.ABC):
    """Numbers about one answer in one cell. A subclass has no state, and is one small file.

    Attributes:
        id: short name, such as "timescale".
        sentence: what it is, in one line.
        columns: name and meaning of each number; they are columns of the table of results.
        needs: what a method must have that is to be scored so, in words; "" if nothing.
    """

    id: ClassVar[str]
    sentence: ClassVar[str]
    columns: ClassVar[dict[str, str]]
    needs: ClassVar[str] = ""

    @abc.abstractmethod
    def of(self, evidence: Evidence) -> dict[str, float]:
        """The numbers, by column; nan where one does not exist for this method or system ("not available").

        Args:
            evidence: of one cell.
        """
