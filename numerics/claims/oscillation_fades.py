"""What a fit makes of an oscillation of which it sees a part."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.line_attractor_missed import FINE
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation import oscillation_seen

FREQUENCY, TIMESCALE = 1.0, 10.0


class OscillationFades(Claim):
    """Frequency and timescale of the pair of modes of networks of endless recordings, as circuits grow."""

    name = "oscillation_fades"
    sentence = (
        "A network fitted to a random half of the neurons of a circuit that oscillates at w and forgets in T turns at "
        "f w T / (1 - f + f T) and forgets in 1 - f + f T, up to a scatter over draws of order 1/sqrt(neurons)."
    )
    kind = "asymptotic"
    parameter = "1/neurons"
    exponent = 0.5
    control = "the circuit's own frequency, with the timescale diluted as a line attractor's is"
    headline = "frequency of the pair"
    reference = "derived here; after the oscillating teachers of Qian et al., NeurIPS 2024"
    cites = ("qian2024partial",)

    def trials(self, scale: str) -> list[Trial]:
        """Four sizes from 30 to 240 neurons (quick), six to 960 (paper)."""
        return [
            Trial(
                1.0 / neurons,
                Fitting(
                    circuits.oscillating_circuit,
                    {"neurons": neurons, "frequency": FREQUENCY, "timescale": TIMESCALE},
                    fraction=0.5,
                    bin_size=FINE,
                    samples=None,
                    draws=48,
                ),
            )
            for neurons in (30 * 2**k for k in range(4 if scale == "quick" else 6))
        ]

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, 2): frequency and timescale, each over the true one."""
        rates = np.log(networks.eigenvalue.values) / experiment.bin_size
        pair = rates[np.arange(len(rates)), np.argmax(rates.imag, axis=1)]
        return np.stack([pair.imag / FREQUENCY, -1 / pair.real / TIMESCALE], axis=1)

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """The law, the same for every draw."""
        seen = oscillation_seen(experiment.fraction, FREQUENCY, TIMESCALE)
        return np.tile([seen.frequency / FREQUENCY, seen.timescale / TIMESCALE], (experiment.draws, 1))

    def rival(self, experiment: Fitting) -> np.ndarray:
        """The true frequency in place of the law's."""
        return np.stack([np.ones(experiment.draws), self.predicted(experiment)[:, 1]], axis=1)

    def summary(self, values: np.ndarray) -> float:
        """Mean frequency over draws."""
        return float(values[:, 0].mean() * FREQUENCY)


oscillation_fades = OscillationFades()
