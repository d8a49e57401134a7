"""A network that learns to oscillate: through a collision of two real poles, predicted exactly."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import dense_problem
from numerics.experiment import Experiment
from theory import teachers
from theory.derivation import derive
from theory.reductions import ConjugatePair


class OscillatorPair(Claim):
    """The impulse response along training, network by network, before, at and after the collision."""

    name = "oscillator_pair"
    sentence = (
        "From W(0) = 0, a dense network of any width learns a damped oscillation as the confined equations of its "
        "own draw say, through the collision of two real poles that makes them a conjugate pair."
    )
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "the symmetric plane of two poles, which neglects the imbalance |u|^2 - |v|^2 of the draw"
    headline = "impulse response at lag 5, half-way through training"
    reference = (
        "exact confinement and the symmetric plane (derived here); task of Bordelon et al., arXiv 2503.18754"
    )
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Width 16 (quick) and 128 (paper), three step sizes each."""
        problem = dense_problem(teachers.damped_oscillator(0.3, 1.0, 1.2), 0.2)
        return [
            Trial(
                step,
                Experiment(problem, width, seeds=2, training_time=36.0, records=73, step_size=step),
                group=f"width {width}",
            )
            for width in ((16,) if scale == "quick" else (16, 128))
            for step in (0.2, 0.1, 0.05)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record, lag)."""
        return networks.impulse_response.values[..., 0, 0]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The exact reduction's, for each draw."""
        return self._solved(experiment, derive(experiment.problem))

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The symmetric plane's, for each draw."""
        return self._solved(experiment, derive(experiment.problem, ConjugatePair()))

    def _solved(self, experiment: Experiment, dynamics) -> np.ndarray:
        paths = experiment.predicted(dynamics)
        return np.stack([path.impulse_response.values[..., 0, 0] for path in paths])

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the response at the tenth lag, half-way."""
        return float(values[:, values.shape[1] // 2, 10].mean())


oscillator_pair = OscillatorPair()
