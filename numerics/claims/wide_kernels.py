"""Neural tangent kernels of finite recurrent networks, against those of infinitely wide ones."""

import dataclasses

import numpy as np

from numerics.claim import Claim, Trial
from numerics.kernel_draws import KernelDraws
from theory.kernels import (
    GRU,
    Erf,
    GatedNetwork,
    GatedWeights,
    Identity,
    MinimalGated,
    RecurrentLayer,
    RecurrentNetwork,
    ReLU,
    Tanh,
)

WIDE = {
    "identity": RecurrentNetwork(RecurrentLayer(Identity(), 0.9, 1.0, 0.2)),
    "ReLU": RecurrentNetwork(RecurrentLayer(ReLU(), 1.3, 1.0, 0.2)),
    "erf": RecurrentNetwork(RecurrentLayer(Erf(), 1.5, 1.0, 0.2)),
    "tanh": RecurrentNetwork(RecurrentLayer(Tanh(), 1.5, 1.0, 0.2)),
    "GRU": GatedNetwork(
        GRU(), (GatedWeights(1.5, 1.0, 0.2), GatedWeights(1.5, 1.0, 0.2), GatedWeights(2.5, 1.0, 0.2))
    ),
    "minimal gated": GatedNetwork(MinimalGated(), (GatedWeights(1.5, 1.0, 0.2), GatedWeights(2.5, 1.0, 0.2))),
}
"""One network of each kind."""


def untied(network):
    """The same with recurrent weights of their own at every time."""
    if isinstance(network, GatedNetwork):
        return dataclasses.replace(network, tied=False)
    return dataclasses.replace(network, layers=tuple(dataclasses.replace(each, tied=False) for each in network.layers))


class WideKernels(Claim):
    """Kernels of single draws, activation by activation."""

    name = "wide_kernels"
    sentence = (
        "The neural tangent kernel of a random recurrent network, between outputs at all pairs of times, tends to that "
        "of weights tied over time, as 1/sqrt(width): identity, ReLU, erf and tanh."
    )
    kind = "asymptotic"
    parameter = "1/width"
    exponent = 0.5
    control = "the kernel of weights drawn afresh at every time (untied)"
    headline = "kernel of the output at the last time with itself"
    reference = "derived here; G. Yang, Tensor Programs II, arXiv 2006.14548"
    cites = ("yang2020tensor",)
    networks = ("identity", "ReLU", "erf", "tanh")

    def trials(self, scale: str) -> list[Trial]:
        """Widths 64 to 512 (quick), or 128 to 2048 (paper), for each activation."""
        widths, seeds = ((64, 128, 256, 512), 24) if scale == "quick" else ((128, 256, 512, 1024, 2048), 48)
        return [Trial(1.0 / n, KernelDraws(WIDE[name], n, seeds), name) for name in self.networks for n in widths]

    def measured(self, experiment: KernelDraws, networks) -> np.ndarray:
        """(seed, output, output)."""
        return networks.ntk.values

    def predicted(self, experiment: KernelDraws) -> np.ndarray:
        """The limit, the same for every seed."""
        return _repeated(experiment.limit().ntk, experiment)

    def rival(self, experiment: KernelDraws) -> np.ndarray:
        """That of untied weights."""
        other = dataclasses.replace(experiment, network=untied(experiment.network))
        return _repeated(other.limit().ntk, experiment)

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the last entry."""
        return float(values[:, -1, -1].mean())


def _repeated(kernel, experiment) -> np.ndarray:
    return np.broadcast_to(kernel, (experiment.seeds, *kernel.shape))


wide_kernels = WideKernels()
