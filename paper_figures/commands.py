"""`attractory figures`: train, draw, and make a page to browse."""

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
        from paper_figures.gallery import make_figures

        print(f"figures: {make_figures(self.scale, self.output, self.names)}")
        return 0
