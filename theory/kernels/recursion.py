"""The recursion of the two kernels, one step along the diagonals of (time, time).

With S, R the kernels of the preactivations g (covariance, and neural tangent), K, D the duals of S and P = D R,

    S(t,t') = s_w^2 K(t-1,t'-1) + s_u^2 x_t.x'_t'/m + s_b^2
    R(t,t') = e_W s_w^2 K(t-1,t'-1) + e_U s_u^2 x_t.x'_t'/m + e_b s_b^2 + s_w^2 P(t-1,t'-1)
    NNGP    = s_v^2 K,      NTK = s_v^2 [e_v K + P]

A layer above takes K and P of the layer below in place of x.x'/m and 0: R gains s_u^2 P_below(t,t'). Every diagonal
t - t' = const is a recursion of its own, given the variances S(t,t) of each sequence.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from theory.kernels.activations.activation import Activation, outer
from theory.kernels.recurrent_network import RecurrentLayer, RecurrentNetwork

_ROUNDING = 512 * np.finfo(float).eps


class Gains(NamedTuple):
    """The numbers of a layer, as JAX traces them: squared scales and learning rates."""

    recurrent: float
    input: float
    bias: float
    initial: float
    shared: float
    recurrent_rate: float
    input_rate: float
    bias_rate: float
    initial_rate: float


class Side(NamedTuple):
    """One side of a kernel, rows or columns. Lists hold one entry a layer.

    Args:
        values: inputs (time, sequence, input).
        deviations: sqrt(S(t,t)), each (time, sequence).
        features: of the activation at those variances, leaves (time, ..., sequence).
        starts: (sequence,), the time before the first; 0 unless sequences were moved to end together.
    """

    values: Any
    deviations: list
    features: list
    starts: Any


def gains_of(network: RecurrentNetwork) -> list[Gains]:
    """The layers' numbers."""
    return [layer_gains(layer) for layer in network.layers]


def layer_gains(layer: RecurrentLayer) -> Gains:
    """One layer's numbers."""
    return Gains(
        layer.recurrent**2,
        layer.input**2,
        layer.bias**2,
        layer.initial_state.scale**2,
        float(layer.initial_state.shared),
        layer.rates.recurrent,
        layer.rates.input,
        layer.rates.bias,
        layer.rates.initial_state,
    )


def initial(gain: Gains, same):
    """K(0,0) and P(0,0): `same` is one where two inputs are the same one."""
    K = gain.initial * (gain.shared + (1 - gain.shared) * same)
    return K, gain.initial_rate * K


def step(activations, tied, gains, previous, gram, rows: Side, columns: Side, linked):
    """K and P of every layer from those one step before on both times.

    Args:
        activations: of the layers.
        tied: whether their recurrent weights are the same at every time.
        gains: their numbers.
        previous: (K, P) of each layer at (t-1, t'-1).
        gram: x_t.x'_t'/m.
        rows: the row sequences at time t; of a side, only deviations and features are read.
        columns: the column sequences at time t'.
        linked: one where t = t', where untied weights meet themselves too.
    """
    below, gradient_below, now = gram, 0.0, []
    for layer, (activation, is_tied, gain, (K, P)) in enumerate(zip(activations, tied, gains, previous, strict=True)):
        if not is_tied:
            K, P = K * linked, P * linked
        bound = outer(rows.deviations[layer], columns.deviations[layer])
        features = rows.features[layer], columns.features[layer]
        below, gradient_below = layer_step(activation, gain, (K, P), (below, gradient_below), bound, *features)
        now.append((below, gradient_below))
    return now


def layer_step(activation, gain: Gains, previous, below, bound, rows, columns):
    """The same for one layer, driven by any.

    Args:
        activation: of the layer.
        gain: its numbers.
        previous: its K and P at (t-1, t'-1).
        below: K and P at (t, t') of what drives it.
        bound: sqrt(S(t,t) S(t',t')).
        rows: features of the row sequences at t.
        columns: features of the column sequences at t'.
    """
    (K, P), (driving, gradient_driving) = previous, below
    S = gain.recurrent * K + gain.input * driving + gain.bias
    R = (
        gain.recurrent * (gain.recurrent_rate * K + P)
        + gain.input * (gain.input_rate * driving + gradient_driving)
        + gain.bias * gain.bias_rate
    )
    K, D = activation.duals(rows, columns, within_bounds(S, bound))
    return K, D * R


def within_bounds(S, bound):
    """Covariances that respect |S| <= sqrt(S(t,t) S(t',t')), and reach it where they do but for rounding.

    In the chaotic phase the correlation 1 is an unstable fixed point: without this, rounding would tell apart
    equal sequences, and a sequence from itself. Sequences that differ by less than 5e-7 of their size count as
    equal until their states differ by more.
    """
    inside = (1 - _ROUNDING) * bound
    return jnp.where(S > inside, bound, jnp.where(S < -inside, -bound, S))


def read_out(network: RecurrentNetwork, K, P):
    """NNGP and NTK of the output from the last layer's K and P."""
    mean = 1 + network.readout_mean**2
    scale = network.readout**2
    return scale * mean * K, scale * (network.readout_rate * K + mean * P)


def resolved(network: RecurrentNetwork, variances) -> tuple[tuple[Activation, ...], float]:
    """The activations as they are used over all these variances, one array a layer; and their largest error."""
    used = tuple(
        activation.resolved(variance) for activation, variance in zip(network.activations, variances, strict=True)
    )
    return used, max(activation.error(variance) for activation, variance in zip(used, variances, strict=True))


def side(activations, values: np.ndarray, starts: np.ndarray, variances) -> Side:
    """One side of a kernel, with the features of its variances; in NumPy, which takes parts in no time."""
    features = [activation.features(variance) for activation, variance in zip(activations, variances, strict=True)]
    deviations = [np.sqrt(variance) for variance in variances]
    return Side(np.swapaxes(values, 0, 1), deviations, jax.tree.map(np.asarray, features), starts)


def part(whole: Side, chosen) -> Side:
    """Some of a side's sequences, in the order of the indices."""
    return Side(
        whole.values[:, chosen],
        [deviation[:, chosen] for deviation in whole.deviations],
        jax.tree.map(lambda leaf: leaf[..., chosen], whole.features),
        whole.starts[chosen],
    )
