"""How often a check gives each verdict, on circuits whose truth is known."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import numpy as np
from scipy.stats import binomtest

from numerics.processes import available, single_threaded
from numerics.progress import progress_bar
from numerics.recordings import Recording, record
from theory import circuits
from theory.checks import count

NEURONS = 100
FRACTIONS = (0.05, 0.1, 0.2)


def _line(non_normality: float, slow: float = 1000.0):
    if non_normality == 1:
        return lambda seed: circuits.symmetric_line_attractor(NEURONS, slow, seed=seed)
    return lambda seed: circuits.non_normal_line_attractor(NEURONS, non_normality, slow, seed=seed)


KINDS = {
    "uncoupled neurons": lambda seed: circuits.uncoupled(NEURONS),
    "symmetric line attractor": _line(1),
    "line attractor, |l||r| = 3": _line(3),
    "line attractor, |l||r| = 10": _line(10),
    "chain with skips .25": lambda seed: circuits.feedforward_chain(NEURONS, 0.25, rotated=True, seed=seed),
    "chain with skips .5": lambda seed: circuits.feedforward_chain(NEURONS, 0.5, rotated=True, seed=seed),
    "chain with skips 1": lambda seed: circuits.feedforward_chain(NEURONS, 1.0, rotated=True, seed=seed),
    # memory that a chain could have: nothing but one mode's shape speaks for these
    "symmetric line attractor of timescale 100": _line(1, 100.0),
    "line attractor of timescale 100, |l||r| = 3": _line(3, 100.0),
    "line attractor of timescale 100, |l||r| = 10": _line(10, 100.0),
    "symmetric line attractor of timescale 50": _line(1, 50.0),
    "line attractor of timescale 50, |l||r| = 3": _line(3, 50.0),
    "line attractor of timescale 50, |l||r| = 10": _line(10, 50.0),
}


@dataclass(frozen=True)
class Rates:
    """How often each verdict was given of one kind of circuit.

    Args:
        kind: of circuit.
        counts: of the verdicts.
    """

    kind: str
    counts: dict[str, int]

    @property
    def draws(self) -> int:
        """How many circuits were drawn."""
        return sum(self.counts.values())

    def interval(self, verdict: str) -> tuple[float, float, float]:
        """The share of a verdict, and Wilson's interval (95 percent) around it."""
        hits = self.counts.get(verdict, 0)
        bounds = binomtest(hits, self.draws).proportion_ci(method="wilson")
        return hits / self.draws, bounds.low, bounds.high

    def __str__(self) -> str:
        shares = [(verdict, *self.interval(verdict)) for verdict, _ in Counter(self.counts).most_common()]
        given = "; ".join(f"{verdict} {share:.0%} [{low:.0%}, {high:.0%}]" for verdict, share, low, high in shares)
        return f"{self.kind}: {given}"


def calibrate(
    judge: Callable,
    draws: int,
    kinds=tuple(KINDS),
    samples: int = 20_000,
    fractions=FRACTIONS,
    first_seed: int = 0,
) -> list[Rates]:
    """Draw circuits of 100 neurons, record some for `samples` bins of one time constant each, and judge the recording.

    Args:
        judge: function of a recording and a seed, of a module; returns the verdict as text.
        draws: of each kind of circuit, spread evenly over the fractions.
        kinds: names in `KINDS`.
        samples: bins of one time constant.
        fractions: of the neurons that are recorded, a random choice.
        first_seed: seeds count up from it.

    >>> rates = calibrate(_how_many, draws=2, kinds=["uncoupled neurons"], samples=100, fractions=[0.05])
    >>> print(rates[0])
    uncoupled neurons: 5 neurons 100% [34%, 100%]
    """
    seeds = range(first_seed, first_seed + count(draws, "draws"))
    tasks = [(kind, seed, fractions[seed % len(fractions)]) for kind in kinds for seed in seeds]
    one, verdicts = partial(_judged, judge, samples), []
    with progress_bar(len(tasks), "recordings") as bar:
        if available() == 1 or len(tasks) < 20:  # starting a process takes seconds
            for task in tasks:
                verdicts.append(one(task))
                bar.advance()
        else:
            with single_threaded(), ProcessPoolExecutor(available(), get_context("spawn")) as pool:
                for verdict in pool.map(one, tasks):
                    verdicts.append(verdict)
                    bar.advance()
    return [
        Rates(kind, dict(Counter(said for said, task in zip(verdicts, tasks, strict=True) if task[0] == kind)))
        for kind in kinds
    ]


def drawn_recording(kind: str, seed: int, fraction: float, samples: int) -> Recording:
    """A recording of a circuit of that kind, for `samples` bins of one time constant.

    Args:
        kind: a name in `KINDS`.
        seed: of circuit, choice of neurons and noise.
        fraction: of the neurons that are recorded, a random choice.
        samples: bins.
    """
    observed = np.random.default_rng([seed, 1]).permutation(NEURONS)[: round(fraction * NEURONS)]
    return record(KINDS[kind](seed), samples, 1.0, observed=observed, seed=seed)


def _judged(judge: Callable, samples: int, task: tuple[str, int, float]) -> str:
    kind, seed, fraction = task
    return judge(drawn_recording(kind, seed, fraction, samples), seed)


def _how_many(recording: Recording, seed: int) -> str:
    return f"{recording.neurons} neurons"
