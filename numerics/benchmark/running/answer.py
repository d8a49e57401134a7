"""What came of asking a method, and what it may use up on the way."""

from dataclasses import dataclass, field

import numpy as np

from numerics.benchmark.system import TYPES
from theory.checks import count, positive
from theory.errors import ProblemError

_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Answer:
    """Rollouts, claim and interval of a method; or why it has none.

    Args:
        rollouts: by group, each (query, sample, step, channel).
        claim: probability of each type, or None.
        interval: of the slowest timescale, in units of time, or None.
        fitted: the model, where it is in this process.
        failed: the reason of a failure, or "".
        seconds: taken by fitting and answering.
        memory: most of it that was in use, in bytes; nan where the method ran in this process.
        isolation: what kept the method from the truth, in words.
    """

    rollouts: dict[str, np.ndarray] = field(default_factory=dict)
    claim: dict[str, float] | None = None
    interval: tuple[float, float] | None = None
    fitted: object = None
    failed: str = ""
    seconds: float = 0.0
    memory: float = float("nan")
    isolation: str = "none: trusted, in this process"


@dataclass(frozen=True)
class Limits:
    """What an untrusted method may use up in one cell; beyond it, it has failed there.

    Args:
        seconds: of wall-clock time for fitting and answering together.
        memory: in bytes, of all its processes together.
        disk: in bytes, of all its files together.
        output: in bytes, of what it prints.
        processes: with threads, at once.
    """

    seconds: float = 60.0
    memory: int = 4 * 2**30
    disk: int = 2**30
    output: int = 2**20
    processes: int = 64

    def __post_init__(self):
        positive(self.seconds, "seconds")
        for name in ("memory", "disk", "output", "processes"):
            count(getattr(self, name), name)


def checked_claim(claim) -> dict[str, float]:
    """A claim with a probability of every type, or a ProblemError that says what it is instead.

    Types that are left out have probability zero.

    >>> checked_claim({"line": 0.75, "point": 0.25})["line"]
    0.75
    """
    if not isinstance(claim, dict) or not set(claim) <= set(TYPES):
        raise ProblemError(f"a claim gives probabilities to some of {', '.join(TYPES)}; this is {str(claim)[:100]}.")
    try:
        told = {kind: float(claim.get(kind, 0.0)) for kind in TYPES}
    except (TypeError, ValueError) as error:
        raise ProblemError(f"a claim's probabilities must be numbers: {error}.") from error
    if not (all(0 <= p <= 1 for p in told.values()) and abs(sum(told.values()) - 1) <= _ROUNDING):
        raise ProblemError(f"a claim's probabilities must be from 0 to 1 and sum to 1; they are {told}.")
    return told


def checked_interval(interval) -> tuple[float, float]:
    """An interval `0 <= low <= high`, whose upper end may be infinite, or a ProblemError.

    >>> checked_interval([2, float("inf")])
    (2.0, inf)
    """
    try:
        low, high = (float(end) for end in interval)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"an interval of a timescale is two numbers; this is {str(interval)[:100]}.") from error
    if not (0 <= low <= high and np.isfinite(low)):
        raise ProblemError(f"an interval of a timescale goes from 0 or more upwards; this goes from {low} to {high}.")
    return low, high
