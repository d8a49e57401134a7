"""Figure: methods that predict well can answer pulses wrongly, where most neurons are hidden."""

import numpy as np

from paper_figures import method_runs
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE

_MARKS = "osD^vP*X"


class PulsesAgainstPrediction(Figure):
    """Unexplained variance against the error of responses to pulses."""

    name = "pulses_against_prediction"
    title = "What predicts well need not answer pulses as the circuit does"
    paper = "derived here"
    caption = (
        f"{method_runs.SAID} One dot a method: what it does not explain one bin ahead, which is seen passively, "
        "against the error of its response to pulses of single channels over the size of the circuit's own, from the "
        "same hidden state. Medians and quartiles over all fits. Above the dotted line no response at all would be "
        "better. Lines, of theory: the regression over one bin of an endless recording, at each observed fraction, the "
        "smallest the darkest."
    )
    runtime = "3 min"

    def experiments(self, scale: str) -> list:
        """Six methods, two families, in every setting."""
        return method_runs.examinations(scale)

    def draw(self, scale: str, store):
        """Two panels: the chain and the line."""
        import matplotlib.pyplot as plt
        from matplotlib.ticker import NullLocator

        found = method_runs.rows(scale, store)
        figure, axes = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.6), sharey=True)
        for place, system, title in zip(axes, method_runs.FAMILIES, ("a  chain", "b  line attractor"), strict=True):
            place.axhline(1.0, color="0.4", ls=":", lw=0.8)
            fractions = method_runs.FRACTIONS[scale]
            for number, fraction in enumerate(fractions):
                place.axhline(
                    method_runs.endless(system, fraction)["response"], color=str(0.6 * number / len(fractions)), lw=1.2
                )
            of_family = found[found.system == system.id]
            for number, name in enumerate(method_runs.METHODS):
                own = of_family[of_family.method == name]
                x, y = (np.quantile(values, [0.25, 0.5, 0.75]) for values in (1 - own.R2_1, own.response_single))
                place.errorbar(
                    x[1], y[1], [[y[1] - y[0]], [y[2] - y[1]]], [[x[1] - x[0]], [x[2] - x[1]]], fmt=_MARKS[number],
                    color=PALETTE[number % len(PALETTE)], ms=5, elinewidth=0.8, label=name,
                )  # fmt: skip
            place.set(xscale="log", yscale="log", xlabel="unexplained variance, 1 - R\N{SUPERSCRIPT TWO}", title=title)
            for axis, ticks in ((place.xaxis, (0.1, 0.2, 0.5, 1.0)), (place.yaxis, (0.5, 1.0, 2.0, 4.0))):
                axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
                axis.set_minor_locator(NullLocator())
            place.set_xlim(0.09, 1.3)
        axes[0].set_ylabel("error of the response to pulses")
        axes[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


pulses_against_prediction = PulsesAgainstPrediction()
