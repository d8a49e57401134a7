"""The outlier of a network that learns to integrate, predicted exactly."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.experiment import Experiment
from theory import architectures, initialisations, learning_rules, objectives, teachers
from theory.derivation import derive
from theory.problem import Problem
from theory.reductions import AlignedPole


def dense_problem(teacher, scale: float, recurrent_gain: float = 0.0) -> Problem:
    """A dense network that imitates a teacher under white noise by gradient flow, from a Gaussian start."""
    return Problem(
        teacher=teacher,
        architecture=architectures.FullRank(),
        initialisation=initialisations.Gaussian(scale, scale, recurrent_gain),
        objective=objectives.WhiteNoise(),
        learning_rule=learning_rules.GradientFlow(),
    )


def integrator_problem(rate: float, scale: float, recurrent_gain: float = 0.0) -> Problem:
    """A dense network learning a leaky integrator by gradient flow, from a Gaussian start."""
    return dense_problem(teachers.leaky_integrator(rate), scale, recurrent_gain)


class IntegratorOutlier(Claim):
    """Outlying pole and residue along training, network by network."""

    name = "integrator_outlier"
    sentence = (
        "From W(0) = 0, the outlying eigenvalue and its residue of a dense network of any width "
        "follow the confined equations of its own draw at all training times."
    )
    kind = "exact"
    parameter = "Runge-Kutta step"
    exponent = 4.0
    control = "the aligned one-pole plane, the same theory to leading order in the initial scale"
    headline = "outlying eigenvalue of A half-way through training"
    reference = "exact confinement (derived here); task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Two target rates at widths 32 and 64 (quick) or up to 512 (paper), three step sizes each."""
        quick = ((0.2, 32), (0.4, 64))
        pairs = quick if scale == "quick" else (*quick, (0.1, 256), (0.2, 512))
        return [
            Trial(
                step,
                Experiment(
                    integrator_problem(rate, 1e-2), width, training_time=20.0, records=41, step_size=step
                ),
                group=f"rate {rate:g}, width {width}",
            )
            for rate, width in pairs
            # the stability limit falls as the cube of the rate
            for step in (min(1.0, (rate / 0.2) ** 3) * h for h in (0.04, 0.02, 0.01))
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record, pole and residue), where the outlier stands clear of the leak."""
        both = np.stack([networks.pole[..., 0].real, networks.residue[..., 0].real], axis=-1)
        return np.where(networks.pole_valid.values[..., :1], both, np.nan)

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The exact reduction's pole and residue for each draw."""
        return self._solved(experiment, derive(experiment.problem))

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The aligned plane's, for each draw."""
        return self._solved(experiment, derive(experiment.problem, AlignedPole()))

    def _solved(self, experiment: Experiment, dynamics) -> np.ndarray:
        paths = experiment.predicted(dynamics)
        return np.stack([np.stack([p.pole[:, 0].real, p.residue[:, 0].real], axis=-1) for p in paths])

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the eigenvalue half-way through training."""
        return float(np.nanmean(values[:, values.shape[1] // 2, 0]))


integrator_outlier = IntegratorOutlier()
