"""Figure: a pulse tells the truth from its impostor at first order in time, watching at second."""

import numpy as np
import scipy.linalg

from numerics.fitting import Fitting
from numerics.pulsing import Pulsing
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.partial_observation import (
    RecordedCircuit,
    markov_divergence_rate,
    markov_impostor,
    markov_student,
    optimal_pulse,
    pulse_trials_needed,
    recording_time_needed,
)

_NEURONS, _SEEN, _PULSED, _SIZE = 50, 5, 4, 5.0
_TIMES, _BIN, _LAGS = (0.25, 0.5, 1.0, 2.0, 3.0), 0.25, 12
_NUMBERS, _PAUSE, _READOUTS = (1, 2, 3, 5, 8, 13, 20, 30, 40), 10.0, (0.25, 0.5, 1.0, 2.0, 4.0)


class PulsesOrWatching(Figure):
    """Response, autocovariance, and what either needs to reject the impostor."""

    name = "pulses_or_watching"
    title = "Perturbing a few neurons tells in a few trials what watching them hardly tells at all"
    paper = "derived here; teacher of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024"
    cites = ("qian2024partial",)
    caption = (
        "A feedforward chain of 50 neurons, the last 5 of which are recorded. Black: the circuit; blue: the Markov "
        "network of those neurons, which has the same covariance. a: mean response of the neuron farthest upstream "
        "after a pulse of size 5 to it: the slopes differ from the start. Dots: mean and range over 16 sessions of "
        "400 trials. b: autocorrelation of the same neuron: the same slope, and a difference of second order. "
        "Dots: mean and range over 16 recordings of 2,500 time constants. c: time needed to reject the network "
        "with errors of 5% over the number of neurons recorded: by watching, noiselessly and continuously, and by "
        "the best pulse of the size of one standard deviation (root mean variance of those neurons), given every "
        "10 time constants."
    )
    runtime = "¼ min"
    claims = ("pulse_response",)

    def _pulsing(self, time: float) -> Pulsing:
        pulse = tuple(_SIZE * (neuron == _PULSED) for neuron in range(_SEEN))
        options = {"neurons": _NEURONS}
        return Pulsing(circuits.feedforward_chain, options, range(_SEEN), pulse, time, trials=400)

    def _fitting(self) -> Fitting:
        options = {"neurons": _NEURONS}
        return Fitting(
            circuits.feedforward_chain, options, observed=range(_SEEN), bin_size=_BIN, draws=16, lags=_LAGS
        )

    def experiments(self, scale: str) -> list:
        """Five readouts after a pulse, and recordings without."""
        return [*(self._pulsing(time) for time in _TIMES), self._fitting()]

    def draw(self, scale: str, store):
        """Three panels: response, autocorrelation, time needed."""
        import matplotlib.pyplot as plt

        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(2 * COLUMN, 2.5))
        chain = circuits.feedforward_chain(_NEURONS)
        seen = range(_SEEN)
        student = markov_student(chain, seen).recurrence - np.eye(_SEEN)
        fine = np.linspace(0, _TIMES[-1], 40)
        left.plot(fine, [_SIZE * scipy.linalg.expm(chain.drift * t)[_PULSED, _PULSED] for t in fine], color="black")
        left.plot(fine, [_SIZE * scipy.linalg.expm(student * t)[_PULSED, _PULSED] for t in fine], color=PALETTE[0])
        after = [self._pulsing(time).run(store, progress=False).after.values[:, _PULSED] for time in _TIMES]
        dots(left, _TIMES, np.stack(after, axis=1), "black")
        left.set(xlabel="time (time constants)", ylabel="mean activity of the pulsed neuron", title="a  pulse")

        for circuit, chosen, colour, label in (
            (chain, seen, "black", "circuit"),
            (markov_impostor(chain, seen), None, PALETTE[0], "network"),
        ):
            covariances = RecordedCircuit(circuit, chosen, bin_size=fine[1]).lagged_covariance(range(fine.size))
            own = covariances[:, _PULSED, _PULSED]
            middle.plot(fine, own / own[0], color=colour, label=label)
        recorded = self._fitting().run(store, progress=False).autocovariance.values[:, :, _PULSED]
        every = slice(1, None, 2)
        lags = _BIN * np.arange(_LAGS + 1)
        dots(middle, lags[every], (recorded / recorded[:, :1])[:, every], "black", label="sampled")
        middle.set(xlabel="lag (time constants)", ylabel="autocorrelation of that neuron", title="b  watching")
        middle.set_ylim(0, 1.02)
        middle.legend(loc="lower left")

        watching = [recording_time_needed(markov_divergence_rate(chain, range(number))) for number in _NUMBERS]
        right.plot(_NUMBERS, watching, "o-", ms=2.6, color=PALETTE[2], label="watching")
        pulsing = [_PAUSE * _trials(chain, number) for number in _NUMBERS]
        right.plot(_NUMBERS, pulsing, "s-", ms=2.6, color=PALETTE[1], label="pulses")
        right.set(xscale="log", yscale="log", title="c  cost")
        right.set(xlabel="neurons recorded", ylabel="time needed (time constants)")
        right.legend()
        return figure


def _trials(chain, number: int) -> float:
    """With the best pulse and readout, at the best of a few times."""
    seen = range(number)
    size = np.sqrt(np.trace(chain.covariance()[:number, :number]) / number)
    best = np.inf
    for time in _READOUTS:
        pulse, readout = optimal_pulse(chain, seen, time)
        best = min(best, pulse_trials_needed(chain, seen, size * pulse, time, readout))
    return max(best, 1.0)


pulses_or_watching = PulsesOrWatching()
