"""A whole run: every cell of a suite for one method, its table, and its report card."""

import time
from pathlib import Path

import numpy as np

from numerics.benchmark import running, table
from numerics.benchmark.frontiers import Frontier, frontier
from numerics.benchmark.methods import method as method_named
from numerics.benchmark.report_card import report_card
from numerics.benchmark.running.answer import Limits
from numerics.benchmark.suite import GRIDS, Grid, examinations, zoo
from numerics.computation import run_all, share
from numerics.processes import available, single_threaded
from numerics.provenance import provenance
from numerics.results import ResultStore
from theory.errors import ProblemError


def run_suite(
    method,
    scale: str = "quick",
    systems: tuple[str, ...] = (),
    seed: int = 0,
    task: str = "1/1",
    output: Path = Path("benchmark_results"),
    limits: Limits | None = None,
    report=print,
    processes: int | None = None,
) -> Path | None:
    """Run what is missing of a suite; when all of it is there, write the table and the report card.

    Args:
        method: an object that `numerics.benchmark.running.answered` can ask.
        scale: "quick" or "paper".
        systems: ids of families; all if empty. N0 is always among them.
        seed: of the run.
        task: i/n, the part of the suite to run.
        output: folder of the run; results are kept in its `results`.
        limits: of a method that is not ours, in every cell; None takes those of `Limits`.
        report: called with lines of text.
        processes: as of `run_all`; None takes what is available.

    Returns:
        The report card, or None where other tasks are still to be done.

    Raises:
        ProblemError: an unknown system or scale.
    """
    if scale not in GRIDS:
        raise ProblemError(f"scale must be one of {', '.join(GRIDS)}; got {scale!r}.")
    known = zoo(GRIDS[scale])
    families = {system.id for system in known}
    unknown = [name for name in systems if name not in families]
    if unknown:
        raise ProblemError(f"no system is called {', '.join(unknown)}; there are {', '.join(sorted(families))}.")
    chosen = [system for system in known if not systems or system.id in systems or system.id == "N0"]
    needed = examinations(method, GRIDS[scale], seed, chosen, limits=limits or Limits())
    store, begin = ResultStore(output / "results"), time.perf_counter()
    with single_threaded():
        run_all(share(needed, task), store, report, available() if processes is None else processes)
    seconds = time.perf_counter() - begin
    missing = sum(each.stored(store) is None for each in needed)
    if missing:
        report(f"{missing} of {len(needed)} examinations are left for other tasks.")
        return None
    rows, name = table.table(needed, store), method.name
    about = {"name": "benchmark", "method": name, "scale": scale, "seed": seed, "systems": list(systems)}
    table.write(rows, name, output, about, seconds)
    page = report_card(name, rows, provenance(about, seconds), frontiers_of(chosen, GRIDS[scale]))
    return page.write(output / "report_card.html", overwrite=True)


def frontiers_of(systems, grid: Grid, points: int = 8) -> dict[str, Frontier]:
    """Theory's frontiers of the families that have them, over the fractions of a grid."""
    fractions = np.geomspace(min(grid.fractions), max(grid.fractions), points)
    found = {table.family(system): frontier(system, fractions) for system in systems}
    return {name: curve for name, curve in found.items() if curve is not None}


def method_of(name: str, command: str = ""):
    """The method that a user asks for.

    Args:
        name: of a method that ships, or a Python file.
        command: in place of it, a program.

    Raises:
        ProblemError: both or neither; no such method or file.

    >>> method_of("ridge").name
    'ridge'
    """
    if bool(name) == bool(command):
        raise ProblemError("say either --method (one that ships, or a Python file) or --command (a program).")
    if command:
        return running.Command(command)
    return running.FromFile(name) if name.endswith(".py") else method_named(name)
