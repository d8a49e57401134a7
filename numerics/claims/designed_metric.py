"""A metric designed to learn slow and fast timescales soon and alike, realised as an architecture, and trained."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_half_time import half_time
from numerics.evaluators import Gramians
from numerics.experiment import Experiment
from theory import architectures, initialisations, learning_rules, objectives, teachers
from theory.inverse_design import DESIGNED, DesignedRate
from theory.one_mode import learn_one_mode
from theory.problem import Problem

RATES = (0.01, 0.03, 0.1, 0.25, 0.5)
_LEARNED = 1e-3


def one_unit(architecture, rate: float, start: float = 0.0) -> Problem:
    """One unit that learns a leaky integrator, from a residue of .01 and the leak's rate."""
    return Problem(
        teachers.leaky_integrator(rate),
        architecture,
        initialisations.Identical(0.1, 0.1, start),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


class DesignedMetric(Claim):
    """Loss along training of one unit with the designed metric, for timescales of 2 to 100."""

    name = "designed_metric"
    sentence = (
        "One unit with the metric designed to learn the rates .01 to .5 soon and evenly learns them as the plane with "
        "it says: its learning times spread less over the rates, and the longest is shorter, than those of exp(w)."
    )
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "the plane with the metric c^2 of c = exp(w)"
    headline = "loss half-way through training, for the slowest rate"
    reference = "inverse design (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """Three rates (quick) or five, three step sizes each."""
        rates = (0.03, 0.1, 0.5) if scale == "quick" else RATES
        found = []
        for rate in rates:
            problem = one_unit(DesignedRate(DESIGNED), rate)
            # on its way a small residue takes the rate far below the target's, where moments do not converge
            exact = Gramians(problem.objective, problem.teacher)
            for step in (0.02, 0.01, 0.005):
                experiment = Experiment(
                    problem, 1, 1, training_time=8.0, records=41, step_size=step, evaluator=exact
                )
                found.append(Trial(step, experiment, group=f"rate {rate:g}"))
        return found

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record)."""
        return networks.loss.values

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The plane's losses with the designed metric."""
        return self._losses(experiment, DESIGNED)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The plane's losses with the metric of exp(w)."""
        return self._losses(experiment, lambda c: c**2)

    def _losses(self, experiment: Experiment, metric) -> np.ndarray:
        rate = -float(experiment.problem.teacher.modes.poles[0])
        path = learn_one_mode(metric, rate, 0.01, experiment.training_time, records=experiment.records)
        return path.loss[None]

    def summary(self, values: np.ndarray) -> float:
        """Half-way."""
        return float(values[0, values.shape[1] // 2])


designed_metric = DesignedMetric()


def time_to_learn(networks) -> np.ndarray:
    """When the loss has fallen to a thousandth, (seed,)."""
    return half_time(networks.training_time.values, networks.loss.values, _LEARNED)


def exponential() -> architectures.Architecture:
    """The rival architecture, c = exp(w)."""
    return architectures.ExponentialRate()
