"""What a fitted network would be said to be: a line attractor or not, in the benchmark's terms and in plain words."""

import numpy as np

from theory.checks import positive
from theory.circuits.timescales import LINE_LEAST, LINE_RATIO
from theory.students.student import Fit, timescale_of

# phases below this, in radians per step of the propagator, are those of a real mode that rounding has turned: two equal
# modes of a defective propagator part by the root of machine precision
_REAL = 1e-6
_NAMES = {
    "point": "no attractor but a point",
    "line": "a line attractor",
    "plane": "a plane attractor",
    "oscillation": "a slow oscillation",
}


def persistent(
    eigenvalues, span: float, time_constant: float = 1.0, ratio: float = LINE_RATIO
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two slowest timescales of propagators, and whether the first is one persistent mode: a line attractor's.

    It lasts 20 single-unit time constants or more, and `ratio` times as long as the next mode; it decays without
    turning or alternating, with a real positive eigenvalue: of a complex pair the two timescales are the same, and
    their ratio says nothing. The only mode that there is need not outlast another.

    Args:
        eigenvalues: of propagators over a time `span`, (..., mode), in any order.
        span: in units of time.
        time_constant: of a single unit, in units of time.
        ratio: 10 by convention.

    Returns:
        Slowest timescale, second (nan of a single mode) and whether the first is persistent, each (...).

    >>> [part.tolist() for part in persistent(np.exp([[-0.01, -1.0], [-0.01, -0.02]]), span=1.0)]
    [[100.0, 100.0], [1.0, 50.0], [True, False]]
    """
    values = np.asarray(eigenvalues, complex)
    order = np.argsort(-np.abs(values), axis=-1, kind="stable")
    values = np.take_along_axis(values, order[..., :2], axis=-1)
    times = timescale_of(np.abs(values), span)
    slowest = times[..., 0]
    lasts = (slowest >= LINE_LEAST * time_constant) & ~_turns(values[..., 0])
    if values.shape[-1] == 1:
        return slowest, np.full_like(slowest, np.nan), lasts
    return slowest, times[..., 1], lasts & _exceeds(slowest, times[..., 1], ratio)


def attractor_kind(fit: Fit, time_constant: float = 1.0, ratio: float = LINE_RATIO) -> str:
    """The kind of attractor that one reads off a fit: "point", "line", "plane" or "oscillation".

    With the timescales tau_1 >= tau_2 >= ..., a *line* means `tau_1 / tau_2 >= ratio` and `tau_1 >= 20` single-unit
    time constants; a *plane* means `tau_2 / tau_3 >= ratio` and `tau_2 >= 20`: both of its modes are slow. A mode that
    there is not counts as a single unit, which a mode of 20 exceeds at every ratio up to 20: two modes of 100 and 8,
    with no third, are a line at 5 and 10 times, and at 20 times neither a line nor, since 8 is not slow, a plane.
    Slow modes whose eigenvalues are not positive real turn or alternate: an *oscillation*, whatever the ratios.

    Args:
        fit: any student's.
        time_constant: of a single unit, in units of time.
        ratio: how much slower than the next mode is slow; 10 by convention, to be repeated at 5 and 20.

    >>> fit = Fit(np.diag([0.99, 0.5]), bin_size=1.0)
    >>> attractor_kind(fit), attractor_kind(fit, time_constant=10.0)
    ('line', 'point')
    """
    time_constant, ratio = positive(time_constant, "time_constant"), positive(ratio, "ratio")
    turning = _turns(fit.eigenvalues()[:2])
    first, second, third = np.concatenate([fit.timescales(), [time_constant] * 2])[:3]
    least = LINE_LEAST * time_constant
    if first < least:
        return "point"
    if turning[0]:
        return "oscillation"
    if _exceeds(first, second, ratio):
        return "line"
    if second < least or not _exceeds(second, third, ratio):
        return "point"
    return "oscillation" if turning[1] else "plane"


def report(fit: Fit, time_constant: float = 1.0, intervals=None) -> str:
    """What a student would report, in one sentence: its two slowest timescales, and the attractor it calls them.

    Args:
        fit: any student's.
        time_constant: of a single unit, in units of time.
        intervals: has `low` and `high`, (mode,), as of `numerics.recordings.timescale_intervals`.

    >>> print(report(Fit(np.diag([0.99, 0.5]), bin_size=1.0)))
    Slowest timescale 99.5, next 1.44 (69 times faster): calls this a line attractor, at 5, 10 and 20 times alike.
    """
    times, words = fit.timescales(), []
    for mode in range(min(2, times.size)):
        known = intervals is not None and mode < len(intervals.low)
        ends = f" [{intervals.low[mode]:.3g}, {intervals.high[mode]:.3g}]" if known else ""
        words.append(f"{times[mode]:.3g}{ends}")
    timescales = f"Slowest timescale {words[0]}"
    if times.size > 1:
        faster = f" ({times[0] / times[1]:.2g} times faster)" if 0 < times[1] and np.isfinite(times[0]) else ""
        timescales += f", next {words[1]}{faster}"
    kinds = {ratio: attractor_kind(fit, time_constant, ratio) for ratio in (LINE_RATIO / 2, LINE_RATIO, 2 * LINE_RATIO)}
    said = _NAMES[kinds[LINE_RATIO]]
    if len(set(kinds.values())) == 1:
        return f"{timescales}: calls this {said}, at 5, 10 and 20 times alike."
    others = " and ".join(f"{_NAMES[kind]} at {ratio:g}" for ratio, kind in kinds.items() if ratio != LINE_RATIO)
    return f"{timescales}: calls this {said} at 10 times, {others}."


def _exceeds(slow, fast, ratio: float):
    """Whether `slow / fast >= ratio`, where neither of two modes that do not decay exceeds the other."""
    return np.isfinite(fast) & (slow >= ratio * fast)


def _turns(eigenvalues):
    """Whether modes turn, or alternate from step to step."""
    return np.abs(np.angle(eigenvalues)) > _REAL
