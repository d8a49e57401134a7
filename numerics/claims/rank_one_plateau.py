"""A recurrence made of two factors: one more plateau, draw by draw."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_half_time import half_time
from numerics.experiment import Experiment
from theory import architectures, initialisations, learning_rules, objectives, teachers
from theory.one_mode import learning_time
from theory.problem import Problem

_RATE = 0.2
_LEARNED = 0.2  # of the initial loss: below the plateau on which the residue is learned and the rate is not


def factors(rate: float):
    """The metric `2 (1 - c)` of balanced rank-one factors."""
    return 2 * (1 - rate)


class RankOnePlateau(Claim):
    """When the rate has been learned, against that of the plane (a, c) with the metric 2 (1 - c).

    A draw enters through its aligned parts, `a(0) = |u + v|^2 / 4` and `1 - c(0) = ((m + n).e)^2 / 4` with e along
    u + v; what is left out is of the order of the scale, and enters by its square.
    """

    name = "rank_one_plateau"
    sentence = (
        "A recurrence of two factors waits a second time, while its factors grow: networks learn the rate when the "
        "plane with the metric M_c = 2 (1 - c) does, as the initial scale vanishes."
    )
    kind = "asymptotic"
    parameter = "initial scale"
    exponent = 2.0
    exponent_tolerance = 0.2
    control = "the plane with the metric of a dense recurrence, M_c = 1"
    headline = "training time at which the loss has fallen to 20%, at the smallest scale"
    reference = "architecture as a metric (derived here); task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Four initial scales at width 8 (quick) or 64 (paper)."""
        width = 8 if scale == "quick" else 64
        return [
            Trial(
                initial,
                Experiment(
                    Problem(
                        teachers.leaky_integrator(_RATE),
                        architectures.LowRank(1),
                        initialisations.Gaussian(initial, initial, initial),
                        objectives.WhiteNoise(),
                        learning_rules.GradientFlow(),
                    ),
                    width,
                    8,
                    training_time=50.0,
                    records=201,
                    step_size=0.05,
                ),
            )
            for initial in (0.2, 0.1, 0.05, 0.025)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, 1): times."""
        return half_time(networks.training_time.values, networks.loss.values, _LEARNED)[:, None]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The plane of rank-one factors."""
        return self._times(experiment, factors)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The plane of a dense recurrence."""
        return self._times(experiment, lambda rate: 1.0)

    def _times(self, experiment: Experiment, metric) -> np.ndarray:
        found = []
        for seed in range(experiment.seeds):
            a, w = aligned_parts(experiment.problem.draw(experiment.width, seed))
            found.append(learning_time(metric, _RATE, a, _LEARNED, start=1 - w))
        return np.array(found)[:, None]

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(np.nanmean(values))


def aligned_parts(weights: dict) -> tuple[float, float]:
    """a(0) and w(0) of the aligned plane of a rank-one network."""
    aligned = np.asarray(weights["input"][:, 0] + weights["readout"][0])
    size = np.linalg.norm(aligned)
    along = (aligned / size) @ np.asarray(weights["left"][:, 0] + weights["right"][:, 0])
    return float(size**2 / 4), float(along**2 / 4)


rank_one_plateau = RankOnePlateau()
