"""Figure: one recording, five ways to train, and the slow modes that each reports."""

import dataclasses
import functools

import numpy as np

from numerics.fitting import Fitting
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory import circuits
from theory.circuits.timescales import LINE_LEAST
from theory.partial_observation import standard_procedures, training_procedures
from theory.students import Autoregression

_CIRCUITS = {
    "line attractor": (circuits.symmetric_line_attractor, {"neurons": 100, "slow": 200.0, "fast": 1.0, "seed": 0}, 5),
    "chain with skips": (circuits.feedforward_chain, {"neurons": 60, "skip": 1.0, "rotated": True, "seed": 0}, 6),
}
_SWEPT = {
    "teacher forcing": np.geomspace(0.01, 100, 25),
    "rollout": (1, 2, 3, 5, 8, 12, 20),
    "latent": range(3, 9),
    "forcing": np.linspace(0, 1, 11),
}
_TRAINED = {
    "teacher forcing": (0.03, 0.3, 3.0),
    "rollout": (1, 5, 20),
    "latent": (3, 5, 6),
    "forcing": (0.0, 0.2, 0.5, 1.0),
}
_LABELS = {
    "teacher forcing": "a  teacher forcing, stopped early",
    "rollout": "b  longer views",
    "latent": "c  hidden states",
    "forcing": "d  forcing",
}
_WINDOW = 10  # bins, of forcing
_AXES = {
    "teacher forcing": "training time x mean variance",
    "rollout": "steps of a rollout, lag of a regression",
    "latent": "states in all, 5 or 6 neurons seen",
    "forcing": "forcing towards the data",
}


@functools.cache
def _first_fitting(circuit: str, samples: int) -> Fitting:
    make, options, observed = _CIRCUITS[circuit]
    return Fitting(make, options, observed=range(observed), samples=samples, draws=4)


def _students(circuit: str, settings: dict) -> dict:
    recorded = _first_fitting(circuit, 20_000).endless(0)
    return standard_procedures(
        recorded,
        settings["teacher forcing"],
        settings["rollout"],
        settings["latent"],
        forcings=settings["forcing"],
        window=_WINDOW,
    )


class WaysToTrain(Figure):
    """The slowest reported timescale over training time, length of rollout, lag, and number of hidden states."""

    name = "ways_to_train"
    title = "The way a network is trained decides which slow mode it reports"
    paper = "derived here; teachers of Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024"
    cites = ("qian2024partial",)
    caption = (
        "Slowest timescale reported of 5 of 100 neurons of a symmetric line attractor (blue, truth 200, dotted) and of "
        "6 of 60 of a chain with skips (orange, no slow mode, truth 1), by networks trained in five ways on the same "
        "recordings, bins of 1. Lines: endless recordings, thick where a slow mode is reported (above the grey line, "
        "20, and 10 times the next mode); dots: networks fitted to recordings of 20,000 bins, mean and range over 4. "
        "a: teacher forcing over training time; stopped early, the chain's network has a slower mode than it ends "
        "with. b: rollouts (solid) and regression over a lag (dashed): the longer, the nearer the truth, for both. c: "
        "one state beyond the neurons finds the line; the chain's fits have no single persistent mode left. d: trained "
        "over windows of 10 bins while pulled towards the data, from running freely (0) to teacher forcing (1): in "
        "between the line lasts longest, and the chain's fits have no single persistent mode."
    )
    runtime = "1 min"
    claims = ("markov_limit", "generalised_forcing")

    def _fittings(self, circuit: str, scale: str) -> dict[tuple[str, float], Fitting]:
        first = _first_fitting(circuit, 20_000 if scale == "quick" else 400_000)
        return {
            (procedure, setting): dataclasses.replace(first, student=student)
            for procedure, students in _students(circuit, _TRAINED).items()
            for setting, student in students.items()
            if procedure in _TRAINED
        }

    def experiments(self, scale: str) -> list[Fitting]:
        """Every way to train that is shown by dots, for both circuits."""
        return [fitting for circuit in _CIRCUITS for fitting in self._fittings(circuit, scale).values()]

    def draw(self, scale: str, store):
        """Four panels: training time, rollouts and lags, hidden states, forcing."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(2, 2, figsize=(1.5 * COLUMN, 4.4), sharey=True)
        shown = dict(zip(_SWEPT, panels.flat, strict=True))
        for circuit, colour in zip(_CIRCUITS, PALETTE, strict=False):
            recorded = _first_fitting(circuit, 20_000).endless(0)
            students = _students(circuit, _SWEPT)
            students["lag"] = {float(k): Autoregression(k) for k in _SWEPT["rollout"]}
            predicted = training_procedures(recorded, students)
            for procedure in students:
                swept = predicted.isel(fit=predicted.procedure.values == procedure)
                axes = shown["rollout" if procedure == "lag" else procedure]
                dashes = "--" if procedure == "lag" else "-"
                label = circuit if procedure == "teacher forcing" else None
                axes.plot(swept.setting, swept.slowest, dashes, color=colour, lw=0.9, label=label)
                thick = swept.slowest.where(swept.reported)
                axes.plot(swept.setting, thick, dashes, color=colour, lw=2.6, alpha=0.6)
            for (procedure, setting), fitting in self._fittings(circuit, scale).items():
                slowest = fitting.run(store, progress=False).timescale.values[:, :1]
                dots(shown[procedure], [setting], slowest, colour)
        for procedure, axes in shown.items():
            axes.axhline(LINE_LEAST, color="0.7", lw=0.8, zorder=0)
            axes.axhline(200.0, color=PALETTE[0], lw=0.8, ls=":", zorder=0)
            axes.axhline(1.0, color=PALETTE[1], lw=0.8, ls=":", zorder=0)
            axes.set(yscale="log", xlabel=_AXES[procedure], title=_LABELS[procedure])
            axes.set_xscale("linear" if procedure in ("latent", "forcing") else "log")
        for axes in panels[:, 0]:
            axes.set_ylabel("slowest timescale reported")
        panels[0, 0].legend(loc="lower right")
        return figure


ways_to_train = WaysToTrain()
