"""Rates and findings in words."""

import pandas

from numerics.benchmark import registry
from numerics.benchmark.statistics import wilson

KINDS = {
    "point": "an attractor",
    "points": "several stable points",
    "line": "a line attractor",
    "plane": "a plane attractor",
    "ring": "a ring attractor",
    "cycle": "a limit cycle",
    "chaos": "chaos",
}


def percent(value: float) -> str:
    """A rate in whole percent.

    >>> percent(0.974)
    '97%'
    """
    return f"{100 * value:.0f}%"


def interval(low: float, high: float) -> str:
    """An interval of a rate, in percent; on a page it is not broken across lines.

    >>> interval(0.92, 0.99).replace("\\N{NO-BREAK SPACE}", " ")
    '[92, 99]'
    """
    return f"[{100 * low:.0f},\N{NO-BREAK SPACE}{100 * high:.0f}]"


def rate(row) -> str:
    """A row of `statistics.rates` in words: the rate with the wider of its two intervals."""
    low, high = min(row.wilson_low, row.low), max(row.wilson_high, row.high)
    return f"{percent(row.value)}\N{NO-BREAK SPACE}{interval(low, high)}"


def worst_sentence(method: str, tested: pandas.DataFrame) -> str:
    """One sentence on what the method errs in most surely: the largest lower end of a rate's interval.

    Candidates are all families, hallucinated from or missed, where at most a fraction f of the neurons is observed, for
    every f of the run.

    Args:
        method: its name.
        tested: as of `numerics.benchmark.outcomes.claims`.
    """
    candidates = []
    for fraction in sorted(tested.fraction.unique()):
        for (family, there), group in tested[tested.fraction <= fraction].groupby(["family", "attractor"]):
            wrong = (group.claimed != float(there)).groupby(group.draw).mean()
            errors, number = wrong.mean(), len(wrong)
            low, high = wilson(round(errors * number), number)
            candidates.append((round(low, 3), fraction, family, there, errors, low, high, group))
    low, fraction, family, there, errors, low, high, group = max(candidates, key=lambda one: one[:2])
    if low < 0.1:
        return f"Of no family is {method} wrong in surely more than a tenth of draws."
    where = f"With {fraction:g} of the neurons observed or less, {method}"
    share = f"in {percent(errors)} {interval(low, high)} of draws"
    if there:
        return f"{where} misses {KINDS[group.truth.mode().iloc[0]]} ({described(family)}) {share}."
    return f"{where} invents {_invented(group)} from {described(family)} {share}."


def _invented(group: pandas.DataFrame) -> str:
    kinds = [f"p_{kind}" for kind in KINDS if kind != "point"]
    claimed = group.loc[group.claimed == 1, kinds].dropna()
    likeliest = claimed.idxmax(axis=1).mode() if len(claimed) else ()
    return KINDS[likeliest.iloc[0].removeprefix("p_")] if len(likeliest) else "an attractor"


def described(family: str) -> str:
    """A family by its system's sentence.

    >>> described("no such family")
    'no such family'
    """
    name, _, rest = family.partition(" ")
    known = registry.systems().get(name)
    if known is None:
        return family
    return ("the impostor of " if rest.endswith("impostor") else "") + known.sentence.split(":")[0]
