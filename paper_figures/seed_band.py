"""Figure: the spread over seeds, predicted as a band."""

import numpy as np

from numerics.claims.integrator_half_time import half_time
from numerics.claims.seed_band import seed_band as claim
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.derivation import derive
from theory.draws import band, gram_mean


class SeedBandFigure(Figure):
    """Loss of many seeds within the predicted band; spread of the half-time against width."""

    name = "seed_band"
    title = "A random draw enters learning through its Gram matrix: the band over seeds, predicted"
    paper = "derived here; setting of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754"
    cites = ("bordelon2025integrate",)
    caption = (
        "a: population loss of 128 networks of width 8 that learn exp(-0.5 t) from different seeds (thin), and the "
        "predicted band (coloured: 5 and 95% of draws; black: the typical draw of an infinitely wide network). b: "
        "standard deviation over 128 seeds of the training time at which the loss has halved, with its standard "
        "error, and the prediction from 200 random Gram matrices at each width (line), which falls as 1/sqrt(N)."
    )
    runtime = "1 min"
    claims = ("seed_band",)

    def experiments(self, scale: str) -> list[Experiment]:
        """Those of the claim."""
        return [trial.experiment for trial in claim.trials(scale)]

    def draw(self, scale: str, store):
        """Two panels: losses with the band, spread of half-times."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        experiments = self.experiments(scale)
        first = experiments[0]
        dynamics = derive(first.problem)
        networks = first.run(store, progress=False)
        left.plot(networks.training_time, networks.loss.T, color="0.65", lw=0.3)
        spread = band(dynamics, first.training_time, first.width, 200)
        low, high = np.quantile(spread.loss, [0.05, 0.95], axis=0)
        for quantile, label in ((low, "theory, 5 and 95%"), (high, None)):
            left.plot(spread.training_time, quantile, color=PALETTE[1], label=label, zorder=4)
        start = dynamics.reduction.start_from_gram(first.problem, gram_mean(first.problem))
        typical = dynamics.solve_from(start, first.training_time)
        left.plot(typical.training_time, typical.loss, color="black", label="theory, typical draw", zorder=4)
        left.plot([], [], color="0.65", lw=0.8, label="networks")
        left.set(
            xlabel="training time", ylabel="population loss", title=f"a  width {first.width}", xlim=(3, 11)
        )
        left.legend()
        widths, predicted = [], []
        for experiment in experiments:
            networks = experiment.run(store, progress=False)
            halves = half_time(networks.training_time.values, networks.loss.values)
            spread = band(
                dynamics, experiment.training_time, experiment.width, 200, records=experiment.records
            )
            widths.append(experiment.width)
            predicted.append(np.std(half_time(spread.training_time.values, spread.loss.values), ddof=1))
            sd = np.std(halves, ddof=1)
            right.errorbar(
                experiment.width,
                sd,
                sd / np.sqrt(2 * halves.size),
                fmt="o",
                ms=4,
                mfc="white",
                color=PALETTE[0],
            )
        right.plot(widths, predicted, color="black", label="theory")
        right.errorbar([], [], [], fmt="o", ms=4, mfc="white", color=PALETTE[0], label="networks")
        right.set(
            xscale="log",
            yscale="log",
            xlabel="width N",
            ylabel="spread of the half-time\n(training time)",
            title="b  spread over seeds",
        )
        right.set_xticks(widths, [str(w) for w in widths])
        heights = [0.1, 0.15, 0.2, 0.3, 0.4]
        right.set_yticks(heights, [str(height) for height in heights])
        right.minorticks_off()
        right.legend()
        return figure


seed_band = SeedBandFigure()
