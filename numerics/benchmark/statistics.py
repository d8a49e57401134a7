"""Rates of wrong claims and what is known of them: thresholds, intervals, domains of validity, regret."""

import numpy as np
from scipy.stats import binomtest

from theory.checks import count, positive
from theory.errors import ProblemError

HALLUCINATION, MISS = 0.05, 0.2
"""A method is valid where it hallucinates less often, and misses less often, than this."""


def calibrated_threshold(statistics, level: float = 0.05) -> float:
    """The statistic above which a method claims an attractor: a fresh draw without one passes it with at most `level`.

    The k-th smallest of n draws, `k = ceil((n + 1) (1 - level))`. A fresh draw's rank among n + 1 exchangeable ones is
    uniform, so it lies above with probability `1 - k / (n + 1) <= level`, whatever the law, and exactly so where
    `(n + 1) level` is whole and there are no ties. Infinite below `1 / level - 1` draws: nothing can be claimed then.

    Args:
        statistics: one a draw, of draws without an attractor that nothing else is measured on.
        level: of false claims.

    >>> calibrated_threshold(np.arange(19.0)), calibrated_threshold(np.arange(18.0))
    (18.0, inf)

    Source: Vovk, Gammerman & Shafer 2005 (conformal prediction).
    """
    values = np.sort(np.asarray(statistics, dtype=float))
    if np.isnan(values).any():
        raise ProblemError(f"{int(np.isnan(values).sum())} of {values.size} statistics are not numbers.")
    rank = int(np.ceil((values.size + 1) * (1 - positive(level, "level")) - 1e-9))
    return float(values[rank - 1]) if rank <= values.size else float("inf")


def wilson(hits: int, number: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a rate; (0, 1) of no draws.

    >>> tuple(round(end, 3) for end in wilson(0, 20))
    (0.0, 0.161)
    """
    if number == 0:
        return 0.0, 1.0
    found = binomtest(int(hits), int(number)).proportion_ci(level, method="wilson")
    return float(found.low), float(found.high)


def hierarchical_bootstrap(
    values, draws, data, fits, resamples: int = 2000, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of a mean over teacher draws, of means over data seeds, of means over fit seeds.

    Draws are resampled with replacement, within each the data seeds, within each the fit seeds: what repeats within a
    draw is not counted as if it were independent.

    Args:
        values: one a row; 0 or 1 for a rate.
        draws, data, fits: the seeds of every row.
        resamples: how many.
        level: of the interval.
        seed: of the resampling.

    >>> low, high = hierarchical_bootstrap([0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0])
    >>> low, high  # two draws are two draws, however often they are recorded
    (0.0, 1.0)

    Source: Saravanan, Berman & Sober, Neurons Behav. Data Anal. Theory 3 (2020).
    """
    values, draws, data, fits = (np.asarray(column) for column in (values, draws, data, fits))
    if values.size == 0:
        return float("nan"), float("nan")
    random, resamples = np.random.default_rng(seed), count(resamples, "resamples")
    by_draw = []
    for draw in np.unique(draws):
        of_draw = draws == draw
        by_draw.append([values[of_draw & (data == number)].astype(float) for number in np.unique(data[of_draw])])
    # a mean over resampled fits and data for every draw that a resample takes, each anew
    means = np.empty((resamples, len(by_draw)))
    chosen = random.integers(len(by_draw), size=means.shape)
    for number, of_draw in enumerate(by_draw):
        where = chosen == number
        taken = random.integers(len(of_draw), size=(int(where.sum()), len(of_draw)))
        of_data = np.empty(taken.shape)
        for index, of_fits in enumerate(of_draw):
            at = taken == index
            of_data[at] = of_fits[random.integers(len(of_fits), size=(int(at.sum()), len(of_fits)))].mean(axis=1)
        means[where] = of_data.mean(axis=1)
    ends = np.quantile(means.mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(ends[0]), float(ends[1])


def mean_over_draws(values, draws, data) -> float:
    """The mean that `hierarchical_bootstrap` is of: over fits, then data seeds, then draws."""
    values, draws, data = (np.asarray(column) for column in (values, draws, data))
    means = []
    for draw in np.unique(draws):
        of_draw = draws == draw
        means.append(np.mean([values[of_draw & (data == number)].mean() for number in np.unique(data[of_draw])]))
    return float(np.mean(means)) if means else float("nan")


def rates(table, by=("method", "family"), claimed: str = "claimed"):
    """Hallucination and miss rates of every group of rows, with their intervals; families are never pooled.

    A row of a circuit without an attractor is a hallucination where one is claimed; one of a circuit with an attractor
    a miss where none is.

    Args:
        table: a data frame with the columns `family`, `attractor` (whether there is one), `draw`, `data`, `fit`, the
            claimed one and those of `by`. A row whose claim is nan (a failure) counts as wrong either way.
        by: columns that make the groups; `family` must be one.
        claimed: column with 1 where an attractor is claimed, 0 where none is.

    Returns:
        A data frame with the columns of `by`, `rate` ("H" or "M"), `value`, `draws`, `rows`, `wilson_low`,
        `wilson_high` (of the number of draws: rows of a draw repeat it) and `low`, `high` of the bootstrap.
    """
    import pandas

    if "family" not in by:
        raise ProblemError(f"rates are by family and never pooled; they were asked for by {', '.join(by)}.")
    rows = []
    for group, part in table.groupby([*by, "attractor"], sort=True, dropna=False):
        is_there = bool(group[-1])
        claims = part[claimed].to_numpy(dtype=float)
        wrong = np.where(np.isnan(claims), 1.0, claims != float(is_there))
        seeds = [part[name].to_numpy() for name in ("draw", "data", "fit")]
        value, draws = mean_over_draws(wrong, *seeds[:2]), len(np.unique(seeds[0]))
        wilson_low, wilson_high = wilson(round(value * draws), draws)
        low, high = hierarchical_bootstrap(wrong, *seeds)
        rows.append(
            dict(zip(by, group[:-1], strict=True))
            | {"rate": "M" if is_there else "H", "value": value, "draws": draws, "rows": len(part)}
            | {"wilson_low": wilson_low, "wilson_high": wilson_high, "low": low, "high": high}
        )
    return pandas.DataFrame(rows)


def domain_of_validity(hallucinations, misses, draws) -> dict[str, float]:
    """The share of settings with `H < .05 and M < .2`, and the interval of what is certain of it.

    A setting is certainly inside where the upper ends of Wilson's intervals are below both bounds, certainly outside
    where a lower end is above its bound.

    Args:
        hallucinations, misses: rates at every setting, (setting,); nan where one does not exist bounds nothing.
        draws: behind every rate, (setting,).

    Returns:
        `value`, with `low` and `high`: shares of settings.

    >>> domain_of_validity([0.0, 0.5, 0.0], [0.0, 0.0, 0.25], [200, 200, 20])
    {'value': 0.333333, 'low': 0.333333, 'high': 0.666667}
    >>> domain_of_validity([0.0], [float("nan")], [200])["value"]
    1.0
    """
    inside, maybe, surely = [], [], []
    for H, M, n in zip(hallucinations, misses, draws, strict=True):
        known = [(rate, bound) for rate, bound in ((H, HALLUCINATION), (M, MISS)) if not np.isnan(rate)]
        ends = [(rate, *wilson(round(rate * n), n), bound) for rate, bound in known]
        inside.append(all(rate < bound for rate, _, _, bound in ends))
        surely.append(all(high < bound for _, _, high, bound in ends))
        maybe.append(all(low < bound for _, low, _, bound in ends))
    return {"value": float(np.mean(inside)), "low": float(np.mean(surely)), "high": float(np.mean(maybe))}


def regret(wrong, oracle_wrong, draws, data, fits) -> dict[str, float]:
    """How much more often a method errs than the oracle in the same cells, with a bootstrap interval over pairs.

    Args:
        wrong: 1 where the method errs, one a row.
        oracle_wrong: the oracle's error rate in the same cell, one a row; nan where there is none, which leaves it out.
        draws, data, fits: the seeds of every row.

    >>> regret([1, 1, 0, 0], [0.5, 0.5, 0.5, 0.5], [0, 1, 2, 3], [0, 0, 0, 0], [0, 0, 0, 0])["value"]
    0.0
    """
    difference = np.asarray(wrong, dtype=float) - np.asarray(oracle_wrong, dtype=float)
    known = ~np.isnan(difference)
    seeds = [np.asarray(column)[known] for column in (draws, data, fits)]
    low, high = hierarchical_bootstrap(difference[known], *seeds)
    return {"value": mean_over_draws(difference[known], *seeds[:2]), "low": low, "high": high}


def log_score(probabilities: dict[str, float], truth: str, least: float = 1e-3) -> float:
    """`-ln p(truth)`, in nats; no probability counts as less than `least`, so that one certain error is bounded.

    >>> round(log_score({"line": 0.5, "point": 0.5}, "line"), 3)
    0.693
    """
    return float(-np.log(max(probabilities.get(truth, 0.0), least)))
