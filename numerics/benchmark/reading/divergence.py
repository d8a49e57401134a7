"""Do paths part that began together? Pairs of rollouts with the same noise, one of them nudged."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Divergence:
    """How the distance of nudged pairs goes on.

    Args:
        coupled: whether the model keeps to the seed of its noise, so that pairs tell anything.
        rate: median growth rate of the distance, per bin, from the second quarter of the time it can be followed on:
            first transients of stable, non-normal models are over by then.
        growth: median `ln` of the largest distance over the first.
    """

    coupled: bool
    rate: float
    growth: float


def divergence(plain: np.ndarray, nudged: np.ndarray, nudge: float) -> Divergence:
    """Growth of the distance between rollouts with and without a nudge.

    It is followed until it reaches 5% of the spread, where it is no longer small, or falls to rounding.

    Args:
        plain, nudged: (pair, step, channel), in standard deviations of what was recorded.
        nudge: its size in the same unit.

    Source: Benettin, Galgani, Giorgilli & Strelcyn, Meccanica 15 (1980) 9, without their renormalisation.
    """
    distance = np.linalg.norm(nudged - plain, axis=2)
    floor = 1e-12 * max(1.0, float(np.abs(plain).max()))
    coupled = bool(np.median(distance[:, 0]) < 1e3 * nudge)
    if not coupled:
        return Divergence(False, 0.0, 0.0)
    rates, growths = [], []
    for path in distance:
        grown = np.flatnonzero(path > 0.05 * np.sqrt(plain.shape[2]))
        gone = np.flatnonzero(path < floor)
        last = min([len(path), *grown[:1], *gone[:1]])
        if last < 4:
            rates.append(-np.inf if gone.size and last == gone[0] else np.inf)
            growths.append(-np.inf if gone.size and last == gone[0] else np.log(path.max() / nudge))
            continue
        steps = np.arange(last // 4, last)
        rates.append(np.polyfit(steps, np.log(path[steps]), 1)[0])
        growths.append(np.log(path[:last].max() / path[0]))
    return Divergence(True, float(np.median(rates)), float(np.median(growths)))
