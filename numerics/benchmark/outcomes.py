"""From a table of scores to claims: thresholds from calibration cells, and what is claimed in the others."""

import numpy as np
import pandas

from numerics.benchmark.statistics import calibrated_threshold, domain_of_validity, rates
from numerics.benchmark.system import TYPES

SETTING = ["observation", "fraction", "duration", "bin_size", "noise", "trials"]
DEFINITION = 0.0  # the statistic from which on there is an attractor, by definition
LEVEL = 0.05
GHOST = "ghost"
"""What the table calls the truth of a ghost: it turns, but there is nothing that it rests at."""


def claims(rows: pandas.DataFrame) -> pandas.DataFrame:
    """The rows that are tested, with what is claimed in each.

    A method that makes a claim of its own claims an attractor where its `p_point` is below one half; any other where
    its statistic is above zero, which is how attractors are defined, and above the threshold that it passes in 5% of
    the calibration cells of the same setting. Those are draws of N0 alone: nothing calibrates what it is measured on.
    Of a ghost, where nothing is but a slow passage that repeats itself, a claim of anything else than a cycle is a
    hallucination.

    Args:
        rows: as of `numerics.benchmark.table.table`.

    Returns:
        The tested rows with new columns: `attractor` (whether there is one), `threshold`, `claimed` (1, 0, or nan where
        the method failed) and `above` (the same by the calibrated threshold alone).
    """
    rows, thresholds = rows[rows.unmade == ""], {}
    for setting, group in rows[rows.part == "calibration"].groupby(SETTING):
        known = group.statistic[group.failed == ""].dropna()
        thresholds[setting] = calibrated_threshold(known, LEVEL)
    tested = rows[rows.part == "test"].copy()
    tested["attractor"] = ~tested.truth.isin(["point", GHOST])
    of_row = zip(*(tested[name] for name in SETTING), strict=True)
    tested["threshold"] = [thresholds.get(setting, np.inf) for setting in of_row]
    passed = {
        "above": tested.statistic > tested.threshold,
        "claimed": tested.statistic > tested.threshold.clip(lower=DEFINITION),
    }
    kinds = [f"p_{kind}" for kind in TYPES if kind != "point"]
    is_right = (tested.truth == GHOST) & (tested[kinds].fillna(0.0).idxmax(axis=1) == "p_cycle")
    answered = (tested.failed == "") & tested.statistic.notna()
    for name, claim in passed.items():
        claim = claim.where(tested.own_claim != 1, tested.p_point < 0.5)
        tested[name] = (claim & ~is_right).astype(float).where(answered)
    return tested


def rates_by_setting(tested: pandas.DataFrame, claimed: str = "claimed") -> pandas.DataFrame:
    """H and M of every family in every setting, with their intervals; see `numerics.benchmark.statistics.rates`."""
    return rates(tested, by=("family", *SETTING), claimed=claimed)


def rates_by_family(tested: pandas.DataFrame, claimed: str = "claimed") -> pandas.DataFrame:
    """H and M of every family over all settings, each draw being one however often it is seen."""
    return rates(tested, by=("family",), claimed=claimed)


def domain(by_setting: pandas.DataFrame) -> dict[str, float]:
    """Share of settings in which no family is hallucinated from more often than 5%, and none missed more than 20%.

    The worst family of a setting counts: families are never pooled.

    Returns:
        As of `numerics.benchmark.statistics.domain_of_validity`.
    """
    worst = {"H": [], "M": [], "draws": []}
    for _, group in by_setting.groupby(SETTING):
        for rate in ("H", "M"):
            values = group.value[group.rate == rate]
            worst[rate].append(values.max() if len(values) else np.nan)
        worst["draws"].append(int(group.draws.min()))
    return domain_of_validity(worst["H"], worst["M"], worst["draws"])
