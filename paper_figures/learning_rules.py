"""Figure: what learning rules and coloured input make of learning to integrate."""

import numpy as np

from numerics.claims import heavy_ball_plateau
from numerics.claims.coloured_input import RATE as COLOURED_RATE
from numerics.claims.coloured_input import coloured_experiment
from numerics.claims.heavy_ball_plateau import FRICTION, ball_experiment
from numerics.claims.heavy_ball_plateau import RATE as BALL_RATE
from numerics.claims.ignoring_recurrence import RATE as IGNORED_RATE
from numerics.claims.ignoring_recurrence import credited_experiment
from numerics.claims.weight_decay_lengthens import GROUPS, MU, decayed_experiment
from numerics.claims.weight_decay_lengthens import RATE as DECAYED_RATE
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.derivation import derive
from theory.learning_rules import GradientFlow, IgnoringRecurrence, Truncated
from theory.one_pole import decay_shift, decayed_pole, heavy_ball_rate

_FRICTIONS, _TIMES, _OWN = (0.3, FRICTION, 3.0), (0.5, 2.0, 6.0), (0.0, 0.5)
_STRONGER = 2 * MU


class LearningRulesFigure(Figure):
    """Weight decay, missing credit, momentum and coloured input, each against its prediction."""

    name = "learning_rules"
    title = "what weight decay, missing credit, momentum and coloured input do to a learned memory"
    paper = "derived here; task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)
    claims = ("weight_decay_lengthens", "ignoring_recurrence", "heavy_ball_plateau", "coloured_input")
    caption = (
        "a: shift of the learned rate c by weight decay, teacher c* = 0.4: where the loss with its penalty is least "
        "(lines), to first order (dashed), and networks at training time 60 (dots): decay of everything lengthens the "
        "memory. Where some weights do not decay that pole is a saddle of a dense network, which those with the "
        "strongest decay of read-in and readout have begun to leave. b: residue and rate of networks whose recurrence "
        "ignores recurrence (circles, from two starts) and whose errors are back-propagated over a window of 1 "
        "(squares), with the theory of the same draw (lines); grey: the line of false solutions a = 2c/(c + c*); star: "
        "the teacher. c: rate at which a heavy ball leaves the first plateau, networks and "
        "(sqrt(friction^2 + 4r) - friction)/2 (line); dashed: gradient flow at r/friction. d: loss while networks "
        "learn from Ornstein-Uhlenbeck input of correlation time tau, theory (lines) and networks (dots)."
    )
    runtime = "4 min"

    def _decays(self) -> dict:
        twice = {group: dict.fromkeys(decay, _STRONGER) for group, decay in GROUPS.items()}
        return {group: [decayed_experiment(GROUPS[group]), decayed_experiment(twice[group])] for group in GROUPS}

    def _credits(self) -> list:
        # slow memories are stiff: from W(0) = I/2 steps must be short
        ignoring = [
            credited_experiment(IgnoringRecurrence(GradientFlow()), step=0.05 if own else 0.2, own=own) for own in _OWN
        ]
        return [*ignoring, credited_experiment(Truncated(GradientFlow(), 1.0))]

    def _balls(self) -> list:
        return [ball_experiment(1e-4, friction=friction) for friction in _FRICTIONS]

    def _coloured(self) -> list:
        return [coloured_experiment(time) for time in _TIMES]

    def experiments(self, scale: str) -> list:
        """All small, at both scales."""
        decays = [experiment for pair in self._decays().values() for experiment in pair]
        return [*decays, *self._credits(), *self._balls(), *self._coloured()]

    def draw(self, scale: str, store):
        """Four panels."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(2, 2, figsize=(2 * COLUMN, 5.0))
        panels = panels.ravel()
        self._draw_decay(panels[0], store)
        self._draw_credit(panels[1], store)
        self._draw_ball(panels[2], store)
        self._draw_coloured(panels[3], store)
        return figure

    def _draw_decay(self, axes, store) -> None:
        strengths = np.linspace(0.0, 1.15 * _STRONGER, 40)
        for (group, experiments), colour in zip(self._decays().items(), PALETTE, strict=False):
            kinds = GROUPS[group]
            shifts = [decayed_pole(DECAYED_RATE, **dict.fromkeys(kinds, mu))[1] - DECAYED_RATE for mu in strengths]
            first = [decay_shift(DECAYED_RATE, **dict.fromkeys(kinds, mu))[1] for mu in strengths]
            axes.plot(strengths, shifts, color=colour, label=group)
            axes.plot(strengths, first, "--", lw=0.8, color=colour)
            found = [-e.run(store, progress=False).pole.real.values[:, -1, 0] - DECAYED_RATE for e in experiments]
            dots(axes, [MU, _STRONGER], np.stack(found, axis=1), colour)
        axes.axhline(0.0, color="0.8", lw=0.8, zorder=0)
        axes.set(xlabel="weight decay $\\mu$", ylabel="shift of the rate, c - c*", title="a  weight decay")
        axes.legend()

    def _draw_credit(self, axes, store) -> None:
        rates = np.linspace(0.02, 1.1, 200)
        axes.plot(rates, 2 * rates / (rates + IGNORED_RATE), color="0.75", lw=2.5, label="false solutions")
        names = ("ignoring recurrence", None, "window of 1")
        markers, colours = ("o", "o", "s"), (PALETTE[0], PALETTE[0], PALETTE[1])
        for experiment, name, marker, colour in zip(self._credits(), names, markers, colours, strict=True):
            networks = experiment.run(store, progress=False)
            path = derive(experiment.problem).solve(experiment.training_time, experiment.width, 0, 301)
            axes.plot(-path.pole.real[:, 0], path.residue.real[:, 0], color=colour, label=name)
            valid = networks.pole_valid.values[0, :, 0]
            axes.plot(
                -networks.pole.real.values[0, valid, 0], networks.residue.real.values[0, valid, 0],
                marker, ms=3, mfc="white", color=colour,
            )
        axes.plot(IGNORED_RATE, 1.0, "*", ms=9, color="black", zorder=5)
        axes.set(xlabel="rate c", ylabel="residue a", title="b  missing credit", xlim=(0, 1.1), ylim=(0, 2.4))
        axes.legend(loc="upper right")

    def _draw_ball(self, axes, store) -> None:
        r, frictions = 1 / (1 + BALL_RATE), np.geomspace(0.1, 6.0, 100)
        axes.plot(frictions, [heavy_ball_rate(r, f) for f in frictions], color=PALETTE[0], label="heavy ball")
        axes.plot(frictions, r / frictions, "--", color="0.5", label="gradient flow, r/friction")
        measured = [
            heavy_ball_plateau.measured(e, e.run(store, progress=False))[:, 0] for e in self._balls()
        ]
        dots(axes, _FRICTIONS, np.stack(measured, axis=1), PALETTE[0])
        axes.set(xscale="log", xlabel="friction", ylabel="rate on the plateau", title="c  momentum", ylim=(0, 1.1))
        axes.legend()

    def _draw_coloured(self, axes, store) -> None:
        for experiment, time, colour in zip(self._coloured(), _TIMES, PALETTE, strict=False):
            networks = experiment.run(store, progress=False)
            path = derive(experiment.problem).solve(experiment.training_time, experiment.width, 0, 121)
            axes.plot(path.training_time, path.loss / path.loss[0], color=colour, label=f"$\\tau$ = {time:g}")
            loss = networks.loss.values[:1]
            axes.plot(networks.training_time, (loss / loss[:, :1])[0], "o", ms=3, mfc="white", color=colour)
        axes.set(xlabel="training time s", ylabel="loss over its start")
        axes.set_title(f"d  coloured input, c* = {COLOURED_RATE:g}")
        axes.legend()


learning_rules = LearningRulesFigure()
