"""Cycles and chaos that were found, against those that are there."""

from typing import ClassVar, NamedTuple

import numpy as np

from numerics.benchmark.score import EQUATIONS, Evidence, Score

_PATHS = 4
_RETURNS = 0.1  # of its extent, as near as a cycle comes to where it was


class Orbits(Score):
    """Cycles and chaos of the model without noise, followed from what is behind recorded histories.

    A model has a cycle where most of its paths neither rest nor leave, come back to where they were within a tenth of
    their extent, and have a leading Lyapunov exponent of zero to its error; the next one is the leading Floquet
    exponent. Of circuits with a cycle, ghosts among them, and chaotic ones.
    """

    id: ClassVar[str] = "orbits"
    sentence: ClassVar[str] = "the fitted model's own cycle or Lyapunov exponents, against those that are there"
    needs: ClassVar[str] = EQUATIONS
    columns: ClassVar[dict[str, str]] = {
        "cycle_found": "1 where the model has a cycle, of circuits with one",
        "period_error": "log2 of its period over the true one",
        "floquet_error": "its leading Floquet exponent less the true one, over the size of that",
        "largest_exponent_error": "the model's largest Lyapunov exponent less the true one, of chaotic circuits",
        "spectrum_error": "root mean square error of the leading exponents, over the size of the true ones",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        cell, model, truth = evidence.cell, evidence.examined, evidence.cell.circuit.truth
        found = dict.fromkeys(self.columns, float("nan"))
        if model is None or truth is None or truth.kind not in ("cycle", "chaos"):
            return found
        starts = evidence.states[:: max(1, len(evidence.states) // _PATHS)][:_PATHS]
        if truth.kind == "chaos":
            exponents, _ = model.exponents(starts, len(truth.lyapunov_exponents))
            return found | lyapunov_scores(truth.lyapunov_exponents, exponents / cell.bin_size)
        period = truth.period if hasattr(truth, "period") else truth.passage_time
        exponent = getattr(truth, "floquet_exponent", float("nan"))  # none of a jump
        return found | cycle_scores(period, [exponent], turning(model, starts, cell.bin_size))


class Turning(NamedTuple):
    """The cycle of a map, in single-unit time constants.

    Args:
        period: of a turn.
        exponents: the leading one, along the cycle, and the next.
    """

    period: float
    exponents: np.ndarray


def turning(model, starts: np.ndarray, bin_size: float) -> Turning | None:
    """The cycle that most paths from the starts come to, or None.

    Args:
        model: as of `numerics.benchmark.examined`.
        starts: (start, state).
        bin_size: in single-unit time constants.
    """
    paths = model.paths(starts)
    periods = [_period(path) for path in paths]
    if np.mean([np.isfinite(period) for period in periods]) <= 0.5:
        return None
    exponents, errors = model.exponents(starts, 2)
    if len(exponents) < 2 or abs(exponents[0]) > max(4 * errors[0], 1e-3):
        return None
    return Turning(bin_size * float(np.nanmedian(periods)), exponents / bin_size)


def _period(path: np.ndarray) -> float:
    """Bins of a turn; nan where a path rests, leaves or does not come back.

    Where it rises through its middle, along its principal direction, it has been a number of rises before.
    """
    if not np.isfinite(path).all() or len(path) < 4:
        return float("nan")
    centred = path - path.mean(axis=0)
    extent = np.linalg.norm(centred, axis=1).max()
    if extent <= 1e-6 * (1 + np.linalg.norm(path[-1])):
        return float("nan")
    height = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    rises = np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0))
    share = -height[rises] / (height[rises + 1] - height[rises])
    times, states = rises + share, centred[rises] + share[:, None] * (centred[rises + 1] - centred[rises])
    for number in range(1, len(rises) // 2 + 1):
        if np.median(np.linalg.norm(states[number:] - states[:-number], axis=1)) < _RETURNS * extent:
            return float(number * (times[-1] - times[0]) / (len(times) - 1))
    return float("nan")


def cycle_scores(period: float, exponents, found) -> dict[str, float]:
    """Error of the period and of the leading Floquet exponent across the orbit.

    Args:
        period: the true one.
        exponents: the true Floquet exponents, with or without the zero along the orbit.
        found: with `period` and `exponents`, such as a `numerics.dynamics.limit_cycles.Cycle`, or None.

    Returns:
        `cycle_found`, 1 or 0; `period_error`, log2 of the ratio; `floquet_error`, the difference of the largest
        exponents across the orbit, over the size of the true one; nan without a cycle.

    >>> cycle_scores(2.0, [-0.5], None)
    {'cycle_found': 0.0, 'period_error': nan, 'floquet_error': nan}
    """
    if found is None:
        return {"cycle_found": 0.0, "period_error": np.nan, "floquet_error": np.nan}
    true, seen = (_across(part) for part in (exponents, found.exponents))
    return {
        "cycle_found": 1.0,
        "period_error": float(np.log2(found.period / period)),
        "floquet_error": float((seen - true) / abs(true)),
    }


def _across(exponents) -> float:
    exponents = np.asarray(exponents, dtype=float)
    along = np.abs(exponents).argmin()
    # what is a thousand times nearer to zero than the next is the exponent along the orbit
    if len(exponents) > 1 and abs(exponents[along]) < 1e-3 * np.abs(np.delete(exponents, along)).min():
        exponents = np.delete(exponents, along)
    return float(exponents.max())


def lyapunov_scores(truth, found) -> dict[str, float]:
    """Error of the largest Lyapunov exponent, and of the spectrum as a whole.

    Args:
        truth: exponents, (exponent,).
        found: as many of them or fewer, in descending order; only those are compared.

    Returns:
        `largest_exponent_error`, found less true; `spectrum_error`, the root mean square difference over the root mean
        square of the true ones.

    >>> lyapunov_scores([0.9, 0.0, -14.6], [0.9, 0.0, -14.6])
    {'largest_exponent_error': 0.0, 'spectrum_error': 0.0}
    """
    truth, found = (np.sort(np.asarray(part, dtype=float))[::-1] for part in (truth, found))
    truth = truth[: len(found)]
    scale = np.sqrt(np.mean(truth**2))
    return {
        "largest_exponent_error": float(found[0] - truth[0]),
        "spectrum_error": float(np.sqrt(np.mean((found - truth) ** 2)) / scale) if scale > 0 else np.nan,
    }
