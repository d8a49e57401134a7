"""A rule that ignores recurrence stops at a false memory."""

import dataclasses

import numpy as np

from numerics.claim import Trial
from numerics.claims.integrator_outlier import IntegratorOutlier, integrator_problem
from numerics.experiment import Experiment
from theory.derivation import derive
from theory.initialisations import Gaussian
from theory.learning_rules import GradientFlow, IgnoringRecurrence, Truncated

RATE, SCALE = 0.2, 0.1


def credited_experiment(rule, width: int = 8, step: float = 0.2, own: float = 0.0) -> Experiment:
    """Networks that learn to integrate by some assignment of credit, from W(0) = own times the identity."""
    start = Gaussian(SCALE, SCALE, recurrent_identity=own)
    problem = dataclasses.replace(integrator_problem(RATE, SCALE), learning_rule=rule, initialisation=start)
    return Experiment(problem, width, seeds=4, training_time=30.0, records=31, step_size=step)


class IgnoringRecurrenceClaim(IntegratorOutlier):
    """Pole and residue along training, and the point of the line of false solutions at which they end."""

    name = "ignoring_recurrence"
    sentence = (
        "Networks whose recurrence learns from the error and the activity of the same instant follow the confined "
        "equations under that rule, and stop where c + a/2 = 1 meets a = 2c/(c + c*), far from the teacher's rate."
    )
    control = "the same equations by back-propagation truncated at 1, whose window is short but not none"
    headline = "rate c of the learned memory at the end, teacher 0.2 (from nothing: 0.3583)"
    reference = "derived here: theory.one_pole.ignoring_recurrence_end"

    def trials(self, scale: str) -> list[Trial]:
        """At width 8 (quick) or 64, three step sizes."""
        width = 8 if scale == "quick" else 64
        return [
            Trial(step, credited_experiment(IgnoringRecurrence(GradientFlow()), width, step))
            for step in (0.4, 0.2, 0.1)
        ]

    def rival(self, experiment: Experiment) -> np.ndarray:
        """A window of one time constant."""
        windowed = Truncated(GradientFlow(), 1.0)
        return self._solved(experiment, derive(dataclasses.replace(experiment.problem, learning_rule=windowed)))

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the rate at the end."""
        return float(-np.nanmean(values[:, -1, 0]))


ignoring_recurrence = IgnoringRecurrenceClaim()
