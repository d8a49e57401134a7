"""How long a dense network waits on its first plateau, against the scale of its initial weights."""

import functools

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import dense_problem
from numerics.scale_pair import ScalePair
from theory import teachers
from theory.h2_reduction import reduced_models

# (rates, residues) of two modes; the first plateau of each relaxes faster than it is left
REFERENCE = ((0.3, 2.5), (1.0, -1.5))
TARGETS = (REFERENCE, ((0.3, 4.0), (1.0, -2.0)), ((0.4, 2.0), (1.0, -1.5)))
_RATIO = 2.0


class FirstPlateau:
    """The first plateau of a target of modes in continuous time: its loss, and the rate at which it is left.

    Args:
        target: (rates, residues).
    """

    def __init__(self, target):
        teacher = teachers.sum_of_exponentials(*target)
        best = reduced_models(teacher, 1, starts=6)[0]
        self.initial, self.loss, self.rate = float(teacher.norm() ** 2 / 2), best.loss, -float(best.poles[0].real)
        self.residue = float(best.system.C[0, 0] * best.system.B[0, 0])
        at_leak = sum(a / (1 + c) for c, a in zip(*target, strict=True))
        self.arrival_rate = abs(at_leak)
        self.diagonal_rate = abs(at_leak - self.residue / (1 + self.rate))
        self.dense_rate = self.diagonal_rate * (1 + abs(self.residue) / (1 - self.rate) ** 2)

    @property
    def fractions(self) -> tuple[float, float]:
        """Of the initial loss: half-way down to the plateau, and half-way from there to zero."""
        return (self.initial + self.loss) / (2 * self.initial), self.loss / (2 * self.initial)


@functools.lru_cache(maxsize=16)
def first_plateau(target) -> FirstPlateau:
    """The first plateau, found once."""
    return FirstPlateau(target)


class PlateauLength(Claim):
    """What a factor in the initial scale adds to the first plateau, per unit of its logarithm, draw by draw.

    From a random W(0) of scale eps the direction in which a dense network leaves is of size eps on arrival, and
    corrected by the square of it: a relative gap of order eps.
    """

    name = "plateau_length"
    sentence = (
        "The first plateau of a dense network with a small random recurrence lasts longer by 1 / r_1 for each factor "
        "of e in the initial scale, with r_1 = |E_1(1)| (1 + |a| / (1 - c)^2) of the plateau's own pole and residue."
    )
    kind = "asymptotic"
    parameter = "initial scale"
    exponent = 1.0
    exponent_tolerance = 0.2
    control = "the rate of units without cross-connections, r_1 = |E_1(1)|"
    headline = "training time that a factor of e in the scale adds to the first plateau"
    reference = "escape rates (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """Four scales, each with its half, at width 8 for the reference target (quick), or 32 for three (paper)."""
        width, targets = (8, TARGETS[:1]) if scale == "quick" else (32, TARGETS)
        return [
            Trial(
                initial,
                ScalePair(
                    dense_problem(teachers.sum_of_exponentials(*target), initial, initial),
                    width,
                    first_plateau(target).fractions,
                    _RATIO,
                    training_time=110.0,
                    records=221,
                    step_size=0.1,
                ),
                group=f"rates {target[0]}",
            )
            for target in targets
            for initial in (3e-3, 1.5e-3, 7.5e-4, 3.75e-4)
        ]

    def measured(self, experiment: ScalePair, networks) -> np.ndarray:
        """(seed, 1)."""
        lengths = np.diff(networks.crossing.values, axis=-1)[..., 0]
        return np.diff(lengths, axis=-1) / np.log(experiment.ratio)

    def predicted(self, experiment: ScalePair) -> np.ndarray:
        """One over the rate of a dense network."""
        return self._slope(experiment, "dense_rate")

    def rival(self, experiment: ScalePair) -> np.ndarray:
        """One over the rate of independent units."""
        return self._slope(experiment, "diagonal_rate")

    def _slope(self, experiment: ScalePair, which: str) -> np.ndarray:
        modes = experiment.problem.teacher.modes
        target = (tuple(-p for p in modes.poles), tuple(modes.residues))
        return np.full((experiment.seeds, 1), 1 / getattr(first_plateau(target), which))

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(np.nanmean(values))


plateau_length = PlateauLength()
