"""Figure: the variance that a method explains says nothing of whether the attractors it reports are there."""

import numpy as np

from paper_figures import method_runs
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE

_MARKS = "osD^vP*X"


class PredictionOrMechanism(Figure):
    """R^2 one bin ahead against the rates of hallucinations and misses, one dot a method."""

    name = "prediction_or_mechanism"
    title = "Explained variance ranks methods wrongly: it does not say how often their attractors are there"
    paper = "derived here"
    caption = (
        f"{method_runs.SAID} One dot a method: variance explained one bin ahead of held-out histories, mean over "
        "all settings, against a: how often a line or another attractor is claimed of the chain; b: how often none is "
        "claimed of the line attractor. Bars: 95% intervals over draws (Wilson's or bootstrap, the wider). Lines, of "
        "theory: the most that anybody can explain who knows the circuit (solid), and what the regression over one "
        "bin of an endless recording explains (dotted), mean over fractions and four draws."
    )
    runtime = "3 min"

    def experiments(self, scale: str) -> list:
        """Six methods, two families, in every setting."""
        return method_runs.examinations(scale)

    def draw(self, scale: str, store):
        """Two panels: the chain and the line."""
        import matplotlib.pyplot as plt

        found = method_runs.rows(scale, store)
        table = method_runs.rates(found).set_index(["rate", "method"])
        figure, axes = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.6), sharey=True)
        panels = zip(axes, "HM", method_runs.FAMILIES, ("a  chain: hallucinations", "b  line: misses"), strict=True)
        for place, rate, system, title in panels:
            theory = [method_runs.endless(system, fraction) for fraction in method_runs.FRACTIONS[scale]]
            for which, style in (("best", "-"), ("R2", ":")):
                place.axvline(np.mean([one[which] for one in theory]), color="0.4", lw=1.0, ls=style)
            of_family = found[found.attractor == (rate == "M")]
            for number, name in enumerate(method_runs.METHODS):
                row = table.loc[(rate, name)]
                low, high = min(row.low, row.wilson_low), max(row.high, row.wilson_high)
                x = of_family.R2_1[of_family.method == name].mean()
                place.errorbar(
                    x, 100 * row.value, 100 * np.array([[row.value - low], [high - row.value]]), fmt=_MARKS[number],
                    color=PALETTE[number % len(PALETTE)], ms=5, elinewidth=0.8, label=name,
                )  # fmt: skip
            place.set(xlabel="variance explained one bin ahead, R\N{SUPERSCRIPT TWO}", title=title, ylim=(-4, 104))
        axes[0].set_ylabel("errors of claims (%)")
        axes[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


prediction_or_mechanism = PredictionOrMechanism()
