"""The variances of preactivations along a sequence, chi, and where gradients overflow."""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from theory.errors import UnstableSystemError
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import gains_of, initial
from theory.kernels.sequences import checked

_LARGEST = 1e300


@dataclass(frozen=True, eq=False)
class Variances:
    """What one sequence alone decides, layer by layer from the input up; arrays (layer, time, sequence).

    Args:
        preactivation: S(t,t), the variance of g_t.
        state: K(t,t), the mean square of h_t.
        chi: `s_w^2 D(t,t)`, the factor by which a gradient's square grows over a step back in time.
        gradient: P(t,t) = D R, the neural tangent kernel of the states but for the layer's readout.
    """

    preactivation: np.ndarray
    state: np.ndarray
    chi: np.ndarray
    gradient: np.ndarray


def variances(network: RecurrentNetwork, sequences, lengths=None) -> Variances:
    """Variances along each sequence: the recursion of `theory.kernels.recursion` on its main diagonal; cost O(n T).

    Numbers that overflow are infinite here; `require_finite` refuses them.

    Args:
        network: the network.
        sequences: (sequence, time, input).
        lengths: of each sequence.

    >>> from theory.kernels import Identity, RecurrentLayer
    >>> linear = RecurrentNetwork(RecurrentLayer(Identity(), recurrent=0.5))
    >>> variances(linear, [[[1.0], [0.0], [0.0]]]).state[0, :, 0]
    array([1.    , 0.25  , 0.0625])
    """
    given = checked(sequences, lengths)
    return variances_along(network, given.values, np.zeros(len(given.values), int))


def variances_along(network: RecurrentNetwork, values, starts, activations=None) -> Variances:
    """The same for checked sequences, each of which begins after `starts` times that nothing reads.

    Args:
        network: the network.
        values: (sequence, time, input).
        starts: (sequence,).
        activations: the network's once they are resolved; None for as they are.
    """
    moved = jnp.swapaxes(jnp.asarray(values), 0, 1)
    found = _scan(activations or network.activations, gains_of(network), moved, jnp.asarray(starts))
    return Variances(*(np.stack([np.asarray(layer) for layer in kind]) for kind in found))


@functools.partial(jax.jit, static_argnums=0)
def _scan(activations, gains, values, starts):
    power = jnp.sum(values**2, axis=-1) / values.shape[-1]  # (time, sequence)

    def advance(previous, now):
        time, power = now
        below, gradient_below = power, 0.0
        next_states, kept = [], []
        for activation, gain, states in zip(activations, gains, previous, strict=True):
            fresh = zip(initial(gain, 1.0), states, strict=True)
            K, P = (jnp.where(time <= starts, first, state) for first, state in fresh)
            S = gain.recurrent * K + gain.input * below + gain.bias
            R = (
                gain.recurrent * (gain.recurrent_rate * K + P)
                + gain.input * (gain.input_rate * below + gradient_below)
                + gain.bias * gain.bias_rate
            )
            K, D = activation.moments(S)
            P = D * R
            next_states.append((K, P))
            kept.append((S, K, gain.recurrent * D, P))
            below, gradient_below = K, P
        return next_states, kept

    nothing = jnp.zeros(values.shape[1])
    kept = jax.lax.scan(
        advance, [(nothing, nothing) for _ in gains], (jnp.arange(values.shape[0]), power)
    )[1]
    return list(zip(*kept, strict=True))


def require_finite(network: RecurrentNetwork, found: Variances, starts=0) -> None:
    """Refuse kernels that overflow: by Cauchy-Schwarz none is larger than those on the diagonal.

    Raises:
        UnstableSystemError: with chi, and the last time at which all is below 1e300.
    """
    with np.errstate(invalid="ignore"):
        small = (np.abs(found.state) < _LARGEST) & (np.abs(found.gradient) < _LARGEST)
    scale = network.readout**2 * (1 + network.readout_mean**2) * (1 + network.readout_rate)
    if small.all() and scale * max(np.abs(found.state).max(), np.abs(found.gradient).max()) < 1e306:
        return
    layer, time, sequence = np.argwhere(~small)[np.argsort(np.argwhere(~small)[:, 1], kind="stable")[0]]
    last = int(time - np.broadcast_to(starts, small.shape[2:])[sequence])
    chi = float(found.chi[layer, max(time - 1, 0), sequence])
    what = "gradients" if small[layer, time, sequence] or np.isfinite(found.state[layer, time, sequence]) else "states"
    raise UnstableSystemError(
        f"the kernel passes {_LARGEST:g} after {last} steps of sequence {sequence}: {what} grow by chi = s_w^2 D = "
        f"{chi:.4g} a step in layer {layer}. The last safe time is {last}: use shorter sequences, a smaller recurrent "
        f"gain (now {network.layers[layer].recurrent:g}), or kernels.last_time_log, which carries logarithms."
    )
