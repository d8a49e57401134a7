"""The verdict on a model: which kind of attractor its rollouts show, and how much of one."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from numerics.benchmark.queries import Queries
from numerics.benchmark.reading.divergence import divergence
from numerics.benchmark.reading.law import angular_peaks, peaks_of
from numerics.benchmark.reading.modes import Modes, realised_modes, slowest_directions, stationary_modes
from numerics.benchmark.reading.rest import hollowness, rest_of
from numerics.benchmark.system import TYPES
from theory.circuits.timescales import LINE_LEAST, LINE_RATIO

_CAP = 6.0  # octaves of evidence that count
_SHARPNESS = 1.5  # nats of probability an octave
_EXPLODES = 1e3  # standard deviations of what was recorded
_HOLLOW = 0.35  # a ring's distance from the centre varies by less; a Gaussian's by .52
_REAL = 1e-3  # radians per bin below which a mode is not seen to turn


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read off a model's rollouts.

    Args:
        probabilities: of each of `TYPES`; they sum to 1.
        evidence: for each kind of attractor, in octaves beyond the bounds that define it; -inf where nothing points to
            it.
        points: how many stable points the model has, where it has several; else 1.
        modes: of relaxation; None where nothing relaxes (all rollouts are the same).
        besides: evidence that is not of the modes, and does not depend on the ratio that defines a line.
        noisy, explodes: whether its samples differ; whether it leaves what was recorded by a factor of 1,000.
        time_constant: of a single unit, in units of time.
    """

    probabilities: dict[str, float]
    evidence: dict[str, float]
    points: int
    modes: Modes | None
    besides: dict[str, float]
    noisy: bool
    explodes: bool
    time_constant: float

    def at(self, ratio: float) -> "Reading":
        """The same with another ratio between the slow mode of a line and the next: verdicts are repeated at 5 and 20.

        Args:
            ratio: 10 by convention.
        """
        evidence = _evidence(self.modes, self.besides, self.time_constant, ratio)
        return dataclasses.replace(self, probabilities=_probabilities(evidence), evidence=evidence)

    @property
    def statistic(self) -> float:
        """One number, larger the more of an attractor there is: the largest evidence, from -20 to 6 octaves.

        By definition an attractor is there above 0; a method's own threshold is calibrated.
        """
        return float(max(-20.0, *self.evidence.values()))

    @property
    def slowest(self) -> float:
        """Timescale of the slowest mode, in units of time."""
        return float(self.modes.timescales[0]) if self.modes is not None else 0.0

    @property
    def second(self) -> float:
        """Of the next, in units of time; 0 where there is none."""
        return float(self.modes.timescales[1]) if self.modes is not None and len(self.modes.timescales) > 1 else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the slowest timescale, in units of time; open above where nothing bounds it."""
        return (float(self.modes.low[0]), float(self.modes.high[0])) if self.modes is not None else (0.0, 0.0)


def read(
    queries: dict[str, Queries],
    rollouts: dict[str, np.ndarray],
    bin_size: float,
    time_constant: float = 1.0,
    ratio: float = LINE_RATIO,
) -> Reading:
    """The kind of attractor that a model's rollouts show.

    A *line* has `tau_1 >= 20` single-unit time constants and `tau_1 >= ratio tau_2`, a *plane* the same of tau_2 and
    tau_3, without turning. *Points* are several places of rest, or peaks of the stationary law with valleys of a third
    of their height; a *ring* is a continuum of rest around an empty middle, or a law like that whose state does not
    turn; a *cycle* is motion that does not become less and comes back to where it was, or a law with an empty middle
    whose state turns; *chaos* is motion in which pairs with the same noise part exponentially. What is none of these is
    a *point*. How far each bound is exceeded, in octaves, is its evidence e; the probabilities are `exp(1.5 e)` over
    their sum with 1 for the point. Several points are slow to switch, and a ring has slow coordinates: line and plane
    count for nothing where those explain them.

    Without noise (all samples the same) rest and motion are looked at directly. Where the noise of pairs cancels,
    modes are read from differences between histories, else from lagged covariances.

    Args:
        queries: as of `queries_of`.
        rollouts: their answers.
        bin_size: in units of time.
        time_constant: of a single unit, in units of time.
        ratio: 10 by convention, to be repeated at 5 and 20.
    """
    free, long, paired = (_standardised(queries, rollouts[name]) for name in ("free", "long", "paired"))
    explodes = bool(max(np.abs(long).max(), np.abs(free).max()) > _EXPLODES)
    noise = free.std(axis=1).max()
    noisy = bool(noise > 1e-9 * max(1.0, np.abs(free).max()))
    found, points, apart, rest = {}, 1, None, None
    if not explodes:
        apart = divergence(
            paired[queries["paired"].kind == "none"].reshape(-1, *paired.shape[2:]),
            paired[queries["paired"].kind == "tiny"].reshape(-1, *paired.shape[2:]),
            _nudge(queries),
        )
        if not noisy:
            rest = rest_of(np.concatenate([long[:, 0], _held(free[:, 0], long.shape[2])]), np.sqrt(long.shape[3]))
    modes = _modes(free, long, bin_size, noisy, explodes, rest)
    if rest is not None:
        found, points = _of_rest(rest, apart, _of_modes(modes, time_constant, LINE_RATIO))
    elif not explodes:
        found, points = _of_law(long, modes, bin_size, apart)
    evidence = _evidence(modes, found, time_constant, ratio)
    return Reading(_probabilities(evidence), evidence, points, modes, found, noisy, explodes, time_constant)


def _evidence(modes: Modes | None, besides: dict[str, float], time_constant: float, ratio: float) -> dict[str, float]:
    parts = (_of_modes(modes, time_constant, ratio), besides)
    return {kind: float(min(_CAP, max(part.get(kind, -np.inf) for part in parts))) for kind in TYPES[1:]}


def _standardised(queries: dict[str, Queries], rollouts: np.ndarray) -> np.ndarray:
    """In standard deviations about the mean of what was recorded, channel by channel."""
    recorded = queries["free"].history.reshape(-1, rollouts.shape[3])
    spread = recorded.std(axis=0)
    return (rollouts - recorded.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _nudge(queries: dict[str, Queries]) -> float:
    group = queries["paired"]
    spread = queries["free"].history.reshape(-1, group.pulse.shape[1]).std(axis=0)
    return float(np.linalg.norm(group.pulse[group.kind == "tiny"][0] / np.where(spread > 0, spread, 1.0)))


def _held(rollouts: np.ndarray, steps: int) -> np.ndarray:
    """Shorter rollouts that have come to rest, held there; those that have not are left out."""
    last, before = rollouts[:, -1], rollouts[:, -rollouts.shape[1] // 4]
    rested = np.linalg.norm(last - before, axis=1) < 1e-3 * np.sqrt(rollouts.shape[2])
    return np.repeat(last[rested][:, None], steps, axis=1)


def _modes(free, long, bin_size, noisy, explodes, rest) -> Modes | None:
    common = free.mean(axis=0)
    deviations = free - common
    if not noisy and rest is not None and rest.clusters > 1 and not rest.moving:
        deviations = _within_basins(free)
    elif noisy and deviations.std(axis=1).max() > max(1e-6 * np.abs(deviations).max(), 1e-10 * np.abs(free).max()):
        if np.ptp(long) == 0:
            return None
        if not explodes:
            return stationary_modes(long[:, 0], bin_size)
    deviations = deviations.mean(axis=1)
    if np.abs(deviations).max() <= 1e-9 * max(1.0, np.abs(free).max()):
        return None
    return realised_modes(deviations, bin_size)


def _within_basins(free: np.ndarray) -> np.ndarray:
    """Deviations of rollouts from the mean of those that end in the same place."""
    of_rollout = rest_of(free[:, 0], np.sqrt(free.shape[3])).of_rollout
    deviations = [free[of_rollout == c] - free[of_rollout == c].mean(axis=0) for c in np.unique(of_rollout)]
    return np.concatenate([part for part in deviations if len(part) > 1] or [free - free.mean(axis=0)])


def _of_modes(modes: Modes | None, time_constant: float, ratio: float) -> dict[str, float]:
    if modes is None:
        return {}
    times = np.concatenate([modes.timescales, [time_constant] * 3])[:3] / time_constant
    turning = np.concatenate([np.abs(np.angle(modes.eigenvalues)), np.zeros(3)])[:3] > _REAL
    with np.errstate(divide="ignore", invalid="ignore"):
        line = min(np.log2(times[0] / LINE_LEAST), np.nan_to_num(np.log2(times[0] / times[1] / ratio), nan=-np.inf))
        plane = min(np.log2(times[1] / LINE_LEAST), np.nan_to_num(np.log2(times[1] / times[2] / ratio), nan=-np.inf))
    # a mode that grows within its own memory does not persist: it explodes
    grows = np.log(np.abs(modes.eigenvalues[0])) > 0.05 * np.log(2)
    return {
        "line": -np.inf if grows else min(line, -1.0) if turning[0] else line,
        "plane": -np.inf if grows else min(plane, -1.0) if turning[:2].any() else plane,
    }


def _of_rest(rest, apart, of_modes: dict[str, float]) -> tuple[dict[str, float], int]:
    """Evidence from where a model without noise ends."""
    if rest.moving:
        parts = apart.coupled and apart.growth > np.log(30) and apart.rate > 0
        returns = np.log2(0.1 / max(rest.recurrence, 1e-3))
        return {"chaos": _CAP if parts else -1.0, "cycle": min(returns, -1.0) if parts else max(returns, 1.0)}, 1
    few = rest.clusters <= max(2, len(rest.of_rollout) // 4)
    if few and rest.clusters > 1 and rest.gap > 5 * max(rest.width, rest.motion):
        return {"points": 2.0 + np.log2(1 + 50 * rest.gap)}, rest.clusters
    if rest.clusters == 1 and rest.width < 0.5:
        return {}, 1
    second = rest.dimensions[1] if len(rest.dimensions) > 1 else 0.0
    third = rest.dimensions[2] if len(rest.dimensions) > 2 else 0.0
    slow = of_modes.get("line", _CAP)
    if rest.hollowness < _HOLLOW and second > 0.1:
        return {"ring": 2.0 + np.log2(_HOLLOW / max(rest.hollowness, 1e-2))}, 1
    if second < 0.1:
        return {"line": max(2.0, min(slow, _CAP))}, 1
    return ({"plane": 2.0} if third < 0.1 else {}), 1


def _of_law(long, modes, bin_size, apart) -> tuple[dict[str, float], int]:
    """Evidence from the stationary law of a noisy model."""
    tail = long[:, 0, long.shape[2] // 4 :]
    slow = slowest_directions(tail, min(3, tail.shape[2]))
    runs, steps, coordinates = slow.shape
    memory = modes.timescales[0] / bin_size if modes is not None else 1.0
    independent = runs * (1.0 + steps / (2 * memory + 1))
    flat = slow.reshape(-1, coordinates)
    found, points = {}, 1
    turning = modes is not None and abs(np.angle(modes.eigenvalues[0])) > _REAL
    if apart is not None and apart.coupled and apart.growth > np.log(1e3) and apart.rate > 0:
        found["chaos"] = 3.0
    planes = [flat[:, :2], _principal(tail)] if coordinates > 1 else []
    hollow = min(((hollowness(plane), number) for number, plane in enumerate(planes)), default=(1.0, 0))
    if "chaos" in found:
        return found, 1
    empty = hollow[0] < _HOLLOW
    if not turning:
        peaks = angular_peaks(planes[hollow[1]]) if empty else peaks_of(flat, independent)
        if peaks.number > 1:
            found["points"], points = float(np.log2(peaks.valley)), peaks.number
            empty = False
    if empty:
        found["cycle" if turning else "ring"] = 2.0 + 2 * np.log2(_HOLLOW / max(hollow[0], 1e-2))
    return found, points


def _principal(tail: np.ndarray) -> np.ndarray:
    centred = (tail - tail.mean(axis=(0, 1))).reshape(-1, tail.shape[2])
    return centred @ np.linalg.eigh(centred.T @ centred)[1][:, -2:]


def _probabilities(evidence: dict[str, float]) -> dict[str, float]:
    explained = any(evidence[kind] > 0 for kind in ("points", "ring", "cycle", "chaos"))
    logits = {"point": 0.0} | {
        kind: _SHARPNESS * (min(value, -3.0) if explained and kind in ("line", "plane") else value)
        for kind, value in evidence.items()
    }
    if evidence["plane"] > 0:  # two slow modes are no line
        logits["line"] = min(logits["line"], -3.0 * _SHARPNESS)
    weights = {kind: float(np.exp(np.clip(value, -20.0, 20.0))) for kind, value in logits.items()}
    total = sum(weights.values())
    return {kind: weight / total for kind, weight in weights.items()}
