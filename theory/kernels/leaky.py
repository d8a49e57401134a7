"""Kernels of leaky units: a recursion in both times at once."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import positive
from theory.errors import ProblemError
from theory.kernels.all_pairs import TimeKernels
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import gains_of, read_out, within_bounds
from theory.kernels.scan import scan
from theory.kernels.sequences import checked
from theory.kernels.variances import require_finite, variances


def leaky_all_pairs(network: RecurrentNetwork, leak: float, sequences, lengths=None) -> TimeKernels:
    """NNGP and NTK of `a_t = (1 - alpha) a_{t-1} + alpha g_t`, g_t driven by phi(a_{t-1}), y_t from phi(a_t), a_0 = 0.

    `a_t = alpha sum_s (1 - alpha)^{t-s} g_s` is g filtered, so the kernels of a are those of g filtered in both times:

        S_g(t,t') = s_w^2 K(t-1,t'-1) + s_u^2 x.x'/m + s_b^2,      Gamma = S_g (at its rates) + s_w^2 D R (t-1,t'-1)
        A = alpha^2 sum_{s<=t, s'<=t'} (1-alpha)^{t-s+t'-s'} S_g(s,s'),     R = the same of Gamma,     K, D = duals of A

    which is `A(t,t') = alpha^2 S_g + (1-alpha)[A(t-1,t') + A(t,t'-1)] - (1-alpha)^2 A(t-1,t'-1)`. No diagonal is on its
    own any more, nor the variances: those need all pairs of times of each sequence with itself.

    Cost: n^2 T^2 pairs of duals even for the last time alone, and n^2 T^3 multiplications of the filter; memory
    16 n^2 T^2 bytes for the result and as much again while it is made (no blocks).

    Args:
        network: one layer with phi(0) = 0, tied weights, states that start at 0.
        leak: alpha, above 0, at most 1 (the network without a leak).
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.

    Raises:
        ProblemError: another network, a leak outside (0, 1], bad sequences.
        UnstableSystemError: as `last_time`, judged by the network without a leak.

    >>> from theory.kernels import Erf, RecurrentLayer
    >>> found = leaky_all_pairs(RecurrentNetwork(RecurrentLayer(Erf(), 1.5)), 0.2, np.ones((2, 3, 1)))
    >>> found.ntk.shape
    (2, 3, 2, 3)

    Source: derived here.
    """
    layer, leak = network.layers[0], positive(leak, "leak")
    if leak > 1:
        raise ProblemError(f"leak = {leak:g}, but it must be at most 1.")
    if len(network.layers) > 1 or not layer.tied or layer.initial_state.scale:
        raise ProblemError("leaky kernels are for one layer with tied weights and states that start at 0.")
    at_zero = float(layer.activation.function(jnp.zeros(())))
    if at_zero != 0:
        raise ProblemError(f"{layer.activation} is {at_zero:g} at 0, so silent units drive others: not implemented.")
    given = checked(sequences, lengths)
    unfiltered = variances(network, given.values)
    require_finite(network, unfiltered)
    activation = layer.activation.resolved(unfiltered.preactivation)
    filtered = leak * np.tril((1 - leak) ** np.abs(np.subtract.outer(*[np.arange(given.values.shape[1])] * 2)))
    values, gain = jnp.asarray(given.values), gains_of(network)[0]
    variance = _variances(activation, gain, jnp.asarray(filtered), values)
    K, P = _all_times(activation, gain, jnp.asarray(filtered), values, variance)
    nngp, ntk = read_out(network, np.asarray(K), np.asarray(P))
    return TimeKernels(nngp, ntk, given.valid(), given.valid(), activation.error(variance))


@functools.partial(jax.jit, static_argnums=0)
def _variances(activation, gain, filtered, values):
    """A(t,t) of each sequence, (sequence, time): rows of its own matrix, which is symmetric."""
    number, times, inputs = values.shape
    gram = gain.input * jnp.einsum("iam,ibm->iab", values, values) / inputs + gain.bias

    def advance(carried, t):
        S, variance, before = carried  # S_g up to row t - 1, A(s,s), and K(t-1, .)
        row = gram[:, t] + gain.recurrent * jnp.concatenate([jnp.zeros((number, 1)), before[:, :-1]], axis=1)
        row = jnp.where(jnp.arange(times) <= t, row, 0.0)
        S = S.at[:, t, :].set(row).at[:, :, t].set(row)
        A = jnp.einsum("s,isb,tb->it", filtered[t], S, filtered)
        variance = variance.at[:, t].set(A[:, t])
        features = activation.features(variance[:, t, None]), activation.features(variance)
        K = activation.duals(*features, A[:, None, :])[0][:, 0]
        return (S, variance, jnp.where(jnp.arange(times) <= t, K, 0.0)), None

    start = jnp.zeros((number, times, times)), jnp.ones((number, times)), jnp.zeros((number, times))
    return jax.lax.scan(advance, start, jnp.arange(times))[0][1]


@functools.partial(jax.jit, static_argnums=0)
def _all_times(activation, gain, filtered, values, variance):
    """K and P of all pairs, (sequence, time, sequence, time): row times one after the other."""
    number, times, inputs = values.shape
    columns = activation.features(variance.reshape(-1))
    keep = 1 - filtered[0, 0]

    def later(state):
        return jnp.concatenate([jnp.zeros((number, number, 1)), state[..., :-1]], axis=-1)

    def advance(carried, now):
        K, P, filtered_S, filtered_R = carried
        x, row = now
        drive = gain.input * jnp.einsum("im,jbm->ijb", x, values) / inputs
        K, P = later(K), later(P)
        S = gain.recurrent * K + drive + gain.bias
        R = gain.recurrent * (gain.recurrent_rate * K + P) + gain.input_rate * drive + gain.bias_rate * gain.bias
        filtered_S, filtered_R = keep * filtered_S + filtered[0, 0] * S, keep * filtered_R + filtered[0, 0] * R
        A, R = (total @ filtered.T for total in (filtered_S, filtered_R))
        bound = jnp.sqrt(row[:, None] * variance.reshape(-1))
        A = within_bounds(A.reshape(number, -1), bound)
        K, D = (each.reshape(number, number, times) for each in activation.duals(activation.features(row), columns, A))
        P = D * R
        return (K, P, filtered_S, filtered_R), (K, P)

    nothing = jnp.zeros((number, number, times))
    scanned = jnp.swapaxes(values, 0, 1), variance.T
    found = scan(advance, (nothing,) * 4, scanned)[1]
    return tuple(jnp.swapaxes(each, 0, 1) for each in found)
