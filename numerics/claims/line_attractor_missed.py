"""How slow a partly observed symmetric line attractor appears, in the mean over circuits."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation import symmetric_line_timescale

FINE = 1e-3
"""A bin so short that the network of an endless recording is the Markov student, to about this relative error."""


class LineAttractorMissed(Claim):
    """The slowest timescale of the network of endless recordings, for many random lines, as circuits grow.

    Its mean is the law at any size; single draws scatter around it as 1 / sqrt(D).
    """

    name = "line_attractor_missed"
    sentence = (
        "A network fitted to a random 10% of the neurons of a symmetric line attractor reports the timescale "
        "f slow + (1 - f) fast, up to a scatter over draws that falls with the square root of the number of neurons."
    )
    kind = "asymptotic"
    parameter = "1/neurons"
    exponent = 0.5
    control = "f slow: the line's timescale diluted, and nothing else"
    headline = "mean slowest timescale"
    reference = "R2 (derived here); teachers of Qian et al., NeurIPS 2024"
    cites = ("qian2024partial",)

    def trials(self, scale: str) -> list[Trial]:
        """Four sizes from 30 to 240 neurons (quick), six to 960 (paper)."""
        return [
            Trial(
                1.0 / neurons,
                Fitting(
                    circuits.symmetric_line_attractor,
                    {"neurons": neurons, "slow": 25.0},
                    fraction=0.1,
                    bin_size=FINE,
                    samples=None,
                    draws=192,
                ),
            )
            for neurons in (30 * 2**k for k in range(4 if scale == "quick" else 6))
        ]

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, 1)."""
        return networks.timescale.values[:, :1]

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """The law, the same for every draw."""
        slow, fast = experiment.circuit_of(0).truth.timescales
        return np.full((experiment.draws, 1), symmetric_line_timescale(experiment.fraction, slow, fast))

    def rival(self, experiment: Fitting) -> np.ndarray:
        """Without the other modes' share."""
        slow, _ = experiment.circuit_of(0).truth.timescales
        return np.full((experiment.draws, 1), experiment.fraction * slow)

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws."""
        return float(values.mean())


line_attractor_missed = LineAttractorMissed()
