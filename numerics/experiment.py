"""An experiment: one simulation as plain data, run once and found again."""

import functools
import re
import time
from dataclasses import dataclass
from pathlib import Path

from numerics.cost import gradient_operations, matrix_vector_rate
from numerics.files import locked
from numerics.processes import in_processes, one_by_one
from numerics.progress import progress_bar
from numerics.provenance import canonical_json
from numerics.results import ResultStore
from numerics.simulation import simulate
from numerics.stability import steps_for
from theory.configuration import configuration
from theory.errors import ProblemError
from theory.problem import Problem

ENTRY = "numerics.simulation"


@dataclass(frozen=True)
class Experiment:
    """One batch of networks to train.

    Args:
        problem: what is learned.
        width: number of hidden units.
        seeds: how many networks.
        training_time: step size times steps.
        records: number of observations.
        step_size: Runge-Kutta step of gradient flow; None lets the theory choose.
        weights: keep the weights at every record.
        evaluator: what the networks train on (see `numerics.evaluators`); None: exact population gradients.
    """

    problem: Problem
    width: int
    seeds: int = 8
    training_time: float = 20.0
    records: int = 81
    step_size: float | None = None
    weights: bool = False
    evaluator: object = None

    def configuration(self) -> dict:
        """The experiment as plain data: what its result is filed under."""
        return {"name": "networks", **configuration(self)}

    def predicted(self, dynamics) -> list:
        """The theory's trajectory of each network, by its own draw.

        Args:
            dynamics: `LearningDynamics` of the problem, or of a rival.
        """
        return [
            dynamics.solve(self.training_time, self.width, seed, self.records) for seed in range(self.seeds)
        ]

    def operations(self) -> float:
        """Floating-point operations of the training."""
        _, steps = steps_for(self.problem, self.training_time, self.width, self.records, self.step_size)
        gradients = int(steps[-1]) * self.problem.learning_rule.gradients_per_step
        return gradients * self.seeds * gradient_operations(self.problem, self.width, self.evaluator)

    def seconds(self) -> float:
        """What the training will roughly take on this machine."""
        return 3.0 + 1.5 * self.operations() / matrix_vector_rate(self.width, self.seeds)

    def stored(self, store: ResultStore):
        """The networks' trajectory if it is in the store, else None."""
        found = store.load(self.configuration(), ENTRY)
        if found is not None:  # a process that was killed just after saving leaves these
            for ending in (".checkpoint", ".lock"):
                leftover = self._beside(store, ending)
                if leftover.exists():
                    leftover.unlink(missing_ok=True)
        return found

    def run(self, store: ResultStore, progress: bool = True):
        """The networks' trajectory: from the store if it has been run before, else by training.

        A training that was killed goes on from its checkpoint, beside the result to be. While another process
        trains the same networks this one waits, and takes what the other has stored.
        """
        found = self.stored(store)
        if found is not None:
            return found
        with locked(self._beside(store, ".lock")):
            found = self.stored(store)
            if found is not None:
                return found
            begin, checkpoint = time.perf_counter(), self._beside(store, ".checkpoint")
            networks = simulate(
                self.problem,
                self.width,
                self.seeds,
                self.training_time,
                records=self.records,
                step_size=self.step_size,
                evaluator=self.evaluator,
                weights=self.weights,
                progress=progress,
                checkpoint=checkpoint,
            )
            store.save(self.configuration(), ENTRY, networks, time.perf_counter() - begin)
            checkpoint.unlink(missing_ok=True)
        return networks

    def _beside(self, store: ResultStore, ending: str) -> Path:
        return store.path(self.configuration(), ENTRY).with_suffix(ending)


def distinct(experiments: list[Experiment]) -> list[Experiment]:
    """The experiments without repetitions, in their order."""
    return list({canonical_json(e.configuration()): e for e in experiments}.values())


def share(experiments: list[Experiment], task: str) -> list[Experiment]:
    """One of several disjoint parts of the distinct experiments, about equal in operations.

    The parts are the same in every process: the largest experiment that is left goes to the part that has
    least, so no part exceeds another by more than one experiment.

    Args:
        experiments: what is needed.
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
    work = sorted((-e.operations(), canonical_json(e.configuration()), e) for e in distinct(experiments))
    loads, shared = [0.0] * parts, []
    for negative, _, experiment in work:
        lightest = loads.index(min(loads))
        loads[lightest] -= negative
        if lightest == part - 1:
            shared.append(experiment)
    return shared


WORTHWHILE = 60.0  # seconds of work for which processes are started: each takes about eight to begin


def run_all(experiments: list[Experiment], store: ResultStore, report=print, processes: int = 1) -> None:
    """Run what is not in the store yet, cheapest first, with an estimate beforehand and a progress bar.

    Each result is on disk as soon as it is finished: an interrupted call goes on where it stopped.

    Args:
        experiments: what is needed; duplicates are run once.
        store: where results live.
        report: called with the estimate, a line of text.
        processes: how many simulations at a time, where they will take more than a minute in all. Beyond one,
            a script that calls this must do so under `if __name__ == "__main__":`.
    """
    needed = distinct(experiments)
    missing = [e for e in needed if e.stored(store) is None]
    if not missing:
        report(f"{len(needed)} simulations, all found in {store.folder}")
        return
    # in the order of operations, not of seconds: measured rates vary, and a resumed call must not
    missing.sort(key=Experiment.operations)
    seconds = [e.seconds() for e in missing]
    total = sum(seconds)
    several = processes > 1 and len(missing) > 1 and total > WORTHWHILE
    report(
        f"{len(needed)} simulations, {len(needed) - len(missing)} found, {len(missing)} to run: "
        f"about {duration(total / processes if several else total)}"
    )
    train = functools.partial(_train, store=store)
    with progress_bar(total, "simulations") as bar:
        for index in in_processes(train, missing, processes) if several else one_by_one(train, missing):
            bar.advance(seconds[index])


def _train(experiment: Experiment, store: ResultStore) -> None:
    experiment.run(store, progress=False)


def duration(seconds: float) -> str:
    """A time in words, to the digits that an estimate has.

    >>> duration(600)
    '10 min'
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
