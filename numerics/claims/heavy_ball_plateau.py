"""How fast a heavy ball leaves the plateau that small weights sit on."""

import dataclasses

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from theory.learning_rules import HeavyBall
from theory.one_pole import heavy_ball_rate

RATE, FRICTION, STEP = 0.2, 1.0, 0.02


def ball_experiment(scale: float, width: int = 32, friction: float = FRICTION, **options) -> Experiment:
    """Networks that learn to integrate with momentum, observed six times on their first plateau."""
    problem = dataclasses.replace(integrator_problem(RATE, scale), learning_rule=HeavyBall(friction, STEP))
    return Experiment(problem, width, **({"seeds": 8, "training_time": 10.0, "records": 6} | options))


class HeavyBallPlateau(Claim):
    """The growth rate of the response at lag zero, u.v, on the first plateau.

    Read-in and readout grow together at k each, so u.v at 2k. What decays has fallen by exp(-2 k s - friction s), to
    4e-6 of it, when the first record is taken; what the growth itself changes is of order u.v, the initial scale
    squared.
    """

    name = "heavy_ball_plateau"
    sentence = (
        "With momentum the first plateau of a network that learns to integrate is left at the rate "
        "k = (-friction + sqrt(friction^2 + 4 r))/2, r = 1/(1 + c*) being that of gradient flow."
    )
    kind = "asymptotic"
    parameter = "initial scale"
    exponent = 2.0
    control = "gradient flow at the learning rate over friction, k = r / friction"
    headline = "growth rate on the plateau, friction 1"
    reference = "derived here: theory.one_pole.heavy_ball_rate"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Four initial scales, at width 32 (quick) or 256."""
        width = 32 if scale == "quick" else 256
        return [Trial(initial, ball_experiment(initial, width)) for initial in (1e-3, 5e-4, 2e-4, 1e-4)]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, 1): half the rate of u.v between training times 6 and 10."""
        product = networks.impulse_response.values[:, :, 0, 0, 0]
        times = networks.training_time.values
        return (0.5 * np.log(product[:, -1] / product[:, 3]) / (times[-1] - times[3]))[:, None]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """k, for steps of the size taken."""
        return np.full((experiment.seeds, 1), heavy_ball_rate(1 / (1 + RATE), FRICTION, STEP))

    def rival(self, experiment: Experiment) -> np.ndarray:
        """r / friction."""
        return np.full((experiment.seeds, 1), 1 / (1 + RATE) / FRICTION)

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(values.mean())


heavy_ball_plateau = HeavyBallPlateau()
