"""The spread over seeds: networks of width N scatter around the typical draw as 1/sqrt(N)."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_half_time import half_time
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from theory.derivation import derive
from theory.draws import gram_mean


class SeedBand(Claim):
    """Half-times of the loss over seeds, as the width grows."""

    name = "seed_band"
    sentence = (
        "The half-time of the loss scatters over seeds as 1/sqrt(width) around that of the typical draw, whose "
        "read-in and readout are orthogonal and of their mean norms."
    )
    kind = "asymptotic"
    parameter = "1 / width"
    exponent = 0.5
    control = "a start from aligned read-in and readout of the same norms"
    headline = "half-time of the loss (training time)"
    reference = "exact confinement (derived here); task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Four widths, 8 to 64 (quick) or to 1024 (paper)."""
        widths = (8, 16, 32, 64) if scale == "quick" else (16, 64, 256, 1024)
        problem = integrator_problem(0.5, 1e-2)
        return [
            Trial(
                1.0 / width,
                Experiment(problem, width, seeds=128, training_time=14.0, records=57, step_size=0.25),
            )
            for width in widths
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, 1): half-times."""
        return half_time(networks.training_time.values, networks.loss.values)[:, None]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The typical draw's half-time, the same for every seed."""
        return self._from(experiment, gram_mean(experiment.problem))

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The half-time from u = v of the same norm."""
        size = gram_mean(experiment.problem)[0, 0]
        return self._from(experiment, size * np.ones((2, 2)))

    def _from(self, experiment: Experiment, gram) -> np.ndarray:
        dynamics = derive(experiment.problem)
        start = dynamics.reduction.start_from_gram(experiment.problem, gram)
        path = dynamics.solve_from(start, experiment.training_time, experiment.records)
        half = half_time(path.training_time.values, path.loss.values)
        return np.full((experiment.seeds, 1), float(half))

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(np.nanmean(values))


seed_band = SeedBand()
