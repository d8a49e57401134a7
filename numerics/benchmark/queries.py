"""Queries: the fixed set of continuations that every method is asked for, and all that its verdict is read from."""

from dataclasses import dataclass

import numpy as np

from numerics.recordings import Recording
from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class Queries:
    """One group of questions: how does the activity go on after these histories, pulsed or not?

    Args:
        history: (query, time, channel).
        pulse: (query, channel), added at the last sample of the history; zero where nothing is done.
        steps: how many bins to go on.
        samples: how many continuations of each.
    """

    history: np.ndarray
    pulse: np.ndarray
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
        seed: queries with the same history have the same noise, pulsed or not, where the model can keep to a seed.

    Raises:
        ProblemError: an answer of the wrong shape or with values that are not finite; it says which.
    """
    rollouts = {}
    for name, group in queries.items():
        rollouts[name] = np.empty(group.shape)
        _, of_history = np.unique(group.history.reshape(len(group), -1), axis=0, return_inverse=True)
        for number, (history, pulse, same) in enumerate(zip(group.history, group.pulse, of_history, strict=True)):
            given = pulse if pulse.any() else None
            told = fitted.simulate(
                history, group.steps, pulse=given, samples=group.samples, seed=seed + 1_000_003 * int(same)
            )
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
    """The questions about a held-out recording: `free` continuations, `pulsed` ones, and `long` ones.

    `pulsed` has, history by history, no pulse and then one along each of at most 20 channels.

    Args:
        testing: what the histories are taken from, at equal distances.
        pulse_size: in standard deviations of a channel.
        history: bins of it, at most what half a trial has.
    """
    length = min(history, testing.samples // 2)
    channels, spread = testing.neurons, testing.activity.std(axis=(0, 1))
    pulses = np.zeros((1 + min(channels, 20), channels))
    for row, channel in enumerate(np.linspace(0, channels - 1, len(pulses) - 1).round().astype(int), start=1):
        pulses[row, channel] = pulse_size * spread[channel]

    def group(number: int, steps: int, samples: int, pulsed: bool = False) -> Queries:
        given, histories = (pulses if pulsed else pulses[:1]), _stretches(testing, number, length)
        return Queries(
            np.repeat(histories, len(given), axis=0), np.tile(given, (number, 1)), steps=steps, samples=samples
        )

    return {
        "free": group(32, steps=256, samples=8),
        "pulsed": group(4, steps=64, samples=16, pulsed=True),
        "long": group(8, steps=4000, samples=1),
    }


def _stretches(recording: Recording, number: int, length: int) -> np.ndarray:
    """Stretches at equal distances, (stretch, time, channel)."""
    per_trial = recording.samples - length + 1
    places = np.linspace(0, recording.trials * per_trial - 1, number).round().astype(int)
    return np.stack([recording.activity[p // per_trial, p % per_trial : p % per_trial + length] for p in places])
