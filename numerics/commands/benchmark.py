"""`attractory benchmark`: does a method find the attractors that are there, and only those?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class ListParts:
    """Systems, observation models, methods and scores, a line each."""

    def run(self) -> int:
        """Print them."""
        from rich.console import Console
        from rich.table import Table

        from numerics.benchmark import registry

        console = Console()
        for title, known in (
            ("Systems", registry.systems()),
            ("Observation models", registry.observations()),
            ("Methods", registry.methods()),
            ("Scores", registry.scores()),
        ):
            table = Table(title=title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 1))
            for name, kind in known.items():
                table.add_row(f"[bold]{name}[/bold]", kind.sentence)
            console.print(table, end="\n")
        return 0


@dataclass(frozen=True)
class Run:
    """Put a method to the test, and write its table of results and its report card.

    Killed at any moment, the same call goes on where it stopped. Several calls may run at once, on one machine or in a
    shared folder with file locks, each with a --task of its own: none computes what another has stored or is computing.
    A method of your own is a Python file with a class that has `fit`, or a program in any language (see
    numerics/benchmark/README.md): either runs in a process of its own, limited in time and memory, without the truth.
    """

    method: str = ""
    """One that ships (see `attractory benchmark list`), or a Python file."""
    command: str = ""
    """In place of --method: a program, with its arguments, that answers by files."""
    scale: Literal["quick", "paper"] = "quick"
    """quick takes minutes on two cores for a cheap method; paper is for a cluster."""
    systems: tuple[str, ...] = ()
    """Only these families; all of them if none is given. N0, which thresholds are taken from, is always run."""
    seed: int = 0
    """Of circuits, recordings and fits: those of two seeds have none in common."""
    task: str = "1/1"
    """i/n: only the i-th of n disjoint parts of about equal cost, for the array jobs of a cluster."""
    seconds: float = 60.0
    """What a method of your own may take in one cell."""
    gigabytes: float = 4.0
    """And how much memory."""
    output: Path = Path("benchmark_results")
    """Folder of the results; one a method."""

    def run(self) -> int:
        """Run, and say where the report card is."""
        from numerics.benchmark.run import method_of, run_suite
        from numerics.benchmark.running.answer import Limits

        limits = Limits(seconds=self.seconds, memory=int(self.gigabytes * 2**30))
        method = method_of(self.method, self.command)
        report = run_suite(method, self.scale, self.systems, self.seed, self.task, self.output, limits)
        if report is not None:
            print(f"report card: {report}")
        return 0


@dataclass(frozen=True)
class Compare:
    """Write a page that compares methods, from the folders of finished runs."""

    results: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """Folders that `attractory benchmark run` has written."""
    output: Path = Path("leaderboard.html")
    """The page; a file that is there is not overwritten."""
    overwrite: bool = False
    """Replace a page that is there."""

    def run(self) -> int:
        """Compare, and say where the page is."""
        from numerics.checking.page import require_free
        from theory.errors import ProblemError

        require_free(self.output, self.overwrite)
        if not self.results:
            raise ProblemError("compare needs the folders of finished runs: attractory benchmark compare DIR DIR ...")
        from numerics.benchmark.leaderboard import leaderboard

        print(f"leaderboard: {leaderboard(self.results).write(self.output, self.overwrite)}")
        return 0


@dataclass(frozen=True)
class Benchmark:
    """Does a data-driven method find the attractors that are there, and only those? List, run, compare."""

    what: (
        Annotated[ListParts, tyro.conf.subcommand("list")]
        | Annotated[Run, tyro.conf.subcommand("run")]
        | Annotated[Compare, tyro.conf.subcommand("compare")]
    )

    def run(self) -> int:
        """Do it."""
        return self.what.run()
