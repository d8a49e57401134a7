"""Trained wide networks against the kernel flow of the infinitely wide one."""


import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.wide_kernels import untied
from numerics.lazy_training import LazyTraining
from theory.kernels import Erf, RecurrentLayer, RecurrentNetwork, all_pairs


def teacher_task(
    network: RecurrentNetwork,
    width: int,
    seeds: int,
    records: tuple = (0, 5, 10, 20, 40, 80, 160),
    times: int = 6,
    size: float = 1.0,
):
    """Three random sequences on each of which a leaky integrator, times `size`, is to be imitated.

    Args:
        network, width, seeds, records: of the training.
        times: length of the sequences.
        size: of the targets; to multiply it is to divide the network's output by as much.
    """
    inputs = np.random.default_rng(3).normal(size=(3, times, 2))
    targets, state = np.zeros((3, times)), np.zeros(3)
    for t in range(times):
        state = 0.7 * state + inputs[:, t, 0]
        targets[:, t] = size * state
    return LazyTraining(network, width, inputs, targets, 0.4, records, seeds)


class FollowsFlow(Claim):
    """Outputs along training, after the records of the task."""

    name = "lazy_training"
    sentence = (
        "A wide erf network trained by gradient descent on all its weights has, at every time and number of steps, "
        "outputs that tend to those of the analytic kernel's flow from its own initial outputs, as 1/sqrt(width)."
    )
    kind = "asymptotic"
    parameter = "1/width"
    exponent = 0.5
    exponent_tolerance = 0.1
    control = "the flow of the untied network's kernel"
    headline = "output at the last time of the last sequence, end of training"
    reference = "derived here; A. Jacot, F. Gabriel & C. Hongler, arXiv 1806.07572, for the flow"
    cites = ("jacot2018neural",)
    network = RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.2))

    def trials(self, scale: str) -> list[Trial]:
        """Widths 64 to 512 (quick), or 128 to 2048 (paper)."""
        widths, seeds = ((64, 128, 256, 512), 8) if scale == "quick" else ((128, 256, 512, 1024, 2048), 16)
        return [Trial(1.0 / n, teacher_task(self.network, n, seeds)) for n in widths]

    def measured(self, experiment: LazyTraining, networks) -> np.ndarray:
        """(seed, record, point)."""
        return networks.outputs.values

    def predicted(self, experiment: LazyTraining) -> np.ndarray:
        """By the analytic kernel, each from its own initial outputs."""
        return self._flow(experiment, self.network)

    def rival(self, experiment: LazyTraining) -> np.ndarray:
        """By the kernel of untied weights."""
        return self._flow(experiment, untied(self.network))

    def _flow(self, experiment: LazyTraining, network) -> np.ndarray:
        kernel = all_pairs(network, experiment.inputs).matrices().ntk
        return np.stack([experiment.flow_outputs(kernel, initial) for initial in experiment.initial_outputs()])

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the last entry."""
        return float(values[:, -1, -1].mean())


lazy_training = FollowsFlow()
