"""Timescales and eigenvalues: a mode of eigenvalue lambda of B lasts `1 / (1 - Re lambda)` time constants."""

import numpy as np

from theory.checks import positive
from theory.circuits.linear_circuit import Truth


def eigenvalue_of(timescale: float, name: str = "timescale") -> float:
    """`1 - 1 / timescale`: the eigenvalue of the recurrence whose mode decays in that time.

    Args:
        timescale: in single-unit time constants.
        name: what to call it in the error.

    >>> eigenvalue_of(1.25)
    0.2
    """
    return 1.0 - 1.0 / positive(timescale, name)


def timescales_of(eigenvalues) -> np.ndarray:
    """`1 / (1 - Re lambda)`, slowest first; infinite or negative where a mode does not decay.

    Args:
        eigenvalues: of a recurrence, complex or real.

    >>> timescales_of([0.2, 0.999])
    array([1000.  ,    1.25])
    """
    rates = np.sort(1.0 - np.real(eigenvalues))
    with np.errstate(divide="ignore"):
        return 1.0 / rates


LINE_RATIO, LINE_LEAST = 10.0, 20.0  # a line attractor: this many times slower than the next mode, and than a unit


def persistent_from(time_constant: float = 1.0, next_slowest: float = 0.0) -> float:
    """The shortest timescale that counts as persistent: 20 times a single unit's, 10 times the next slowest.

    One definition for labels of circuits and for what recordings and fits are said to show.

    Args:
        time_constant: of a single unit, in units of time.
        next_slowest: timescale of the next mode, or of what else remembers (a calcium indicator).

    >>> persistent_from(), persistent_from(1.0, next_slowest=3.0)
    (20.0, 30.0)
    """
    return max(LINE_LEAST * time_constant, LINE_RATIO * next_slowest)


def line_truth(slow: float, fast: float, reversible: bool) -> Truth:
    """The truth of a circuit with one mode of timescale `slow` and all others of timescale `fast`.

    It is called a line attractor where the slow mode is persistent: see `persistent_from`.

    Args:
        slow, fast: in single-unit time constants.
        reversible: whether the stationary process is in detailed balance.

    >>> line_truth(15.0, 1.0, reversible=True).kind
    'point'
    """
    kind = "line" if slow >= persistent_from(1.0, fast) else "point"
    return Truth(kind, (float(slow), float(fast)), reversible)


def plane_truth(slow: float, second: float, fast: float, reversible: bool) -> Truth:
    """The truth of a circuit with two modes of timescales `slow` and `second` and all others of timescale `fast`.

    It is called a plane attractor where both are 10 times slower than the others and 20 times slower than a single
    unit; otherwise it is told by its slowest mode and the next.

    Args:
        slow, second, fast: in single-unit time constants, descending.
        reversible: whether the stationary process is in detailed balance.

    >>> plane_truth(1000.0, 500.0, 1.0, True).kind, plane_truth(1000.0, 15.0, 1.0, True).kind
    ('plane', 'line')
    """
    kind = "plane" if second >= LINE_RATIO * fast and second >= LINE_LEAST else line_truth(slow, second, True).kind
    timescales = sorted({float(slow), float(second), float(fast)}, reverse=True)
    return Truth(kind, tuple(timescales), reversible)


def fast_truth(slowest: float) -> Truth | None:
    """The truth of a circuit none of whose modes lasts longer than that: a single fast point, or left open.

    Args:
        slowest: in single-unit time constants.

    >>> fast_truth(2.0).kind
    'point'
    >>> fast_truth(50.0) is None
    True
    """
    return Truth("point") if slowest < persistent_from() else None
