"""What a figure must say of itself."""

import abc
from typing import ClassVar

from numerics.computation import Computation
from numerics.results import ResultStore


class Figure(abc.ABC):
    """One figure: the experiments it needs, and how it is drawn from their results.

    Attributes:
        name: file name, without ending.
        title: one line for the index.
        paper: the paper and figure it belongs to.
        cites: keys of `theory/references.bib`: the papers it rests on.
        caption: what is seen, what agrees, and what does not.
        runtime: what to expect at quick scale on two cores, everything to be trained.
        claims: names of the claims that it shows; the index says how they were judged.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    cites: ClassVar[tuple[str, ...]] = ()
    caption: ClassVar[str]
    runtime: ClassVar[str]
    claims: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def experiments(self, scale: str) -> list[Computation]:
        """What must have been trained, at scale "quick" or "paper"."""

    @abc.abstractmethod
    def draw(self, scale: str, store: ResultStore):
        """The Matplotlib figure, drawn from stored results; trains nothing that is stored."""
