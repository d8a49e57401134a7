"""Learning to integrate from input with a correlation time."""

import dataclasses

import numpy as np

from numerics.claim import Trial
from numerics.claims.integrator_outlier import IntegratorOutlier, integrator_problem
from numerics.experiment import Experiment
from theory.derivation import derive
from theory.objectives import OrnsteinUhlenbeckInput

RATE, SCALE, CORRELATION_TIME = 0.4, 0.1, 2.0


def coloured_experiment(correlation_time: float = CORRELATION_TIME, width: int = 8, step: float = 0.2) -> Experiment:
    """Networks that learn to integrate Ornstein-Uhlenbeck input by gradient flow."""
    coloured = OrnsteinUhlenbeckInput(correlation_time)
    problem = dataclasses.replace(integrator_problem(RATE, SCALE), objective=coloured)
    return Experiment(problem, width, seeds=4, training_time=24.0, records=31, step_size=step)


class ColouredInputClaim(IntegratorOutlier):
    """Pole and residue along training on Ornstein-Uhlenbeck input."""

    name = "coloured_input"
    sentence = (
        "Networks that learn to integrate an Ornstein-Uhlenbeck input follow the confined equations of the filtered H2 "
        "distance, later and slower than white noise of the same intensity at low frequencies would teach them."
    )
    control = "the same equations under white noise, equal at low frequencies"
    headline = "outlying eigenvalue of A half-way through training"
    reference = "exact confinement under coloured input (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """At width 8 (quick) or 64, three step sizes."""
        width = 8 if scale == "quick" else 64
        return [Trial(step, coloured_experiment(width=width, step=step)) for step in (0.4, 0.2, 0.1)]

    def rival(self, experiment: Experiment) -> np.ndarray:
        """White noise."""
        return self._solved(experiment, derive(integrator_problem(RATE, SCALE)))


coloured_input = ColouredInputClaim()
