"""Labels: whether a fit reports a line attractor, and whether the circuit has one."""

from theory.checks import instance
from theory.circuits import Truth
from theory.errors import ProblemError
from theory.students.student import Fit
from theory.students.verdict import persistent

FOUND, MISSED, INVENTED, ABSENT = "found", "missed", "invented", "absent"
"""The four outcomes: a true slow mode that is reported or not, and a slow mode that is not there, reported or not."""


def reports_line(fit: Fit, time_constant: float = 1.0) -> bool:
    """Whether one mode of a fit is persistent: 20 single-unit time constants or more, and 10 times the next mode.

    These are the bounds that a circuit's own truth is held to. The mode must decay without oscillating, with a real
    positive eigenvalue: of a complex pair the two timescales are the same, and their ratio says nothing.

    Args:
        fit: of any student.
        time_constant: that of a single unit, in the fit's unit of time.

    >>> import numpy as np
    >>> [reports_line(Fit(np.diag(modes), bin_size=1.0)) for modes in ([0.99, 0.3], [0.99, 0.98], [0.9, 0.3])]
    [True, False, False]
    """
    return bool(persistent(fit.eigenvalues(), fit.lag * fit.bin_size, time_constant)[2])


def outcome(truth: Truth | None, reported: bool) -> str:
    """What became of a circuit's slow mode in a fit: found, missed, invented, or absent from both.

    Args:
        truth: of the circuit.
        reported: whether the fit has a slow mode (`reports_line`).

    Raises:
        ProblemError: a circuit whose truth is left open, or has two slow modes, which no single one can match.

    >>> outcome(Truth("point"), reported=True)
    'invented'
    """
    if truth is None or instance(truth, Truth, "truth").kind == "plane":
        held = "is left open" if truth is None else "is a plane of two slow modes"
        raise ProblemError(f"the circuit's truth {held}: an outcome needs a truth of kind point or line.")
    if truth.kind == "line":
        return FOUND if reported else MISSED
    return INVENTED if reported else ABSENT
