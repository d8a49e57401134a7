"""`attractory figures`, `sweep` and `cite`: train, draw, make a page to browse, and say what it rests on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro


@dataclass(frozen=True)
class Figures:
    """Train what the figures need, draw them, and write a page to browse.

    Results are kept: a second call redraws at once, an interrupted one goes on where it stopped.
    """

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Names of figures; all of them if none is given."""
    scale: Literal["quick", "paper"] = "quick"
    """quick takes minutes on two cores; paper hours, or a GPU."""
    output: Path = Path("paper_figures/output")
    """Where figures and results go."""

    def run(self) -> int:
        """Make the figures and say where they are."""
        from numerics.processes import available
        from paper_figures.gallery import make_figures

        print(f"figures: {make_figures(self.scale, self.output, self.names, processes=available())}")
        return 0


@dataclass(frozen=True)
class Sweep:
    """Train what a claim or a figure needs, or one of several parts of it; without a name, list the sweeps.

    Killed at any moment, the same call goes on where it stopped. Several calls may run at once, on one
    machine or in a shared folder with file locks: none trains what another has stored or is training.
    """

    name: Annotated[str, tyro.conf.Positional] = ""
    """Name of a claim or of a figure."""
    scale: Literal["quick", "paper"] = "quick"
    """quick takes minutes on two cores; paper hours, or a GPU."""
    task: str = "1/1"
    """i/n: only the i-th of n disjoint parts of about equal cost, for the array jobs of a cluster."""
    output: Path = Path("paper_figures/output")
    """Folder that holds `results`."""

    def run(self) -> int:
        """Train, or list."""
        from numerics.computation import distinct, duration, run_all, share
        from numerics.processes import available
        from numerics.results import ResultStore
        from paper_figures.sweeps import every_sweep, sweep

        if self.name:
            needed = share(sweep(self.name, self.scale), self.task)
            run_all(needed, ResultStore(self.output / "results"), processes=available())
            return 0
        for name, experiments in every_sweep(self.scale).items():
            needed = distinct(experiments)
            cost = duration(sum(experiment.seconds() for experiment in needed))
            print(f"{name:24} {len(needed):3} simulations, about {cost}")
        return 0


@dataclass(frozen=True)
class Cite:
    """Print the BibTeX of the papers that claims and figures rest on."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """Names of claims and figures; all of them if none is given."""

    def run(self) -> int:
        """Print."""
        from paper_figures.citations import cite

        print(cite(self.names))
        return 0
