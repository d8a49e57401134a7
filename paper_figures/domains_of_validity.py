"""Figure: where six methods find the attractors that are there, and only those."""

import numpy as np

from numerics.benchmark.frontiers import Frontier
from numerics.benchmark.leaderboard import domain_map
from paper_figures import method_runs
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE

_COLUMNS = 3


class DomainsOfValidity(Figure):
    """A map of H and M over observed fraction and recording time for every method."""

    name = "domains_of_validity"
    title = "Where six methods find the attractors that are there, and only those"
    paper = "derived here"
    caption = (
        f"{method_runs.SAID} Numbers: hallucinations from the chain (H) and misses of the line (M), in percent of 8 "
        "draws (60 at paper scale); green where H is below 5% and M below 20%. Lines, of theory: what the regression "
        "over one bin of an endless recording says in most draws. Left of the dashed orange one it invents a "
        "persistent mode from the chain, left of the blue one it misses the line; no recording time mends either. "
        "Methods with more of a memory than one bin need not follow them."
    )
    runtime = "3 min"

    def experiments(self, scale: str) -> list:
        """Six methods, two families, in every setting."""
        return method_runs.examinations(scale)

    def draw(self, scale: str, store):
        """A panel for every method."""
        import matplotlib.pyplot as plt

        found, names = method_runs.rows(scale, store), method_runs.METHODS
        grid = method_runs.FRACTIONS[scale]
        fine = np.geomspace(min(grid), min(1.0, 2 * max(grid)), 7)
        turns = [_turn(system, fine) for system in method_runs.FAMILIES]
        rows = -(-len(names) // _COLUMNS)
        figure, axes = plt.subplots(rows, _COLUMNS, figsize=(2 * COLUMN, 1.75 * rows), sharex=True, sharey=True)
        for place, name in zip(axes.flat, names, strict=True):
            domain_map(place, found[found.method == name])
            place.set_title(name)
            for colour, dashes, turn in zip((PALETTE[1], PALETTE[0]), ("--", "-"), turns, strict=True):
                place.axvline(turn, color=colour, lw=1.5, ls=dashes, alpha=0.6)
        for place in axes[:, 0]:
            place.set_ylabel("recording time\n(time constants)")
        for place in axes[-1]:
            place.set_xlabel("fraction of neurons observed")
        return figure


def _turn(system, fractions) -> float:
    """The fraction beyond which the regression errs, or no longer errs, in most draws of an endless recording."""
    reported = np.array([method_runs.endless(system, fraction, draws=8)["reported"] for fraction in fractions])
    nothing = np.zeros_like(reported)
    return Frontier(fractions, nothing, reported, nothing).turns()[-1]


domains_of_validity = DomainsOfValidity()
