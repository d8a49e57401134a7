"""Figure: longer memories are steeper to learn, and what coordinates do about it."""

import jax.numpy as jnp
import numpy as np
import scipy.signal

from numerics.stability import stable_step_sizes
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory import Problem, architectures, initialisations, learning_rules, objectives
from theory.linear_system import LinearSystem
from theory.metric import convergence
from theory.time import DiscreteTime
from theory.unit_sensitivity import sensitivity, state_variance

_UNITS = {
    "polar": architectures.PolarDiagonal(),
    "log-polar": architectures.LogPolarDiagonal(),
    "log-polar, normalised": architectures.LogPolarDiagonal(normalised=True),
}


def unit_problem(architecture, modulus: float, angle: float) -> tuple[Problem, dict]:
    """A complex unit with one input and one output that has learned a pole of given modulus and angle; its weights."""
    log_polar = isinstance(architecture, architectures.LogPolarDiagonal)
    weights = {
        "recurrent": jnp.array([np.log(-np.log(modulus)) if log_polar else modulus]),
        "frequency": jnp.array([angle]),
        "input": jnp.array([[1.0], [0.0]]),
        "readout": jnp.array([[1.0, 0.0]]),
    }
    A, B, C = architecture.matrices(weights, DiscreteTime())
    problem = Problem(
        teacher=LinearSystem(A, B, C, time=DiscreteTime(), name="one complex unit"),
        architecture=architecture,
        initialisation=initialisations.Gaussian(),
        objective=objectives.WhiteNoise(),
        learning_rule=learning_rules.GradientDescent(1.0),
    )
    return problem, weights


class MemorySensitivity(Figure):
    """Variances of a state and of its derivative; losses; the largest stable step, at two angles."""

    name = "memory_sensitivity"
    title = "Longer memories are steeper to learn, however stable the unit"
    paper = (
        "Zucchet & Orvieto, NeurIPS 2024, arXiv 2405.21064 (sensitivity, loss and Hessian of a linear unit)"
    )
    cites = ("zucchet2024recurrent", "orvieto2023resurrecting")
    caption = (
        "a: mean square of a linear unit's state (grey) and of its derivative by the pole (colours), over the distance "
        "of the pole from the unit circle, for white (blue) and correlated (orange, correlation .9) input: theory "
        "(lines) and simulated units (dots); the derivative grows two powers faster than the state. b: loss in white "
        "noise over a unit's modulus, for teachers of longer and longer memory. c, d: the largest stable step of "
        "gradient descent on all weights of one complex unit, in three coordinates, for poles of angle 0 and 1: 2 over "
        "the largest curvature at the solution (lines) and where training first diverges (dots). Logarithmic "
        "coordinates and a normalised input lift the limit for slow poles at angle 0; at angle 1 the direction of the "
        "angle stays steep."
    )
    runtime = "1 min"

    def experiments(self, scale: str) -> list:
        """None to store: the units are simulated while the figure is drawn."""
        return []

    def draw(self, scale: str, store):
        """Four panels."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(2, 2, figsize=(1.5 * COLUMN, 4.2))
        self._variances(panels[0, 0], 400_000 if scale == "quick" else 20_000_000)
        self._losses(panels[0, 1])
        for axes, angle, letter in zip(panels[1], (0.0, 1.0), "cd", strict=True):
            self._limits(axes, angle)
            axes.set(title=f"{letter}  largest stable step, angle {angle:g}")
        panels[1, 0].legend()
        return figure

    def _variances(self, axes, steps: int) -> None:
        distances = np.geomspace(0.01, 1, 60)
        for rho, colour in zip((0.0, 0.9), PALETTE, strict=False):
            axes.plot(distances, state_variance(1 - distances, rho), "-", color="0.6")
            axes.plot(
                distances, sensitivity(1 - distances, rho), "-", color=colour, label=f"correlation {rho:g}"
            )
            noise = np.random.default_rng(1).normal(size=steps) * np.sqrt(1 - rho**2)
            given = scipy.signal.lfilter([1.0], [1.0, -rho], noise)
            for distance in np.geomspace(0.02, 0.9, 6):
                unit = [0.0, 1.0], [1.0, distance - 1]
                state = scipy.signal.lfilter(*unit, given)
                derivative = scipy.signal.lfilter(*unit, state)
                for values, shade in ((state, "0.6"), (derivative, colour)):
                    axes.plot(distance, np.mean(values[2000:] ** 2), "o", ms=3, mfc="white", color=shade)
        axes.set(
            xscale="log",
            yscale="log",
            xlabel="1 - |pole|",
            ylabel="mean square",
            title="a  state and derivative",
        )
        axes.legend()

    def _losses(self, axes) -> None:
        moduli = 1 - np.geomspace(0.7, 0.001, 150)
        for target, colour in zip((0.8, 0.95, 0.99), PALETTE, strict=False):
            problem, weights = unit_problem(_UNITS["polar"], target, 0.0)
            losses = [float(problem.loss(weights | {"recurrent": jnp.array([m])})) for m in moduli]
            axes.plot(moduli, losses, color=colour, label=f"|pole*| = {target:g}")
        axes.set(yscale="log", xlabel="|pole| of the unit", ylabel="loss", title="b  loss", ylim=(1e-3, 1e3))
        axes.legend()

    def _limits(self, axes, angle: float) -> None:
        for (name, architecture), colour in zip(_UNITS.items(), PALETTE, strict=False):
            distances = np.geomspace(0.01, 0.5, 13)
            limits = [2 / convergence(*unit_problem(architecture, 1 - d, angle)).rates[0] for d in distances]
            axes.plot(distances, limits, color=colour, label=name)
            for distance, limit in list(zip(distances, limits, strict=True))[::4]:
                problem, weights = unit_problem(architecture, 1 - distance, angle)
                steps = limit * np.geomspace(0.5, 2, 60)
                stable = stable_step_sizes(problem, weights, steps)
                axes.plot(distance, steps[stable].max(), "o", ms=3, mfc="white", color=colour)
        axes.set(xscale="log", yscale="log", xlabel="1 - |pole*|", ylabel="step size")


memory_sensitivity = MemorySensitivity()
