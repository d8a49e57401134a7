"""Figure: how a network learns to oscillate, through a collision of two real poles."""

import numpy as np

from numerics.claims.integrator_outlier import dense_problem
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory import teachers
from theory.collision import collisions
from theory.derivation import derive

# (rate, frequency, phase) of the target, scale of the initial weights, training time
_TARGETS = (((0.3, 1.0, 1.2), 0.2, 36.0), ((0.3, 1.0, 0.8), 0.2, 44.0), ((0.2, 1.5, 0.0), 0.1, 66.0))


class OscillatorPairFigure(Figure):
    """Poles in the complex plane, and what is smooth and what is singular at the collision."""

    name = "oscillator_pair"
    title = "An oscillation is born when two real poles collide"
    paper = "Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754 (setting); theory derived here"
    cites = ("bordelon2025integrate",)
    caption = (
        "A dense network learns a damped oscillation from W(0) = 0. a: its two outlying poles in the complex plane. "
        "Lines: the confined equations for the network's own draw; dots: a trained network of width 16; squares: the "
        "collision, predicted; crosses: the target. b: imaginary part of the pole against the training time since "
        "the collision, and its square-root law with the predicted speed of the discriminant (black): poles move "
        "infinitely fast there, weights do not. c: population loss; squares mark the collisions."
    )
    runtime = "1 min"
    claims = ("oscillator_pair",)

    def _experiments(self) -> list:
        return [
            Experiment(
                dense_problem(teachers.damped_oscillator(*target), scale),
                16,
                seeds=1,
                training_time=end,
                records=int(2 * end) + 1,
                step_size=0.1,
            )
            for target, scale, end in _TARGETS
        ]

    def experiments(self, scale: str) -> list[Experiment]:
        """One network for each target."""
        return self._experiments()

    def draw(self, scale: str, store):
        """Three panels: complex plane, imaginary part since the collision, loss."""
        import matplotlib.pyplot as plt

        figure, (plane, near, losses) = plt.subplots(1, 3, figsize=(2.1 * COLUMN, 2.5))
        for colour, experiment, (target, _, end) in zip(PALETTE, self._experiments(), _TARGETS, strict=False):
            networks = experiment.run(store, progress=False).isel(seed=0)
            dynamics = derive(experiment.problem)
            path = dynamics.solve(end, experiment.width, 0, 401)
            found = [c for c in collisions(dynamics, path) if c.speed < 0][-1]
            times = path.training_time.values
            after = times > found.training_time
            label = "rate {:g}, frequency {:g}, phase {:g}".format(*target)
            for mode in range(2):
                pole = path.pole.values[:, mode]
                clear = path.pole_valid.values[:, mode] | after
                pole = np.where(clear, pole, np.nan)
                plane.plot(pole.real, pole.imag, color=colour, lw=1, label=label if mode == 0 else None)
                trained = np.where(networks.pole_valid[:, mode], networks.pole[:, mode], np.nan)
                plane.plot(trained.real, trained.imag, "o", ms=2.4, mfc="white", mew=0.7, color=colour)
            rate, frequency, _ = target
            plane.plot([-rate, -rate], [frequency, -frequency], "x", ms=5, mew=1.2, color=colour, zorder=5)
            plane.plot(found.pole, 0, "s", ms=4, color=colour, zorder=5)
            since = times[after] - found.training_time
            near.plot(since, np.abs(path.pole.values[after, 0].imag), color=colour)
            trained = networks.training_time.values - found.training_time
            late = trained > 0
            near.plot(
                trained[late],
                np.abs(networks.pole.values[late, 0].imag),
                "o",
                ms=2.6,
                mfc="white",
                mew=0.8,
                color=colour,
            )
            law = np.geomspace(0.02, 2.0, 20)
            near.plot(law, np.sqrt(-found.speed * law), color="black", lw=0.8, ls="--", zorder=5)
            losses.plot(times, path.loss, color=colour)
            losses.plot(
                networks.training_time[::3],
                networks.loss[::3],
                "o",
                ms=2.6,
                mfc="white",
                mew=0.8,
                color=colour,
            )
            losses.plot(
                found.training_time, np.interp(found.training_time, times, path.loss), "s", ms=4, color=colour
            )
        plane.set(
            xlabel="real part of the pole\n(1 / leak time constant)",
            ylabel="imaginary part",
            title="a  complex plane",
            xlim=(-2.3, 0),
            ylim=(-1.7, 3.0),
        )
        plane.legend(loc="upper left")
        near.set(
            xscale="log",
            yscale="log",
            xlim=(0.02, 40),
            xlabel="training time since the collision",
            ylabel="imaginary part of the pole",
            title="b  square root",
        )
        losses.set(xlabel="training time", ylabel="population loss", title="c  loss", ylim=(0, None))
        return figure


oscillator_pair = OscillatorPairFigure()
