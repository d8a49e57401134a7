"""Units without cross-connections that start alike: the wider, the slower."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.experiment import Experiment
from theory import architectures, initialisations, learning_rules, objectives, teachers
from theory.derivation import derive
from theory.problem import Problem


def diagonal_problem(initialisation, rate: float = 0.2) -> Problem:
    """Independent units that learn a leaky integrator by gradient flow."""
    return Problem(
        teacher=teachers.leaky_integrator(rate),
        architecture=architectures.Diagonal(),
        initialisation=initialisation,
        objective=objectives.WhiteNoise(),
        learning_rule=learning_rules.GradientFlow(),
    )


class IdenticalUnits(Claim):
    """Loss along training of N identical units whose residues sum to .01 at the start, target exp(-.2 t)."""

    name = "identical_units"
    sentence = (
        "N independent units that start alike move as one unit whose recurrent weight learns N times more slowly: "
        "the wider the network, the longer it takes to learn a timescale."
    )
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "one unit at its own rate, as if the units did not share the work"
    headline = "loss half-way through training"
    reference = "identical units (derived here); task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """4 and 16 units (quick), and 64 (paper), three step sizes each."""
        problem = diagonal_problem(initialisations.Identical(0.1, 0.1))
        return [
            Trial(
                step,
                Experiment(problem, width, seeds=1, training_time=end, records=31, step_size=step),
                group=f"{width} units",
            )
            for width, end in ((4, 15.0), (16, 30.0), (64, 90.0))[: 2 if scale == "quick" else 3]
            for step in (0.1, 0.05, 0.025)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record): losses."""
        return networks.loss.values

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """Those of one unit whose recurrent weight learns at 1/N of its rate."""
        return self._of_units(experiment, experiment.width)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """Those of one unit."""
        return self._of_units(experiment, 1)

    def _of_units(self, experiment: Experiment, number: int) -> np.ndarray:
        path = derive(experiment.problem).solve(experiment.training_time, number, 0, experiment.records)
        return np.repeat(path.loss.values[None], experiment.seeds, axis=0)  # all draws are the same network

    def summary(self, values: np.ndarray) -> float:
        """The loss half-way through training."""
        return float(values[0, values.shape[1] // 2])


identical_units = IdenticalUnits()
