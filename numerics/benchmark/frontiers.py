"""What theory says beforehand of a family: what an endless recording makes a student believe, and how long one needs.

R2 to R4: the Markov student of what is seen, of an endless recording without noise. R6: the recording time after which
it can be told from the truth. Both are exact for each draw; the curves are medians over draws.
"""

from dataclasses import dataclass

import numpy as np

from theory.circuits import LinearCircuit
from theory.partial_observation import markov_divergence_rate, markov_student, recording_time_needed
from theory.students.verdict import persistent


@dataclass(frozen=True)
class Frontier:
    """Curves over the observed fraction.

    Args:
        fractions: f, ascending.
        slowest: median timescale of the slowest mode of the endless Markov student.
        reported: share of draws in which that student reports a persistent mode.
        time_needed: median time to tell it from the truth with errors of 5% by a likelihood-ratio test, in single-unit
            time constants.
    """

    fractions: np.ndarray
    slowest: np.ndarray
    reported: np.ndarray
    time_needed: np.ndarray

    def turns(self) -> list[float]:
        """Fractions at which the endless student changes its mind: `reported` crosses one half, by log-linear
        interpolation.

        >>> half = np.ones(2)
        >>> Frontier(np.array([0.01, 1.0]), half, np.array([1.0, 0.0]), half).turns()
        [0.1]
        """
        above, found = self.reported - 0.5, []
        logs = np.log(self.fractions)
        for i in range(len(logs) - 1):
            if (above[i] > 0) != (above[i + 1] > 0):
                share = above[i] / (above[i] - above[i + 1])
                found.append(float(np.exp(logs[i] + share * (logs[i + 1] - logs[i]))))
        return found


def frontier(system, fractions, draws: int = 3) -> Frontier | None:
    """The frontier of a family of linear circuits; None of others, for which there is no closed form.

    Args:
        system: of the zoo.
        fractions: of neurons that are observed at random, nested within a draw.
        draws: how many circuits.
    """
    if not isinstance(system.draw(0), LinearCircuit):
        return None
    slowest, reported, needed = (np.empty((draws, len(fractions))) for _ in range(3))
    for draw in range(draws):
        circuit = system.draw(draw)
        order = np.random.default_rng([draw, 14]).permutation(circuit.neurons)
        for place, fraction in enumerate(fractions):
            seen = np.sort(order[: max(1, round(fraction * circuit.neurons))])
            propagator = np.exp(markov_student(circuit, seen).eigenvalues() - 1)
            slowest[draw, place], _, reported[draw, place] = persistent(propagator, span=1.0)
            needed[draw, place] = _time_needed(circuit, seen)
    return Frontier(np.asarray(fractions, float), np.median(slowest, 0), reported.mean(0), np.median(needed, 0))


def _time_needed(circuit: LinearCircuit, seen: np.ndarray) -> float:
    """Infinite where truth and student are the same process."""
    if len(seen) == circuit.neurons:
        return np.inf
    rate = markov_divergence_rate(circuit, seen)
    return recording_time_needed(rate) if rate > 1e-12 else np.inf
