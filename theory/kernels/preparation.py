"""What every kernel needs before its recursion: variances, activations resolved over them, features."""

import numpy as np

from theory.kernels.activations import Activation
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import Side, resolved, side
from theory.kernels.variances import require_finite, variances_along


def prepared(network: RecurrentNetwork, given) -> tuple[tuple[Activation, ...], float, list[Side]]:
    """Activations resolved, the bound on their error, and each side with its features.

    Args:
        network: the network.
        given: (values, starts) of each side; see `Sequences.ending_together`.

    Raises:
        UnstableSystemError: kernels that overflow.
    """
    found = [variances_along(network, values, starts) for values, starts in given]
    for each, (_, starts) in zip(found, given, strict=True):
        require_finite(network, each, starts)
    layers = range(len(network.layers))
    together = [np.concatenate([each.preactivation[layer].ravel() for each in found]) for layer in layers]
    activations, error = resolved(network, together)
    sides = []
    for each, (values, starts) in zip(found, given, strict=True):
        if activations != network.activations:  # variances and duals by one and the same series
            each = variances_along(network, values, starts, activations)
        sides.append(side(activations, values, starts, each.preactivation))
    return activations, error, sides
