"""Figure: the leaderboard of six methods, by the worse of what they invent and what they miss."""

import numpy as np

from paper_figures import method_runs
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE

_COLOURS = {"H": PALETTE[1], "M": PALETTE[0]}
_WORDS = {"H": "invented from the chain (H)", "M": "line attractor missed (M)"}


class MethodStandings(Figure):
    """H and M of every method with intervals."""

    name = "method_standings"
    title = "No method of six is spared both errors: what each invents, and what it misses"
    paper = "derived here"
    caption = (
        f"{method_runs.SAID} Rates over all observed fractions and recording times with 95% intervals over draws "
        "(Wilson's or bootstrap, the wider); methods by the larger of their two rates, the best above. Lines, of "
        "theory (dashed for the chain): the share of settings in which the regression over one bin of an endless "
        "recording errs."
    )
    runtime = "3 min"

    def experiments(self, scale: str) -> list:
        """Six methods, two families, in every setting."""
        return method_runs.examinations(scale)

    def draw(self, scale: str, store):
        """One panel."""
        import matplotlib.pyplot as plt

        table = method_runs.rates(method_runs.rows(scale, store)).set_index(["rate", "method"])
        worst = {name: max(table.value[rate, name] for rate in "HM") for name in method_runs.METHODS}
        order = sorted(method_runs.METHODS, key=lambda name: (worst[name], name))
        figure, axes = plt.subplots(figsize=(1.5 * COLUMN, 2.4))
        for rate, system, beside in zip("HM", method_runs.FAMILIES, (-0.12, 0.12), strict=True):
            reported = np.mean([method_runs.endless(system, f)["reported"] for f in method_runs.FRACTIONS[scale]])
            endless, dashes = 100 * (reported if rate == "H" else 1 - reported), "--" if rate == "H" else "-"
            axes.axvline(endless, color=_COLOURS[rate], lw=1.2, ls=dashes, zorder=3 if rate == "H" else 2)
            rows = table.loc[rate].loc[order]
            low, high = np.minimum(rows.low, rows.wilson_low), np.maximum(rows.high, rows.wilson_high)
            axes.errorbar(
                100 * rows.value, np.arange(len(order)) + beside, fmt="o", color=_COLOURS[rate], ms=4, elinewidth=0.9,
                xerr=100 * np.stack([rows.value - low, high - rows.value]), label=_WORDS[rate],
            )  # fmt: skip
        axes.set_yticks(range(len(order)), order)
        axes.set(xlabel="errors (% of fits)", xlim=(-3, 103), ylim=(len(order) - 0.5, -0.5))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


method_standings = MethodStandings()
