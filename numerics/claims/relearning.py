"""Two networks that do the same and learn differently: overlaps that the loss does not see."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.experiment import Experiment
from theory import architectures, initialisations, learning_rules, objectives, teachers
from theory.derivation import derive
from theory.problem import Problem
from theory.reductions import Overlaps
from theory.with_overlaps import WithOverlaps

FIRST, SECOND = 0.4, 0.2  # the rates that are learned, one after the other
_HISTORIES = (0.0, 1.0)


def low_rank_problem(rate: float, initialisation=None) -> Problem:
    """A rank-one network that learns a leaky integrator; by default from random vectors of norm one."""
    return Problem(
        teachers.leaky_integrator(rate),
        architectures.LowRank(1),
        initialisation or initialisations.Gaussian(1.0, 1.0, 1.0),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


def relearning_problem(history: float) -> Problem:
    """The second rate, from a network that does the first, with a history of large or small initial weights.

    Learned from small weights, a network is balanced: P = Q and so S = Acal = Bcal. What is left of large ones is
    orthogonal to what was learned, and adds `history` to the squared norms of all four vectors.
    """
    kept = 1 - FIRST
    S = np.array([[1.0, kept**0.5], [kept**0.5, kept]])
    return low_rank_problem(SECOND, WithOverlaps(S, S + history * np.eye(2), S + history * np.eye(2)))


class Relearning(Claim):
    """Loss along relearning, of two networks that do the same at its start, with another history each."""

    name = "relearning"
    sentence = (
        "Two low-rank networks of any width whose impulse responses are the same part when both learn another "
        "timescale, as the overlaps that the loss does not see say."
    )
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "the other network's path, which has the same loss-visible overlaps at the start"
    headline = "loss after a quarter of the relearning, of the network without a history"
    reference = "overlaps; setting of Ger & Barak, arXiv 2605.04115"
    cites = ("ger2026learning",)

    def trials(self, scale: str) -> list[Trial]:
        """Width 16 (quick) or 500 (paper), two histories, three step sizes each."""
        width = 16 if scale == "quick" else 500
        return [
            Trial(
                step,
                Experiment(relearning_problem(history), width, 2, training_time=4.0, records=21, step_size=step),
                group=f"history {history:g}",
            )
            for history in _HISTORIES
            for step in (0.02, 0.01, 0.005)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record)."""
        return networks.loss.values

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The overlaps' path."""
        return self._solved(experiment, experiment.problem)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The path of the other network, which does the same at the start."""
        others = {relearning_problem(history).initialisation: history for history in _HISTORIES}
        own = others[experiment.problem.initialisation]
        return self._solved(experiment, relearning_problem(_HISTORIES[1 - _HISTORIES.index(own)]))

    def _solved(self, experiment: Experiment, problem: Problem) -> np.ndarray:
        path = derive(problem, Overlaps()).solve(experiment.training_time, experiment.width, 0, experiment.records)
        return np.tile(path.loss.values, (experiment.seeds, 1))  # overlaps do not depend on the seed

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(values[:, values.shape[1] // 4].mean())


relearning = Relearning()
