"""Figure: expected test loss against the number of trajectories, by sequence and not by time step."""

import numpy as np

from numerics.sequence_regression import SequenceRegression
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.kernels import Erf, LearningCurve, RecurrentLayer, RecurrentNetwork

_RIDGES = (0.3, 1.0)


class LearningCurves(Figure):
    """Two ridges: the formula for sequences, the one for independent time steps, and regression."""

    name = "learning_curves"
    title = "The test loss of lazy networks falls with the number of trajectories, whose times are not independent data"
    paper = "derived here; single outputs after Bordelon, Canatar & Pehlevan, arXiv 2002.02561"
    cites = ("bordelon2020spectrum",)
    caption = (
        "Expected test loss of kernel ridge regression with the kernel of a wide erf network, over the number of "
        "trajectories of length 4 it was trained on; targets: a leaky integrator of tanh of the input. Dots: direct "
        "regression on random draws of trajectories (mean and its standard error). Lines: the formula whose unit is a "
        "trajectory. Dashed: the formula that counts every time step as an independent point, which promises too "
        "much. At small ridge and many trajectories regression stays above the line as well: a pool of 240 sequences "
        "is no longer large, and what one of them teaches scatters."
    )
    runtime = "½ min"

    def _regression(self, ridge: float, scale: str) -> SequenceRegression:
        network = RecurrentNetwork(RecurrentLayer(Erf(), 1.2, 1.0, 0.1))
        pool, draws = (240, 100) if scale == "quick" else (600, 400)
        return SequenceRegression(network, (1, 2, 4, 8, 16, 32), ridge, pool, draws=draws)

    def experiments(self, scale: str) -> list:
        """One for each ridge."""
        return [self._regression(ridge, scale) for ridge in _RIDGES]

    def draw(self, scale: str, store):
        """One panel a ridge."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5), sharey=True)
        for axes, ridge in zip(panels, _RIDGES, strict=True):
            regression = self._regression(ridge, scale)
            loss = regression.run(store, progress=False).loss.values
            kernel, targets = regression.kernel_and_targets()
            numbers = np.array(regression.numbers)
            axes.plot(numbers, LearningCurve(kernel, targets, ridge, 200).loss(numbers), color="black", label="theory")
            points = targets.size
            rival = LearningCurve(kernel.reshape(points, 1, points, 1), targets.reshape(-1, 1), ridge, 200)
            by_step = rival.loss(numbers * regression.times)
            axes.plot(numbers, by_step, "--", color=PALETTE[1], label="independent time steps")
            error = loss.std(0, ddof=1) / np.sqrt(len(loss))
            axes.errorbar(
                numbers, loss.mean(0), error, fmt="o", ms=3, mfc="white", color=PALETTE[0], label="regression"
            )
            axes.set(xscale="log", yscale="log", xlabel="trajectories", title=f"ridge {ridge:g}")
            axes.set_xticks(numbers, [str(n) for n in numbers])
            axes.minorticks_off()
            axes.legend()
        panels[0].set_ylabel("test loss")
        return figure


learning_curves = LearningCurves()
