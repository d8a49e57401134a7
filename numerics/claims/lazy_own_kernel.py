"""Trained wide networks against the kernel flow of their own initial kernel."""

import dataclasses

import numpy as np

from numerics.claims.lazy_training import FollowsFlow
from numerics.lazy_training import LazyTraining


class FollowsOwnFlow(FollowsFlow):
    """The same outputs against the flow of each network's own initial kernel."""

    name = "lazy_own_kernel"
    sentence = (
        "The same outputs tend to those of the flow of the network's own initial kernel clearly faster than "
        "1/sqrt(width): as the kernel's drift in training, about 1/width."
    )
    exponent = 1.0
    exponent_tolerance = 0.3  # exponents of 0.7 to 1 are known of such networks
    control = "the flow of its own readout alone, all other weights fixed"
    reference = "derived here"

    def predicted(self, experiment: LazyTraining) -> np.ndarray:
        """By each network's own kernel, from its own initial outputs."""
        pairs = zip(experiment.initial_kernels(), experiment.initial_outputs(), strict=True)
        return np.stack([experiment.flow_outputs(kernel, initial) for kernel, initial in pairs])

    def rival(self, experiment: LazyTraining) -> np.ndarray:
        """By the readout's part of each kernel."""
        layers = self.network.layers
        still = tuple(dataclasses.replace(each, rates=type(each.rates)(0.0, 0.0, 0.0)) for each in layers)
        frozen = dataclasses.replace(self.network, layers=still)
        return self.predicted(dataclasses.replace(experiment, network=frozen))


lazy_own_kernel = FollowsOwnFlow()
