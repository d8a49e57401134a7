"""Cycles and chaos that were found, against those that are there."""

import numpy as np


def cycle_scores(period: float, exponents, found) -> dict[str, float]:
    """Error of the period and of the leading Floquet exponent across the orbit.

    Args:
        period: the true one.
        exponents: the true Floquet exponents, with or without the zero along the orbit.
        found: a `numerics.dynamics.limit_cycles.Cycle`, or None.

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
