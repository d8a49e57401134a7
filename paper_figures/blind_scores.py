"""Figure: the explained variance by which fits are judged cannot tell a true from an invented slow mode."""

import numpy as np

from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.partial_observation import best_explained_variance, explained_variance

_STEPS = (1, 2, 5, 10, 15, 20)
_PANELS = {
    "a  literal chain, last 20 of 100": ({}, 1.0),
    "b  rotated chain, 20 of 100": ({"rotated": True, "seed": 0}, 0.5),
}


class BlindScores(Figure):
    """R^2 of predicting ahead, for a chain as it is and rotated."""

    name = "blind_scores"
    title = "Explained variance can be blind: a fit with an invented slow mode predicts as well as the truth"
    paper = "derived here; teacher of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024"
    cites = ("qian2024partial",)
    caption = (
        "Variance explained k bins ahead, from the present activity of 20 neurons of a chain of 100, whose modes "
        "all have timescale 1. Black: the best that the circuit's own law allows (a linear prediction fitted anew "
        "for every k); blue: the one-step network of an endless recording, run freely; dots: networks fitted to "
        "recordings of 20,000 bins, scored on the exact law, mean and range over 6. a: the last 20 neurons of the "
        "chain, bins of 1: nothing to be seen in the score of a network whose slowest mode is several times slower "
        "than any that exists. b: 20 neurons after a rotation, bins of 0.5: far ahead, the score tells."
    )
    runtime = "¼ min"
    claims = ("free_running",)

    def _fitting(self, panel: str, scale: str) -> Fitting:
        options, bin_size = _PANELS[panel]
        options = {"neurons": 100, **options}
        samples = 20_000 if scale == "quick" else 400_000
        return Fitting(
            circuits.feedforward_chain, options, observed=range(20), bin_size=bin_size, samples=samples, draws=6
        )

    def experiments(self, scale: str) -> list[Fitting]:
        """The chain and its rotation."""
        return [self._fitting(panel, scale) for panel in _PANELS]

    def draw(self, scale: str, store):
        """Two panels: literal and rotated."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5), sharey=True)
        for axes, panel in zip(panels, _PANELS, strict=True):
            fitting = self._fitting(panel, scale)
            fits, endless = fitting.run(store, progress=False), fitting.endless(0)
            student = fitting.student.fit(endless)
            fine = range(1, 21)
            axes.plot(fine, [best_explained_variance(endless, k) for k in fine], color="black", label="best possible")
            scores = [explained_variance(student.propagator, endless, k) for k in fine]
            label = f"network, slowest mode {student.slowest():.1f}"
            axes.plot(fine, scores, color=PALETTE[0], ls="--", label=label)
            found = [[explained_variance(A, endless, k) for k in _STEPS] for A in fits.propagator.values]
            slowest = fits.timescale.values[:, 0].mean()
            dots(axes, _STEPS, np.array(found), PALETTE[1], label=f"fits, slowest mode {slowest:.1f}")
            axes.set(xlabel="bins ahead k", title=panel, ylim=(-0.02, 1))
            axes.legend(title="truth: slowest mode 1", title_fontsize=6.5)
        panels[0].set_ylabel("explained variance R²")
        return figure


blind_scores = BlindScores()
