"""Labels: whether a fit reports a line attractor, and whether the circuit has one."""

import numpy as np

from theory.checks import instance
from theory.circuits import Truth
from theory.circuits.timescales import LINE_LEAST, LINE_RATIO
from theory.errors import ProblemError
from theory.students.student import Fit

FOUND, MISSED, INVENTED, ABSENT = "found", "missed", "invented", "absent"
"""The four outcomes: a true slow mode that is reported or not, and a slow mode that is not there, reported or not."""


def persistent(eigenvalues, span: float, time_constant: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two slowest timescales of propagators, and whether the first is one persistent mode, as `reports_line` says.

    Args:
        eigenvalues: of propagators over a time `span`, (..., mode), in any order.
        span: in units of time.
        time_constant: of a single unit, in units of time.

    Returns:
        Slowest timescale, second (nan of a single mode) and whether it is persistent, each (...).

    >>> [part.tolist() for part in persistent(np.exp([[-0.01, -1.0], [-0.01, -0.02]]), span=1.0)]
    [[100.0, 100.0], [1.0, 50.0], [True, False]]
    """
    values = np.asarray(eigenvalues, complex)
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    values = np.take_along_axis(values, order[..., :2], axis=-1)
    size = np.abs(values)
    with np.errstate(divide="ignore"):
        rates = -np.log(size) / span
    timescales = np.where(rates > 0, 1.0 / np.where(rates > 0, rates, 1.0), np.inf)
    slowest, first = timescales[..., 0], values[..., 0]
    lasts = (slowest >= LINE_LEAST * time_constant) & (first.real > 0) & (np.abs(first.imag) <= 1e-9 * size[..., 0])
    if values.shape[-1] == 1:
        return slowest, np.full_like(slowest, np.nan), lasts
    second = timescales[..., 1]
    return slowest, second, lasts & (slowest >= LINE_RATIO * second) & np.isfinite(second)


def reports_line(fit: Fit, time_constant: float = 1.0) -> bool:
    """Whether one mode of a fit is persistent: 20 single-unit time constants or more, and 10 times the next mode.

    These are the bounds that a circuit's own truth is held to. The mode must decay without oscillating, with a real
    positive eigenvalue: of a complex pair the two timescales are the same, and their ratio says nothing.

    Args:
        fit: of any student.
        time_constant: that of a single unit, in the fit's unit of time.

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
