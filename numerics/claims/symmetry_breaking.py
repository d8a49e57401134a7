"""Units without cross-connections that start at random: the largest run ahead, and learn for all."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.identical_units import diagonal_problem
from numerics.claims.integrator_half_time import half_time
from numerics.experiment import Experiment
from theory.initialisations import Gaussian
from theory.reductions import AlignedUnits

_LEARNED = 0.02  # of the initial loss: the timescale has been learned, not only the residue


class SymmetryBreaking(Claim):
    """When the loss has fallen to 2%, draw by draw, as the initial scale goes to zero.

    What is left out, the halves (u - v)/2 of a draw, are of the order of the scale and decay; they enter residues and
    poles by their squares.
    """

    name = "symmetry_breaking"
    sentence = (
        "The training time at which N independent units have learned a timescale is that of their aligned halves "
        "(u + v)/2, of which the largest take over, as the initial scale vanishes."
    )
    kind = "asymptotic"
    parameter = "initial scale"
    exponent = 2.0
    exponent_tolerance = 0.1
    control = "identical units of the same sum of residues, whose symmetry nothing breaks"
    headline = "training time at which the loss has fallen to 2%, at the smallest scale"
    reference = "aligned units (derived here); task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Four initial scales, at 16 units (quick) or 64 (paper)."""
        width, end = (16, 16.0) if scale == "quick" else (64, 30.0)
        return [
            Trial(
                initial,
                Experiment(
                    diagonal_problem(Gaussian(initial, initial)), width, 6, end, records=161, step_size=0.05
                ),
            )
            for initial in (0.2, 0.1, 0.05, 0.025)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, 1): times."""
        return half_time(networks.training_time.values, networks.loss.values, _LEARNED)[:, None]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The aligned halves of each draw."""
        return self._solved(experiment, lambda z: z)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """Each unit at the root mean square of the aligned halves."""
        return self._solved(experiment, lambda z: np.full_like(z, np.sqrt(np.mean(z**2))))

    def _solved(self, experiment: Experiment, adapt) -> np.ndarray:
        reduction, times = AlignedUnits(experiment.width), []
        # identical units are slower by far
        end, records = 4 * experiment.training_time, 4 * (experiment.records - 1) + 1
        for seed in range(experiment.seeds):
            z, w = np.split(np.asarray(reduction.start(experiment.problem, experiment.width, seed)), 2)
            time, _, loss = reduction.follow(experiment.problem, np.concatenate([adapt(z), w]), end, records)
            times.append(half_time(time, loss, _LEARNED))
        return np.array(times)[:, None]

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(np.nanmean(values))


symmetry_breaking = SymmetryBreaking()
