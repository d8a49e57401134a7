"""A pulse shows the circuit's own connections, where watching shows the student's."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.pulsing import Pulsing
from theory import circuits
from theory.partial_observation import markov_student


class PulseResponse(Claim):
    """The slope of the mean response to a pulse at time zero, from ever earlier readouts of ever more trials.

    A readout at t is off by O(t), and noise by 1 / sqrt(t trials): with trials in t^-3 both fall as t. The next term of
    the response, -t/3 of the first, takes some 6% off at the latest readout, .03 in the exponent.
    """

    name = "pulse_response"
    sentence = (
        "After a pulse e to the recorded neurons of a chain their mean response begins with the slope (B_oo - I) e of "
        "their own connections: what autocovariances show at second order in time only, a pulse shows at first."
    )
    kind = "asymptotic"
    parameter = "time of readout"
    exponent = 1.0
    exponent_tolerance = 0.03
    control = "the student's slope (A - I) e, which the autocovariances have too"
    headline = "slope of the pulsed neuron"
    reference = "R8 (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """Readouts at .2 to .025 time constants after 160 to 81,920 pulses (quick); to .00625 (paper)."""
        times = [0.2 / 2**k for k in range(4 if scale == "quick" else 6)]
        return [Trial(time, self._pulsing(time)) for time in times]

    def _pulsing(self, time: float) -> Pulsing:
        return Pulsing(
            circuits.feedforward_chain,
            {"neurons": 20},
            observed=range(4),
            pulse=(0.0, 0.0, 0.0, 5.0),
            time=time,
            trials=round(160 * (0.2 / time) ** 3),
        )

    def measured(self, experiment: Pulsing, networks) -> np.ndarray:
        """(draw, neuron), per unit of pulse and time."""
        change = networks.after.values - networks.before.values
        return change / (experiment.time * np.linalg.norm(experiment.pulse))

    def predicted(self, experiment: Pulsing) -> np.ndarray:
        """By the circuit's own connections among the observed."""
        chosen = np.ix_(experiment.observed, experiment.observed)
        return self._slope(experiment, experiment.circuit_of(0).recurrence[chosen])

    def rival(self, experiment: Pulsing) -> np.ndarray:
        """By the student's."""
        return self._slope(experiment, markov_student(experiment.circuit_of(0), experiment.observed).recurrence)

    def _slope(self, experiment: Pulsing, recurrence: np.ndarray) -> np.ndarray:
        pulse = np.asarray(experiment.pulse) / np.linalg.norm(experiment.pulse)
        return np.tile(recurrence @ pulse - pulse, (experiment.draws, 1))

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws of the pulsed neuron's."""
        return float(values[:, -1].mean())


pulse_response = PulseResponse()
