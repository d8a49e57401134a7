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


def relative_errors(measured, predicted) -> np.ndarray:
    """The errors of a prediction over the root sum of squares of each seed's prediction, (seed, entry).

    Entries that do not exist (nan) in one of the two count as no error.
    """
    measured, predicted = (np.reshape(x, (len(x), -1)) for x in (measured, predicted))
    known = np.isfinite(measured) & np.isfinite(predicted)
    size = np.sqrt(np.where(known, predicted**2, 0.0).sum(axis=1, keepdims=True))
    return np.where(known, measured - predicted, 0.0) / size


def relative_gaps(measured, predicted) -> np.ndarray:
    """The relative gap of each seed, (seed,).

    >>> relative_gaps(np.array([[1.0, 2.0]]), np.array([[1.0, 1.0]]))
    array([0.70710678])
    """
    return np.linalg.norm(relative_errors(measured, predicted), axis=1)


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


def judge_asymptotic(parameters, errors: list, exponent: float, resamples: int = 2000) -> Judgement:
    """Judge a prediction of a limit by the errors of many networks at several values of a small parameter.

    What is common to all seeds is told from what scatters by products of different seeds:
    `u = mean over i != j of e_i . e_j` has the squared common error as its expectation, without the
    fluctuations. It is fitted by `f^2 + B x`, `x = parameter^(2 exponent)`, weighted by jackknife standard
    errors; the prediction is rejected if f^2 > 0 at the one-sided 5% level. The smallest f rejected with 80%
    power solves f^2 = (z_0.95 + z_0.80) s.e., with the standard error that u would have under an error f:
    `4 f^2 (fluctuation)^2 / seeds` more in variance.

    Args:
        parameters: values of the small parameter.
        errors: the relative errors at each, arrays (seed, entry).
        exponent: the power at which the gap of single networks should fall.
        resamples: bootstrap resamples over seeds, for the interval of the fitted exponent.
    """
    parameters = np.asarray(parameters, dtype=float)
    gaps = [np.linalg.norm(e, axis=1) for e in errors]
    seeds = np.array([len(g) for g in gaps])
    common = np.array([_common_square(e) for e in errors])
    variance = np.array([_jackknife_variance(e) for e in errors])
    fluctuation = np.maximum([np.mean(g**2) for g in gaps] - common, 0.0)
    design = np.stack([np.ones_like(parameters), parameters ** (2 * exponent)], axis=1)

    def intercept_of(variance):
        covariance = np.linalg.inv(design.T @ (design / variance[:, None]))
        return (covariance @ (design.T @ (common / variance)))[0], np.sqrt(covariance[0, 0])

    intercept, error = intercept_of(variance)
    detectable = error
    for _ in range(200):
        wider = intercept_of(variance + 4 * detectable * fluctuation / seeds)[1]
        detectable = 0.5 * detectable + 0.5 * (_REJECT * error + _POWER * wider)
    draws = np.random.default_rng(0)
    slopes = [
        np.polyfit(
            np.log(parameters), [0.5 * np.log(np.mean(draws.choice(g, len(g)) ** 2)) for g in gaps], 1
        )[0]
        for _ in range(resamples)
    ]
    middle = [0.5 * np.log(np.mean(g**2)) for g in gaps]
    return Judgement(
        gap=np.sqrt(max(intercept, 0.0)),
        standard_errors=intercept / error,
        rejected=bool(intercept > _REJECT * error),
        detectable=np.sqrt(detectable),
        exponent=np.polyfit(np.log(parameters), middle, 1)[0],
        exponent_interval=tuple(np.quantile(slopes, [0.025, 0.975])),
    )


def _common_square(errors: np.ndarray) -> float:
    """Mean of e_i . e_j over pairs of different seeds."""
    n, total = len(errors), errors.sum(axis=0)
    return float((total @ total - (errors**2).sum()) / (n * (n - 1)))


def _jackknife_variance(errors: np.ndarray) -> float:
    """Variance of `_common_square`, from leaving out one seed at a time."""
    n = len(errors)
    left_out = np.array([_common_square(np.delete(errors, i, axis=0)) for i in range(n)])
    return float((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
