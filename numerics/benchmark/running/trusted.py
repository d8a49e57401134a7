"""Trusted methods: those that ship, in this process."""

import time

from numerics.benchmark.queries import answer
from numerics.benchmark.running.answer import Answer, checked_claim, checked_interval


def run(method, recording, queries: dict, seed: int, cell=None) -> Answer:
    """Fit a method and ask it; whatever it raises is its failure in this cell.

    Args:
        method: a `numerics.benchmark.method.Method`.
        recording: what it is fitted to.
        queries: what it is asked, by group.
        seed: of fitting and of the model's noise.
        cell: given, as `truth`, to methods that need it.
    """
    begin, given = time.perf_counter(), {"truth": cell} if getattr(method, "needs_truth", False) else {}
    try:
        fitted = method.fit(recording, seed, **given)
        rollouts = answer(fitted, queries, seed)
        claim, interval = told_by(fitted)
    except Exception as error:  # what a method does wrong costs this cell, never the run
        reason = f"{type(error).__name__}: {error}"
        return Answer(failed=reason, seconds=time.perf_counter() - begin)
    return Answer(rollouts, claim, interval, fitted, seconds=time.perf_counter() - begin)


def told_by(fitted) -> tuple[dict | None, tuple | None]:
    """The claim and the interval of a fitted model that has them; None for what it has not.

    Raises:
        ProblemError: they are malformed.
    """
    claim, interval = (getattr(fitted, name, None) for name in ("claim", "timescale_interval"))
    claim = None if claim is None else checked_claim(claim())
    told = None if interval is None else interval()
    return claim, None if told is None else checked_interval(told)
