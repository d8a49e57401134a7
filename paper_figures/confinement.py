"""Figure: a network leaves the subspace it was confined to, when theory says."""

import warnings

import numpy as np

from numerics.claims.transverse_escape import basis_of, recurrent_outside, three_modes, weights_of
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.derivation import derive
from theory.errors import DomainWarning
from theory.transverse import first_passage

_WIDTH, _END = 16, 300.0
_GAINS = (0.0, 1e-6, 1e-3)
_STEP = 0.075


class ConfinementFigure(Figure):
    """Weights outside the confined subspace, and the loss, for several initial recurrences."""

    name = "confinement"
    title = "Networks leave their subspace at the predicted rate, and then learn what it could not hold"
    paper = "derived here"
    caption = (
        "A network with one input and one output learns a teacher of three modes (rates 0.2, 1, 5; residues 1, -3, 3). "
        "From W(0) = 0 it is confined to two. a: root-mean-square recurrent weight between that subspace and the other "
        "units. Dots: a trained network of width 16, for W(0) = 0, where rounding is all there is, and for random "
        "W(0) of two gains. Lines: the transverse growth predicted along the confined path, for random initial "
        "weights of that size and, for W(0) = 0, for the rounding of every weight at every step of float64 arithmetic, "
        "which is derived, not fitted. "
        "b: the loss. Black: the confined equations, which stay at their saddle for ever; dotted: the training time "
        "at which the weights outside are predicted to reach 0.1, where that is within the axis."
    )
    runtime = "2 min"
    claims = ("transverse_escape",)

    def _experiment(self, gain: float) -> Experiment:
        return Experiment(
            three_modes(gain),
            _WIDTH,
            seeds=1,
            training_time=_END,
            records=101,
            step_size=_STEP,
            weights=True,
        )

    def experiments(self, scale: str) -> list[Experiment]:
        """One network for each gain."""
        return [self._experiment(gain) for gain in _GAINS]

    def draw(self, scale: str, store):
        """Two panels: weights outside, loss."""
        import matplotlib.pyplot as plt

        dynamics = derive(self._experiment(0.0).problem)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DomainWarning)  # it is what the figure shows
            path = dynamics.amplification(dynamics.solve(_END, _WIDTH, 0, 601))
        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        times = path.training_time.values
        right.plot(times, path.loss, color="black", zorder=1, label="confined equations")
        for colour, gain in zip(PALETTE, _GAINS, strict=False):
            experiment = self._experiment(gain)
            networks = experiment.run(store, progress=False).isel(seed=0)
            sizes = recurrent_outside(weights_of(networks), basis_of(experiment, 0))
            label = f"gain {gain:g}" if gain else "W(0) = 0"
            style = {"ms": 2.6, "mfc": "white", "mew": 0.8, "color": colour}
            shown = sizes > 0
            left.plot(networks.training_time[shown][::2], sizes[shown][::2], "o", **style)
            predicted = (
                gain / np.sqrt(_WIDTH) * np.exp(path.log_amplification.values)
                if gain
                else dynamics.rounding_outside(path, _WIDTH, _STEP)
            )
            below = (predicted > 0) & (predicted < 0.3)
            left.plot(times[below], predicted[below], color=colour, label=label)
            right.plot(networks.training_time[::2], networks.loss[::2], "o", **style, label=label)
            right.axvline(first_passage(times, predicted, 0.1), color=colour, ls=":", lw=1)
        left.set(
            yscale="log",
            ylim=(1e-18, 3),
            xlabel="training time",
            ylabel="weight outside the subspace (rms)",
            title="a  weights outside",
        )
        left.legend(loc="lower right")
        right.set(xlabel="training time", ylabel="population loss", title="b  loss", ylim=(0, None))
        right.legend(loc="upper right", frameon=True, framealpha=1.0, edgecolor="none")
        return figure


confinement = ConfinementFigure()
