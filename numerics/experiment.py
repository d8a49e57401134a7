"""An experiment: one simulation as plain data, run once and found again."""

import time
from dataclasses import dataclass

from numerics.cost import gradient_operations, matrix_vector_rate
from numerics.progress import progress_bar
from numerics.results import ResultStore
from numerics.simulation import simulate
from numerics.stability import steps_for
from theory.configuration import configuration
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
    """

    problem: Problem
    width: int
    seeds: int = 8
    training_time: float = 20.0
    records: int = 81
    step_size: float | None = None
    weights: bool = False

    def configuration(self) -> dict:
        """The experiment as plain data: what its result is filed under."""
        return {"name": "networks", **configuration(self)}

    def operations(self) -> float:
        """Floating-point operations of the training."""
        _, steps = steps_for(self.problem, self.training_time, self.width, self.records, self.step_size)
        gradients = int(steps[-1]) * self.problem.learning_rule.gradients_per_step
        return gradients * self.seeds * gradient_operations(self.problem, self.width)

    def run(self, store: ResultStore, progress: bool = True):
        """The networks' trajectory: from the store if it has been run before, else by training."""
        found = store.load(self.configuration(), ENTRY)
        if found is not None:
            return found
        begin = time.perf_counter()
        networks = simulate(
            self.problem,
            self.width,
            self.seeds,
            self.training_time,
            records=self.records,
            step_size=self.step_size,
            weights=self.weights,
            progress=progress,
        )
        store.save(self.configuration(), ENTRY, networks, time.perf_counter() - begin)
        return networks


def run_all(experiments: list[Experiment], store: ResultStore, report=print) -> None:
    """Run what is not in the store yet, cheapest first, with an estimate beforehand and a progress bar.

    Each result is on disk as soon as it is finished: an interrupted call goes on where it stopped.

    Args:
        experiments: what is needed; duplicates are run once.
        store: where results live.
        report: called with the estimate, a line of text.
    """
    distinct = {store.key(e.configuration(), ENTRY): e for e in experiments}
    missing = [e for e in distinct.values() if store.load(e.configuration(), ENTRY) is None]
    if not missing:
        report(f"{len(distinct)} simulations, all found in {store.folder}")
        return
    # in the order of operations, not of seconds: measured rates vary, and a resumed call must not
    work = sorted(((e.operations(), number, e) for number, e in enumerate(missing)))
    seconds = [3.0 + 1.5 * operations / matrix_vector_rate(e.width, e.seeds) for operations, _, e in work]
    total = sum(seconds)
    report(
        f"{len(distinct)} simulations, {len(distinct) - len(missing)} found, {len(missing)} to run: "
        f"about {_duration(total)}"
    )
    with progress_bar(total, "simulations") as bar:
        for (_, _, experiment), expected in zip(work, seconds, strict=True):
            experiment.run(store, progress=False)
            bar.advance(expected)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
