"""Aligned modes of a final-time task learn on their own, in the full weights too."""

import jax.numpy as jnp
import numpy as np

from numerics.claim import Claim, Trial
from numerics.experiment import Experiment
from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.final_time_modes import aligned_velocity
from theory.flow import flow
from theory.reductions.reduction import VectorField


def final_time_problem(targets, initialisation) -> Problem:
    """A dense network that learns the last output of a sequence, one input to one output for each mode.

    Args:
        targets: s_1, ..., s_T of each mode, (time, mode).
        initialisation: such as `Aligned`.
    """
    targets = np.asarray(targets, float)
    return Problem(
        teacher=teachers.delay_line([np.diag(now) for now in targets[::-1]]),  # lag k is time T - k
        architecture=architectures.FullRank(),
        initialisation=initialisation,
        objective=objectives.FinalTime(len(targets)),
        learning_rule=learning_rules.GradientFlow(),
    )


def _velocity(state, targets):
    return jnp.concatenate(aligned_velocity(*jnp.split(state, 3), targets))


def modes_path(targets, start: initialisations.Aligned, times, velocity=_velocity) -> np.ndarray:
    """Input, recurrent and output strengths a, b, c of aligned modes along training, (time, 3, mode).

    Args:
        targets: (time, mode).
        start: its `input`, `recurrent` and `readout` are a, b and c of every mode.
        times: training times, the first of them 0.
        velocity: of (a, b, c) given the targets; the modes' own.
    """
    modes = np.shape(targets)[1]
    begin = jnp.repeat(jnp.array([start.input, start.recurrent, start.readout]), modes)
    states = flow(VectorField(velocity, jnp.asarray(targets, float)), begin, jnp.asarray(times))
    return np.asarray(states).reshape(-1, 3, modes)


def _short_lag(state, targets):
    whole, short = (aligned_velocity(*jnp.split(state, 3), s) for s in (targets, targets[-2:]))
    return jnp.concatenate([whole[0], short[1], whole[2]])


_TIME, _LENGTH = 6.0, 5
_TARGETS = np.stack([np.linspace(0.2, 1.5, _LENGTH), 0.7 ** np.arange(_LENGTH)], axis=1)


def _start() -> initialisations.Aligned:
    # made when it is needed: importing must not start JAX
    return initialisations.Aligned(input=0.5, recurrent=0.3, readout=0.4)


class FinalTimeModes(Claim):
    """Responses at all lags along training, of two modes: one that fades in, one that fades out."""

    name = "final_time_modes"
    sentence = (
        "Trained on the last output of a sequence, dense networks of any width whose weights are aligned with the task "
        "follow three equations for each of its singular modes: input, recurrent and output strength."
    )
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "the same modes, their recurrence trained on the shortest lag alone"
    headline = "response of the first mode at the longest lag, at the end"
    reference = "Proca, Domine, Shanahan & Mediano, ICML 2025, PMLR 267"
    cites = ("proca2025learning",)

    def trials(self, scale: str) -> list[Trial]:
        """Widths 8 and 24 (quick), 256 (paper) too, three step sizes each."""
        problem = final_time_problem(_TARGETS, _start())
        return [
            Trial(
                step,
                Experiment(problem, width, seeds=3, training_time=_TIME, records=13, step_size=step),
                group=f"width {width}",
            )
            for width in ((8, 24) if scale == "quick" else (8, 24, 256))
            for step in (0.1, 0.05, 0.025)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record, lag, mode)."""
        responses = networks.impulse_response.values[:, :, :_LENGTH]
        return np.diagonal(responses, axis1=-2, axis2=-1)

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The same for every draw."""
        return self._responses(experiment)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """db/ds from the times T and T - 1 only."""
        return self._responses(experiment, _short_lag)

    def _responses(self, experiment: Experiment, velocity=_velocity) -> np.ndarray:
        times, lags = np.linspace(0.0, _TIME, experiment.records), np.arange(_LENGTH)[:, None]
        a, b, c = np.moveaxis(modes_path(_TARGETS, _start(), times, velocity), 1, 0)[:, :, None]
        return np.repeat((c * b**lags * a)[None], experiment.seeds, axis=0)

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(values[:, -1, -1, 0].mean())


final_time_modes = FinalTimeModes()
