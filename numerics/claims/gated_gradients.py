"""How gradients grow back in time in gated networks, against their mean-field limit."""

import dataclasses

import numpy as np

from numerics.claim import Claim, Trial
from numerics.kernel_draws import KernelDraws
from theory.kernels import GRU, GatedNetwork, GatedWeights


def gated_network(gain: float) -> GatedNetwork:
    """A GRU whose recurrent weights all have this gain."""
    return GatedNetwork(GRU(), tuple(GatedWeights(gain, 1.0, 0.1) for _ in range(3)))


class GatedGradients(Claim):
    """Mean squares of the last output's gradient with respect to earlier states."""

    name = "gated_gradients"
    sentence = (
        "The mean square of dy_T/dh_s of a GRU of recurrent gain 3, up to 8 steps back, tends to that of a population "
        "of independent units driven by self-consistent Gaussian fields, as 1/sqrt(width)."
    )
    kind = "asymptotic"
    parameter = "1/width"
    exponent = 0.5
    exponent_tolerance = 0.05
    control = "gates that are independent of the states they meet, as untied weights make them"
    headline = "mean square of the gradient with respect to the initial state"
    reference = "derived here; M. Chen, J. Pennington & S. Schoenholz, arXiv 1806.05394, for untied weights"
    cites = ("chen2018dynamical",)

    def trials(self, scale: str) -> list[Trial]:
        """Widths 64 to 512 (quick), or 128 to 2048 (paper)."""
        widths, seeds = ((64, 128, 256, 512), 128) if scale == "quick" else ((128, 256, 512, 1024, 2048), 96)
        return [Trial(1.0 / n, self._draws(n, seeds)) for n in widths]

    def _draws(self, width: int, seeds: int) -> KernelDraws:
        return KernelDraws(gated_network(3.0), width, seeds, sequences=1, times=8, inputs=1)

    def measured(self, experiment: KernelDraws, networks) -> np.ndarray:
        """(seed, s)."""
        return networks.gradients.values[:, 0]

    def predicted(self, experiment: KernelDraws) -> np.ndarray:
        """The population's, the same for every seed."""
        return np.broadcast_to(experiment.limit().gradients[0], (experiment.seeds, experiment.times + 1))

    def rival(self, experiment: KernelDraws) -> np.ndarray:
        """That of untied weights."""
        untied = dataclasses.replace(experiment.network, tied=False)
        return self.predicted(dataclasses.replace(experiment, network=untied))

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds, s = 0."""
        return float(values[:, 0].mean())


gated_gradients = GatedGradients()
