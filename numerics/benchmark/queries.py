"""Queries: the fixed set of continuations that every method is asked for, and all that its verdict is read from."""

from dataclasses import dataclass

import numpy as np

from numerics.recordings import Recording
from theory.errors import ProblemError

KINDS = ("none", "single", "on", "off", "crossing", "tiny")
"""Pulses: none; one channel; towards another recorded state; across what is recorded; to the farthest recorded state;
and so small that it only asks whether paths part."""
_CHANNELS = 100  # with more, fewer samples and queries are asked for


@dataclass(frozen=True, eq=False)
class Queries:
    """One group of questions: how does the activity go on after these histories, pulsed or not?

    Args:
        history: (query, time, channel).
        pulse: (query, channel), added at the last sample of the history; zero where nothing is done.
        seed: of the model's noise, (query,): queries of one seed have the same noise where a model can keep to it, and
            what then differs between their answers is not noise.
        place: trial and sample of the last sample of every history in what they were taken from, (query, 2).
        kind: of every pulse, one of `KINDS`, (query,).
        steps: how many bins to go on.
        samples: how many continuations of each.
    """

    history: np.ndarray
    pulse: np.ndarray
    seed: np.ndarray
    place: np.ndarray
    kind: np.ndarray
    steps: int
    samples: int

    def __len__(self) -> int:
        return len(self.history)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """That of its answer: (query, sample, step, channel)."""
        return len(self.history), self.samples, self.steps, self.history.shape[2]


def answer(fitted, queries: dict[str, Queries], seed: int) -> dict[str, np.ndarray]:
    """The rollouts of a fitted model, by group, each (query, sample, step, channel).

    Args:
        fitted: a `numerics.benchmark.method.Fitted`.
        queries: by the name of the group.
        seed: added to that of every query.

    Raises:
        ProblemError: an answer of the wrong shape or with values that are not finite; it says which.
    """
    rollouts = {}
    for name, group in queries.items():
        rollouts[name] = np.empty(group.shape)
        for number, (history, pulse, own) in enumerate(zip(group.history, group.pulse, group.seed, strict=True)):
            given = pulse if pulse.any() else None
            told = fitted.simulate(history, group.steps, pulse=given, samples=group.samples, seed=seed + int(own))
            rollouts[name][number] = checked_answer(told, group.shape[1:], f"{name} query {number}")
    return rollouts


def checked_answer(told, shape: tuple, name: str) -> np.ndarray:
    """An answer as an array of that shape of finite numbers, or a ProblemError that says what it is instead."""
    try:
        told = np.asarray(told, dtype=float)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"{name}: the answer is not an array of real numbers: {error}.") from error
    if told.shape != shape:
        raise ProblemError(f"{name}: the answer has shape {told.shape}; it must be (sample, step, channel) = {shape}.")
    if not np.isfinite(told).all():
        raise ProblemError(f"{name}: the answer has {int((~np.isfinite(told)).sum())} values that are not finite.")
    return told


def queries_of(testing: Recording, pulse_size: float = 2.0, history: int = 64) -> dict[str, Queries]:
    """The questions about a held-out recording, from which alone they are made: no truth is in them.

    - `free`: continuations of many histories, all with the same noise: relaxation, and where it ends.
    - `long`: long continuations, each with noise of its own: the stationary law, switching, persistent motion.
    - `pulsed`: history by history all kinds of pulses, with the same noise: responses.
    - `paired`: every history without and with a tiny pulse, with the same noise: whether paths part.

    Pulses along single channels are of `pulse_size` standard deviations. One `on` what is recorded leads to the
    recorded state at median distance (in standard deviations) from the present one, a `crossing` one to the farthest;
    the one `off` it has the size of the first, along the principal direction with the least variance (none for one
    channel). States are recorded ones, noise and all. In all at most some 2e7 numbers are asked for.

    Args:
        testing: what the histories are taken from, at equal distances.
        pulse_size: in standard deviations of a channel.
        history: bins of it, at most what half a trial has.
    """
    length = min(history, testing.samples // 2)
    share = min(1.0, _CHANNELS / testing.neurons)

    def group(number: int, steps: int, samples: int, given, same_noise: bool = True, first_seed: int = 0) -> Queries:
        places = _places(testing, number, length)
        rows = [(place, kind, pulse) for place in places for kind, pulse in given(place)]
        which, kinds, pulses = zip(*rows, strict=True)
        histories = [testing.activity[trial, last + 1 - length : last + 1] for trial, last in which]
        seeds = np.full(len(rows), first_seed) if same_noise else first_seed + np.arange(len(rows))
        return Queries(
            np.stack(histories), np.stack(pulses), seeds, np.array(which), np.array(kinds), steps, samples
        )

    nothing = np.zeros(testing.neurons)
    spread = testing.activity.std(axis=(0, 1))
    least = 1e-6 * pulse_size * spread * np.where(np.arange(testing.neurons) % 2, -1.0, 1.0)
    return {
        "free": group(32, 256, max(2, int(8 * share)), lambda place: [("none", nothing)]),
        "long": group(
            max(6, int(16 * share)), 4000, 1, lambda place: [("none", nothing)], same_noise=False, first_seed=1_000
        ),
        "pulsed": group(4, 64, max(2, int(16 * share)), _Pulses(testing, pulse_size * spread), first_seed=2_000),
        "paired": group(8, 256, 2, lambda place: [("none", nothing), ("tiny", least)], first_seed=3_000),
    }


class _Pulses:
    """All kinds of pulses at a place of a recording."""

    def __init__(self, testing: Recording, sizes: np.ndarray):
        self.testing, self.sizes = testing, sizes
        flat = testing.activity.reshape(-1, testing.neurons)
        self.spread = flat.std(axis=0)
        self.states = flat[:: max(1, len(flat) // 2000)]
        self.least = np.linalg.eigh(np.atleast_2d(np.cov(flat.T)))[1][:, 0]

    def __call__(self, place) -> list[tuple[str, np.ndarray]]:
        present = self.testing.activity[place[0], place[1]]
        distances = np.linalg.norm((self.states - present) / self.spread, axis=1)
        order = np.argsort(distances, kind="stable")
        on, far = (self.states[order[n]] - present for n in (len(order) // 2, -1))
        pulses = [("none", np.zeros(len(present))), ("on", on), ("crossing", far)]
        if len(present) > 1:
            pulses.append(("off", np.linalg.norm(on) * self.least))
        for channel in np.unique(np.linspace(0, len(present) - 1, min(len(present), 12)).round().astype(int)):
            pulses.append(("single", self.sizes * (np.arange(len(present)) == channel)))
        return pulses


def _places(recording: Recording, number: int, length: int) -> list[tuple[int, int]]:
    """Trial and last sample of stretches at equal distances."""
    per_trial = recording.samples - length + 1
    places = np.linspace(0, recording.trials * per_trial - 1, number).round().astype(int)
    return [(int(p // per_trial), int(p % per_trial + length - 1)) for p in places]
