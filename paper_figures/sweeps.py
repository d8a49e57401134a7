"""Sweeps: all that a claim or a figure needs to have trained, by name."""

from numerics.claims import every_claim
from numerics.computation import Computation
from paper_figures.gallery import every_figure
from theory.errors import ProblemError


def every_sweep(scale: str) -> dict[str, list[Computation]]:
    """The experiments of every claim and every figure, by its name; of both where they share a name.

    Args:
        scale: "quick" or "paper".

    >>> len(every_sweep("quick")["random_recurrence"])
    4
    """
    needed = {claim.name: [trial.experiment for trial in claim.trials(scale)] for claim in every_claim()}
    for figure in every_figure():
        needed[figure.name] = needed.get(figure.name, []) + figure.experiments(scale)
    return needed


def sweep(name: str, scale: str) -> list[Computation]:
    """The experiments of the sweep of that name.

    Raises:
        ProblemError: there is none of that name.
    """
    known = every_sweep(scale)
    if name not in known:
        raise ProblemError(f"no sweep is called {name}; there are {', '.join(known)}.")
    return known[name]
