"""Figure: training on samples approaches the population curve, and stops at a predicted floor."""

from numerics.claims.sampled_training import DURATION, STEP, sampled_experiment
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.derivation import derive
from theory.sampling import noise_floor, solution_curvatures

_BATCHES, _NOISE, _END = (1, 4, 16), 0.1, 60.0


class SampledTraining(Figure):
    """Loss on samples against the population theory, without and with observation noise."""

    name = "sampled_training"
    title = "Training as people do it: on samples, with noise, towards the population curve"
    paper = "derived here"
    caption = (
        "Networks of width 16 learn a discrete-time memory of pole 0.7 by gradient descent on minibatches of fresh "
        "trajectories of 50 scored steps, with back-propagation through time. Black: the population theory for the "
        "same step size, for the draw of the first seed. a: exact targets; the population loss of that network "
        "approaches the curve as the batch grows. b: targets with observation noise of standard "
        "deviation 0.1: the loss stops where noise and descent balance; dashed: that floor, predicted from the "
        "curvatures at the solution. Dots: mean over four networks."
    )
    runtime = "1 min"
    claims = ("sampled_training",)

    def _experiment(self, batch: int, noise: float) -> Experiment:
        return sampled_experiment(batch, _END, noise, width=16, seeds=4, records=241)

    def experiments(self, scale: str) -> list[Experiment]:
        """Three batch sizes, without and with noise."""
        return [self._experiment(batch, noise) for noise in (0.0, _NOISE) for batch in _BATCHES]

    def draw(self, scale: str, store):
        """Two panels: without and with observation noise."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        problem = self._experiment(1, 0.0).problem
        dynamics = derive(problem)
        path = dynamics.solve(_END, 16, 0, 1201)
        curvatures = solution_curvatures(dynamics, 400.0, 16)
        for axes, noise, title in zip(
            panels, (0.0, _NOISE), ("a  exact targets", "b  noisy targets"), strict=True
        ):
            for colour, batch in zip(PALETTE, _BATCHES, strict=False):
                networks = self._experiment(batch, noise).run(store, progress=False)
                if noise:
                    floor = noise_floor(curvatures, noise, STEP, batch, DURATION)
                    axes.axhline(floor, color=colour, ls="--", lw=1)
                    shown = networks.loss.mean("seed")
                    axes.plot(
                        networks.training_time[::6],
                        shown[::6],
                        "o",
                        ms=2.6,
                        mfc="white",
                        mew=0.8,
                        color=colour,
                    )
                else:
                    axes.plot(networks.training_time, networks.loss[0], color=colour, lw=0.8)
                axes.plot([], [], color=colour, label=f"batch {batch}")
            axes.plot(path.training_time, path.loss, color="black", label="population theory")
            axes.set(xlabel="training time", ylabel="population loss", title=title)
            axes.legend(loc="upper right")
        panels[0].set(xlim=(0, 8), ylim=(0, None))
        panels[1].set(yscale="log", ylim=(1e-7, 2))
        return figure


sampled_training = SampledTraining()
