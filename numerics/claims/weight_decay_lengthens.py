"""Weight decay lengthens the memory that a network learns."""

import dataclasses

import numpy as np

from numerics.claim import Trial
from numerics.claims.integrator_outlier import IntegratorOutlier, integrator_problem
from numerics.experiment import Experiment
from theory.derivation import derive
from theory.learning_rules import GradientFlow, WeightDecay
from theory.problem import Problem

RATE, MU = 0.4, 0.05
GROUPS = {
    "all weights": {"recurrent": MU, "input": MU, "readout": MU},
    "recurrence": {"recurrent": MU},
    "read-in and readout": {"input": MU, "readout": MU},
}


def decayed_problem(rate: float = RATE, scale: float = 0.1, **decay) -> Problem:
    """A dense network that learns to integrate by gradient flow with weight decay."""
    return dataclasses.replace(integrator_problem(rate, scale), learning_rule=WeightDecay(GradientFlow(), **decay))


def decayed_experiment(decay: dict, width: int = 16, step: float = 0.2) -> Experiment:
    """Networks that learn to integrate with weight decay, until the pole has come to rest."""
    problem = decayed_problem(**decay)
    return Experiment(problem, width, seeds=4, training_time=60.0, records=31, step_size=step)


class WeightDecayLengthens(IntegratorOutlier):
    """Pole and residue along training under weight decay, and where they end."""

    name = "weight_decay_lengthens"
    sentence = (
        "Networks with weight decay follow the confined equations with decay of their own draw: if all weights decay "
        "they come to rest with a longer memory than the teacher's, if only the recurrence does they settle on a "
        "shorter one first."
    )
    control = "the same equations with decay of other weights: of the recurrence alone, of none, of all"
    headline = "rate c of the learned memory at the end, decay 0.05 of all weights, teacher 0.4 (no decay: 0.4)"
    reference = "exact confinement with decay (derived here); the shift to first order, theory.one_pole.decay_shift"

    def trials(self, scale: str) -> list[Trial]:
        """Decay of all, of the recurrence, of read-in and readout; width 16 (quick) or 128, three step sizes each."""
        width = 16 if scale == "quick" else 128
        return [
            Trial(step, decayed_experiment(decay, width, step), group=group)
            for group, decay in GROUPS.items()
            for step in (0.2, 0.1, 0.05)
        ]

    def rival(self, experiment: Experiment) -> np.ndarray:
        """Another group's decay."""
        decays, own = list(GROUPS.values()), experiment.problem.learning_rule
        mistaken = {0: decays[1], 1: {}, 2: decays[0]}
        index = next(i for i, decay in enumerate(decays) if WeightDecay(GradientFlow(), **decay) == own)
        other = WeightDecay(GradientFlow(), **mistaken[index])
        return self._solved(experiment, derive(dataclasses.replace(experiment.problem, learning_rule=other)))

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the rate at the end."""
        return float(-np.nanmean(values[:, -1, 0]))


weight_decay_lengthens = WeightDecayLengthens()
