"""Computations: work as plain data, done once and found again, whatever is computed."""

import abc
import functools
import re
import time
from pathlib import Path
from typing import ClassVar

from numerics.checkpoint import seconds_before
from numerics.files import locked
from numerics.processes import in_processes, one_by_one
from numerics.progress import progress_bar
from numerics.provenance import canonical_json
from numerics.results import ResultStore
from theory.configuration import configuration
from theory.errors import ProblemError


class Computation(abc.ABC):
    """What is to be computed, for several seeds or draws at once, and filed under its own description.

    A kind of computation is a frozen dataclass with its settings as fields, the two attributes and the three methods
    below: `Experiment` trains networks, `Fitting` fits students to recorded circuits. Claims, figures and sweeps
    take any kind.

    Attributes:
        label: begins the names of its files.
        entry: dotted name of the module that computes it; results made by other code than its present are not found.
    """

    label: ClassVar[str]
    entry: ClassVar[str]

    @abc.abstractmethod
    def operations(self) -> float:
        """Floating-point operations of the work: the same on every machine."""

    @abc.abstractmethod
    def seconds(self) -> float:
        """What the work will roughly take on this machine."""

    @abc.abstractmethod
    def compute(self, progress: bool, checkpoint: Path):
        """Do the work, and return its `xarray.Dataset`.

        Args:
            progress: show a bar.
            checkpoint: a file from which to go on, and to keep; the caller removes it.
        """

    def configuration(self) -> dict:
        """The computation as plain data: what its result is filed under."""
        return {"name": self.label, **configuration(self)}

    def stored(self, store: ResultStore):
        """The result if it is in the store, else None."""
        found = store.load(self.configuration(), self.entry)
        if found is not None:  # a process that was killed just after saving leaves these
            for ending in (".checkpoint", ".lock"):
                leftover = self._beside(store, ending)
                if leftover.exists():
                    leftover.unlink(missing_ok=True)
        return found

    def run(self, store: ResultStore, progress: bool = True):
        """The result: from the store if it has been computed before, else computed now.

        Work that was killed goes on from its checkpoint, beside the result to be. While another process does the
        same work this one waits, and takes what the other has stored. The wall time in the result's provenance is
        that of all the runs it took, but for what was lost between a checkpoint and a kill.
        """
        found = self.stored(store)
        if found is not None:
            return found
        with locked(self._beside(store, ".lock")):
            found = self.stored(store)
            if found is not None:
                return found
            begin, checkpoint = time.perf_counter(), self._beside(store, ".checkpoint")
            before = seconds_before(checkpoint)
            result = self.compute(progress, checkpoint)
            store.save(self.configuration(), self.entry, result, before + time.perf_counter() - begin)
            checkpoint.unlink(missing_ok=True)
        return result

    def _beside(self, store: ResultStore, ending: str) -> Path:
        return store.path(self.configuration(), self.entry).with_suffix(ending)


def distinct(computations: list[Computation]) -> list[Computation]:
    """The computations without repetitions, in their order."""
    return list({canonical_json(c.configuration()): c for c in computations}.values())


def share(computations: list[Computation], task: str) -> list[Computation]:
    """One of several disjoint parts of the distinct computations, about equal in operations.

    The parts are the same in every process: the largest computation that is left goes to the part that has
    least, so no part exceeds another by more than one computation.

    Args:
        computations: what is needed.
        task: which part of how many, "i/n" with i from 1 to n.

    Raises:
        ProblemError: a task that is not such a text.

    >>> share([], "2/3")
    []
    >>> share([], "4/3")
    Traceback (most recent call last):
    theory.errors.ProblemError: task must be i/n with whole numbers 1 <= i <= n, such as 1/8; got '4/3'.
    """
    numbers = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", task)
    part, parts = (int(number) for number in numbers.groups()) if numbers else (0, 0)
    if not 1 <= part <= parts:
        raise ProblemError(f"task must be i/n with whole numbers 1 <= i <= n, such as 1/8; got {task!r}.")
    work = sorted((-c.operations(), canonical_json(c.configuration()), c) for c in distinct(computations))
    loads, shared = [0.0] * parts, []
    for negative, _, computation in work:
        lightest = loads.index(min(loads))
        loads[lightest] -= negative
        if lightest == part - 1:
            shared.append(computation)
    return shared


WORTHWHILE = 60.0  # seconds of work for which processes are started: each takes about eight to begin


def run_all(computations: list[Computation], store: ResultStore, report=print, processes: int = 1) -> None:
    """Run what is not in the store yet, cheapest first, with an estimate beforehand and a progress bar.

    Each result is on disk as soon as it is finished: an interrupted call goes on where it stopped.

    Args:
        computations: what is needed; duplicates are run once.
        store: where results live.
        report: called with the estimate, a line of text.
        processes: how many computations at a time, where they will take more than a minute in all. Beyond one,
            a script that calls this must do so under `if __name__ == "__main__":`.
    """
    needed = distinct(computations)
    missing = [c for c in needed if c.stored(store) is None]
    if not missing:
        report(f"{len(needed)} simulations, all found in {store.folder}")
        return
    # in the order of operations, not of seconds: measured rates vary, and a resumed call must not
    missing.sort(key=lambda computation: computation.operations())
    seconds = [c.seconds() for c in missing]
    total = sum(seconds)
    several = processes > 1 and len(missing) > 1 and total > WORTHWHILE
    report(
        f"{len(needed)} simulations, {len(needed) - len(missing)} found, {len(missing)} to run: "
        f"about {duration(total / processes if several else total)}"
    )
    work = functools.partial(_run, store=store)
    with progress_bar(total, "simulations") as bar:
        for index in in_processes(work, missing, processes) if several else one_by_one(work, missing):
            bar.advance(seconds[index])


def _run(computation: Computation, store: ResultStore) -> None:
    computation.run(store, progress=False)


def duration(seconds: float) -> str:
    """A time in words, to the digits that an estimate has.

    >>> duration(600)
    '10 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
