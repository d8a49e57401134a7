"""The statistics of a verdict: does a gap vanish with a small parameter, and could we have told?

Gaps are relative: the root mean square of prediction minus network, over that of the prediction.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

_REJECT = norm.ppf(0.95)  # one-sided test at 5%
_POWER = norm.ppf(0.80)  # detectable with 80% power
_SOLVER = 1e-8  # what the integration of the reduced equations may contribute


class Judgement(NamedTuple):
    """What an experiment says about a prediction."""

    gap: float
    """Relative gap that remains when the small parameter has been taken to zero."""
    standard_errors: float
    """The same in units of its own uncertainty."""
    rejected: bool
    """Whether the gap is too large to be chance and discretisation."""
    detectable: float
    """Smallest relative error of a prediction that would have been rejected with 80% power."""
    exponent: float
    """Power of the small parameter at which the gap falls."""
    exponent_interval: tuple[float, float]
    """Its 95% interval; for exact claims, twice its change over the last halving to either side."""


def relative_gaps(measured, predicted) -> np.ndarray:
    """The relative gap of each seed, (seed,).

    >>> relative_gaps(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]))
    array([0.70710678])
    """
    measured, predicted = (np.reshape(x, (len(x), -1)) for x in (measured, predicted))
    known = np.isfinite(measured) & np.isfinite(predicted)
    squared = np.where(known, (measured - predicted) ** 2, 0.0).sum(axis=1)
    return np.sqrt(squared / np.where(known, predicted**2, 0.0).sum(axis=1))


def judge_exact(parameters, measured: list, predicted: list, order: float) -> Judgement:
    """Judge an exact prediction by networks trained at three step sizes, each half the one before.

    Networks alone tell their own step-size error: the finest run is off by the difference to the next
    coarser over 2^order - 1. The prediction is rejected if it is farther from the finest networks than
    three times that, plus 1e-8 for the integration of the reduced equations. The exponent between two
    halvings differs from the order by a term that itself halves, so that what is still missing is about
    its last change: the interval allows twice that.

    Args:
        parameters: the step sizes, decreasing.
        measured, predicted: arrays (seed, ...) for each.
        order: order of the training scheme in the step size.
    """
    del parameters  # halved each time: only the ratio matters
    gaps = [np.sqrt(np.mean(relative_gaps(m, p) ** 2)) for m, p in zip(measured, predicted, strict=True)]
    # where a pole is flagged valid at one step size and not at the other there is nothing to compare
    halving = np.sqrt(np.nanmean(relative_gaps(measured[-2], measured[-1]) ** 2))
    own_error = halving / (2**order - 1)
    bound = 3 * own_error + _SOLVER
    exponents = -np.diff(np.log2(gaps))
    change = abs(exponents[-1] - exponents[-2])
    return Judgement(
        gap=gaps[-1],
        standard_errors=gaps[-1] / (own_error + _SOLVER / 3),
        rejected=bool(gaps[-1] > bound),
        detectable=bound,
        exponent=exponents[-1],
        exponent_interval=(exponents[-1] - 2 * change, exponents[-1] + 2 * change),
    )


def judge_asymptotic(parameters, gaps: list, exponent: float, resamples: int = 2000) -> Judgement:
    """Judge a prediction of a limit by the gaps of many networks at several values of a small parameter.

    The mean squared gap of a right prediction is `B x`, `x = parameter^(2 exponent)`; one that is wrong by
    a relative error f adds f^2. Both are fitted by iterated weighted least squares (the scatter of a
    squared gap is proportional to its mean); the prediction is rejected if f^2 > 0 at the one-sided 5%
    level. The smallest f rejected with 80% power follows from the standard error that f^2 would then have.

    Args:
        parameters: values of the small parameter.
        gaps: the relative gaps at each, arrays (seed,).
        exponent: the power at which the gap should fall.
        resamples: bootstrap resamples over seeds, for the interval of the fitted exponent.
    """
    parameters = np.asarray(parameters, dtype=float)
    mean = np.array([np.mean(g**2) for g in gaps])
    seeds = np.array([len(g) for g in gaps])
    scatter = np.sqrt(np.mean([np.var(g**2, ddof=1) / np.mean(g**2) ** 2 for g in gaps]))
    design = np.stack([np.ones_like(parameters), parameters ** (2 * exponent)], axis=1)
    fitted = mean
    for _ in range(20):
        weight = seeds / (scatter * fitted) ** 2
        covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
        intercept, slope = covariance @ (design.T @ (weight * mean))
        fitted = np.maximum(design @ [intercept, slope], 0.1 * mean)
    error = np.sqrt(covariance[0, 0])
    # a wrong prediction scatters more, too: solve f^2 = (z_0.95 + z_0.80) s.e.(f^2 + B x) for f^2
    detectable, fluctuation = error, design[:, 1] * max(slope, 0.0)
    for _ in range(200):
        weight = seeds / (scatter * (detectable + fluctuation)) ** 2
        covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
        detectable = 0.5 * detectable + 0.5 * (_REJECT + _POWER) * np.sqrt(covariance[0, 0])
    draws = np.random.default_rng(0)
    slopes = [
        np.polyfit(
            np.log(parameters),
            [0.5 * np.log(np.mean(draws.choice(g, len(g)) ** 2)) for g in gaps],
            1,
        )[0]
        for _ in range(resamples)
    ]
    return Judgement(
        gap=np.sqrt(max(intercept, 0.0)),
        standard_errors=intercept / error,
        rejected=bool(intercept > _REJECT * error),
        detectable=np.sqrt(detectable),
        exponent=np.polyfit(np.log(parameters), 0.5 * np.log(mean), 1)[0],
        exponent_interval=tuple(np.quantile(slopes, [0.025, 0.975])),
    )
