"""Training on random minibatches, against the population theory."""

import dataclasses

import numpy as np

from numerics.claim import Claim, Trial
from numerics.evaluators import Sampled
from numerics.experiment import Experiment
from theory import DiscreteTime, Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.derivation import derive

DURATION, STEP = 50, 0.1


def discrete_memory(learning_rule) -> Problem:
    """A dense network that learns, in discrete time, a memory of which 0.7 is left after a step."""
    return Problem(
        teachers.state_space([[0.7]], [[1.0]], [[1.0]], time=DiscreteTime()),
        architectures.FullRank(),
        initialisations.Gaussian(0.1, 0.1),
        objectives.WhiteNoise(),
        learning_rule,
    )


def sampled_experiment(batch: int, training_time: float, output_noise: float = 0.0, **options) -> Experiment:
    """Networks that learn a discrete-time memory on minibatches of fresh trajectories of 50 scored steps."""
    problem = discrete_memory(learning_rules.GradientDescent(STEP))
    sampled = Sampled(problem.teacher, batch, DURATION, output_noise=output_noise)
    return Experiment(problem, training_time=training_time, evaluator=sampled, **options)


class SampledTraining(Claim):
    """The population loss while networks are trained on samples, network by network.

    What a minibatch adds to the gradient is random, of the order of one over the root of its size; what it adds
    on average is of second order in that.
    """

    name = "sampled_training"
    sentence = (
        "Networks trained by stochastic gradient descent and back-propagation through time follow the confined "
        "equations of their own draw, iterated on the population loss, as the minibatch grows."
    )
    kind = "asymptotic"
    parameter = "1/batch"
    exponent = 0.5
    control = "the same equations by gradient flow, which forgets the step size"
    headline = "population loss at training time 2"
    reference = "exact confinement (derived here); stochastic gradient descent around it"

    def trials(self, scale: str) -> list[Trial]:
        """Four batches of 4 to 256 at width 16 (quick), of 32 to 1024 at width 64 (paper)."""
        batches, width = ((4, 16, 64, 256), 16) if scale == "quick" else ((32, 128, 512, 1024), 64)
        options = {"width": width, "seeds": 16, "records": 41}
        return [Trial(1.0 / batch, sampled_experiment(batch, 8.0, **options)) for batch in batches]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record)."""
        return networks.loss.values

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The confined iteration's, for each draw."""
        return self._solved(experiment, experiment.problem)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """Gradient flow's, for each draw."""
        flow = learning_rules.GradientFlow()
        return self._solved(experiment, dataclasses.replace(experiment.problem, learning_rule=flow))

    def _solved(self, experiment: Experiment, problem: Problem) -> np.ndarray:
        return np.stack([path.loss.values for path in experiment.predicted(derive(problem))])

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds, after a quarter of the training."""
        return float(values[:, values.shape[1] // 4].mean())


sampled_training = SampledTraining()
