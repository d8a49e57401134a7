"""Figure: a limit cycle is fitted by an oscillation that decays, and the later the more neurons are seen."""

import numpy as np

from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.partial_observation import limit_cycle_seen as law

_NEURONS, _NOISE, _BIN = 600, 0.4, 0.1
_FRACTIONS = (0.01, 0.03, 0.1, 0.3, 1.0)


class LimitCycleSeen(Figure):
    """Timescale and frequency of the fitted pair of modes."""

    name = "limit_cycle_seen"
    title = "A limit cycle never decays; the fit's oscillation does, after a time set by the neurons recorded"
    paper = "limit cycles of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024 (setting); law derived here"
    cites = ("qian2024partial",)
    caption = (
        "Nonlinear circuits of 600 neurons and rank 2 turn on a limit cycle; a random fraction is recorded for "
        "2,000 time constants in bins of 0.1 and fitted by one-step prediction with a linear network. With q = d "
        "s^2 r^2 / (2 Q), the cycle's variance over that of the private noise in the d neurons recorded, the fit "
        "turns at q/(1 + q) of the true speed (a) and decays in 1 + q (b). Lines: this law for many neurons; "
        "dotted: the circuit's own speed at infinite width. Dots: mean and range over 6 circuits and recordings. "
        "The law leaves out that few neurons see the two axes of the cycle unequally, and then turn slower still "
        "or not at all, and that the phase diffuses as one over all neurons, which tells where all are seen."
    )
    runtime = "½ min"

    def _fitting(self, fraction: float, scale: str) -> Fitting:
        samples = 20_000 if scale == "quick" else 200_000
        options = {"neurons": _NEURONS, "noise": _NOISE}
        return Fitting(
            circuits.limit_cycle_circuit, options, fraction=fraction, bin_size=_BIN, samples=samples, draws=6
        )

    def experiments(self, scale: str) -> list[Fitting]:
        """Five fractions."""
        return [self._fitting(fraction, scale) for fraction in _FRACTIONS]

    def draw(self, scale: str, store):
        """Two panels: frequency and timescale."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        slowest = [self._fitting(f, scale).run(store, progress=False).eigenvalue.values[:, 0] for f in _FRACTIONS]
        rates = np.log(np.stack(slowest, axis=1)) / _BIN
        numbers = np.round(np.array(_FRACTIONS) * _NEURONS).astype(int)
        fine = np.unique(np.geomspace(numbers[0] / 2, _NEURONS, 40).astype(int)).tolist()
        lines = [law(number, _NOISE) for number in fine]
        left.axhline(circuits.limit_cycle_at_infinite_width(1.5, 0.3)[1], color="0.4", ls=":", lw=1, label="truth")
        left.plot(fine, [seen.frequency for seen in lines], color=PALETTE[0], label="theory")
        dots(left, numbers, np.abs(rates.imag), PALETTE[0], label="fits")
        right.plot(fine, [seen.timescale for seen in lines], color=PALETTE[0], label="theory")
        dots(right, numbers, -1 / rates.real, PALETTE[0], label="fits")
        left.set(ylabel="frequency\n(radians per time constant)", title="a  frequency", ylim=(0, None))
        right.set(ylabel="timescale (time constants)", title="b  timescale (truth: no decay)", yscale="log")
        for axes in (left, right):
            axes.set(xscale="log", xlabel="neurons recorded, of 600")
        left.legend(loc="lower right")
        return figure


limit_cycle_seen = LimitCycleSeen()
