"""Figure: an oscillation of which a part is seen is fitted by a slower, shorter one."""

import numpy as np

from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.partial_observation import oscillation_seen as law

_FREQUENCY, _TIMESCALE, _BIN = 1.0, 10.0, 0.05
_FRACTIONS = (0.04, 0.1, 0.2, 0.4, 0.7, 1.0)


class OscillationSeen(Figure):
    """Frequency and timescale of the fitted pair of modes."""

    name = "oscillation_seen"
    title = "A partly seen oscillation is fitted by one that hardly turns"
    paper = "after the oscillating teachers of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024; law derived here"
    cites = ("qian2024partial",)
    caption = (
        "A random plane of a circuit of 100 neurons oscillates at frequency w = 1 and forgets in T = 10 time "
        "constants; a random fraction f of the neurons is recorded for 2,000 time constants in bins of 0.05 and "
        "fitted by one-step prediction. The fit's pair of modes turns at f w T / (1 - f + f T) (a) and lasts 1 - f "
        "+ f T (b): the radians it turns through before it has decayed are f w T (c), and little is left of an "
        "oscillation. Lines: that law, for many neurons; dotted: the truth. Dots: mean and range over 6 circuits "
        "and recordings."
    )
    runtime = "¼ min"
    claims = ("oscillation_fades",)

    def _fitting(self, fraction: float, scale: str) -> Fitting:
        options = {"neurons": 100, "frequency": _FREQUENCY, "timescale": _TIMESCALE}
        samples = 40_000 if scale == "quick" else 800_000
        return Fitting(
            circuits.oscillating_circuit, options, fraction=fraction, bin_size=_BIN, samples=samples, draws=6
        )

    def experiments(self, scale: str) -> list[Fitting]:
        """Six fractions."""
        return [self._fitting(fraction, scale) for fraction in _FRACTIONS]

    def draw(self, scale: str, store):
        """Three panels: frequency, timescale, and their product."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 3, figsize=(2 * COLUMN, 2.4))
        modes = [_turning(self._fitting(f, scale).run(store, progress=False)) for f in _FRACTIONS]
        frequencies, timescales = np.stack(modes, axis=2)
        fine = np.linspace(0.02, 1, 60)
        lines = [law(f, _FREQUENCY, _TIMESCALE) for f in fine]
        for axes, title, label, line, values, truth in zip(
            panels,
            ("a  frequency", "b  timescale", "c  quality"),
            ("frequency\n(radians per time constant)", "timescale (time constants)", "frequency × timescale (radians)"),
            (
                [seen.frequency for seen in lines],
                [seen.timescale for seen in lines],
                [seen.quality for seen in lines],
            ),
            (frequencies, timescales, frequencies * timescales),
            (_FREQUENCY, _TIMESCALE, _FREQUENCY * _TIMESCALE),
            strict=True,
        ):
            axes.axhline(truth, color="0.4", ls=":", lw=1, label="truth")
            axes.plot(fine, line, color=PALETTE[0], label="theory")
            dots(axes, _FRACTIONS, values, PALETTE[0], label="fits")
            axes.set(xlabel="observed fraction f", ylabel=label, title=title, ylim=(0, None))
        panels[0].legend(loc="lower right")
        return figure


def _turning(fits) -> np.ndarray:
    """Frequency and timescale of the fastest turning of the three slowest modes, (2, draw)."""
    rates = np.log(fits.eigenvalue.values[:, :3]) / _BIN
    chosen = np.take_along_axis(rates, np.argmax(rates.imag, axis=1)[:, None], axis=1)[:, 0]
    return np.array([chosen.imag, -1 / chosen.real])


oscillation_seen = OscillationSeen()
