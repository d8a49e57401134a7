"""Figure: feedforward or recurrent? Two impulses, and what a start near the aligned one does to the transition."""

import numpy as np

from numerics.claims.final_time_modes import final_time_problem, modes_path
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.final_time_modes import aligned_loss
from theory.initialisations import Aligned

_RATIOS, _WIDTH, _STRENGTH, _NOISE = (0.2, 0.4, 0.6, 0.8, 1.1, 1.3, 1.5), 8, 0.1, 0.02


def best_response(length: int, ratio: float) -> float:
    """Response to the first impulse, over the impulse, of the best aligned mode: 0 feedforward, 1 recurrent.

    The loss is least over ac at `ac = (1 + ratio b^(T-1)) / sum_k b^2k`, which leaves
    `-1/2 (1 + ratio b^(T-1))^2 / sum_k b^2k`; its least value over b is found on a grid.
    """
    b = np.concatenate([np.linspace(0.0, 3.0, 3001), np.geomspace(3.0, 1e6, 2000)])
    powers = (b[:, None] ** (2 * np.arange(length))).sum(axis=1)
    strength = (1 + ratio * b ** (length - 1)) / powers
    best = np.argmax(strength**2 * powers)
    return float(strength[best] * b[best] ** (length - 1) / ratio)


class FinalTimeTransition(Figure):
    """The best aligned mode; where training leads at T = 3 and T = 5; how nearly aligned networks leave."""

    name = "final_time_transition"
    title = "Feedforward or recurrent: a transition of aligned networks, which nearly aligned ones leave"
    paper = "Proca, Domine, Shanahan & Mediano, ICML 2025, PMLR 267, figure 4 (setting); analysis derived here"
    cites = ("proca2025learning",)
    caption = (
        "Networks learn the last output of a sequence, which depends on its first input (strength: the ratio) and its "
        "last (strength 1). a: response to the first impulse, over that impulse, of the best aligned mode: T = 2 has "
        "no transition, T = 3 a continuous one at ratio 1/2 and T = 5 a jump at 1 (published: first order for T > 3). "
        "b, c: where training leads from recurrent strength .05 and .5: the equations of an aligned mode (lines), a "
        "network of 8 units aligned with the task (filled; both after training time 15), and networks that are nearly "
        "so (open: mean and range of seeds, noise of scale .02, after 100). At T = 5 feedforward and recurrent "
        "solutions coexist and the start decides. Nearly aligned networks need not stay on either: at T = 3, and at "
        "T = 5 from the stronger recurrence, they recruit a further direction and answer both impulses, also at ratios "
        "where the aligned mode is feedforward. d: their loss at T = 5, ratio 1.1, leaves that of the aligned mode "
        "(line) early, and by way of another plateau reaches zero."
    )
    runtime = "1 min"
    claims = ("final_time_modes",)

    def _training(self, length: int, ratio: float, recurrent: float, noise: float, scale: str) -> Experiment:
        problem = final_time_problem(_targets(length, ratio), Aligned(_STRENGTH, recurrent, _STRENGTH, noise))
        if noise == 0.0:
            return Experiment(problem, _WIDTH, seeds=1, training_time=15.0, records=2, step_size=0.01)
        seeds = 6 if scale == "quick" else 24
        return Experiment(problem, _WIDTH, seeds, training_time=100.0, records=26, step_size=0.02)

    def experiments(self, scale: str) -> list:
        """Every length, ratio, start and noise."""
        return [
            self._training(length, ratio, recurrent, noise, scale)
            for length, recurrent in ((3, 0.05), (5, 0.05), (5, 0.5))
            for ratio in _RATIOS
            for noise in (0.0, _NOISE)
        ]

    def draw(self, scale: str, store):
        """Four panels."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(2, 2, figsize=(1.5 * COLUMN, 4.2))
        ratios = np.linspace(0.05, 1.6, 156)
        for length, colour in zip((2, 3, 5), PALETTE, strict=False):
            best = [best_response(length, ratio) for ratio in ratios]
            panels[0, 0].plot(ratios, best, color=colour, label=f"T = {length}")
        self._ends(panels[0, 1], 3, 0.05, PALETTE[0], scale, store)
        for recurrent, colour in zip((0.05, 0.5), PALETTE, strict=False):
            self._ends(panels[1, 0], 5, recurrent, colour, scale, store)
        titles = ("a  best aligned mode", "b  trained, T = 3", "c  trained, T = 5")
        for axes, title in zip(panels.flat, titles, strict=False):
            axes.set(title=title, xlabel="ratio of the impulses", ylabel="response to the first", ylim=(-0.05, 1.1))
        for axes in (panels[0, 0], panels[1, 0]):
            axes.legend(loc="center left")
        self._losses(panels[1, 1], scale, store)
        return figure

    def _ends(self, axes, length: int, recurrent: float, colour, scale: str, store) -> None:
        ratios, ends = np.linspace(0.05, 1.6, 32), []
        for ratio in ratios:
            start = Aligned(_STRENGTH, recurrent, _STRENGTH)
            a, b, c = modes_path(_targets(length, ratio), start, [0.0, 15.0])[-1, :, 0]
            ends.append(c * b ** (length - 1) * a / ratio)
        axes.plot(ratios, ends, color=colour, label=f"from b(0) = {recurrent:g}")
        for noise in (0.0, _NOISE):
            trained = [self._training(length, ratio, recurrent, noise, scale) for ratio in _RATIOS]
            lags = [each.run(store, progress=False).impulse_response.values[:, -1, :, 0, 0] for each in trained]
            response = np.stack([lag[:, length - 1] for lag in lags], axis=1) / _RATIOS
            if noise:
                dots(axes, _RATIOS, response, colour)
            else:
                axes.plot(_RATIOS, response[0], ".", ms=5, color=colour)

    def _losses(self, axes, scale: str, store) -> None:
        targets, start = _targets(5, 1.1), Aligned(_STRENGTH, 0.5, _STRENGTH)
        times = np.linspace(0.0, 100.0, 101)
        a, b, c = np.moveaxis(modes_path(targets, start, times), 1, 0)
        axes.plot(times, [float(aligned_loss(*mode, targets)) for mode in zip(a, b, c, strict=True)], color=PALETTE[1])
        networks = self._training(5, 1.1, 0.5, _NOISE, scale).run(store, progress=False)
        for loss in networks.loss.values:
            axes.plot(networks.training_time, loss, "o", ms=2, mfc="white", mew=0.5, color=PALETTE[1])
        axes.set(yscale="log", ylim=(1e-8, 2), title="d  T = 5, ratio 1.1", xlabel="training time", ylabel="loss")


def _targets(length: int, ratio: float) -> np.ndarray:
    targets = np.zeros((length, 1))
    targets[0], targets[-1] = ratio, 1.0
    return targets


final_time_transition = FinalTimeTransition()
