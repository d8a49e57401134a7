"""A recurrent layer for neural-tangents: weights tied over time."""

import functools

import jax
import jax.numpy as jnp

from theory.checks import count, instance
from theory.errors import ProblemError
from theory.kernels.activations import Activation
from theory.kernels.activations.activation import outer
from theory.kernels.recurrent_network import RecurrentLayer
from theory.kernels.recursion import Gains, layer_gains, layer_step
from theory.neural_tangents.adapter import neural_tangents


def Recurrent(width: int, layer: RecurrentLayer):
    """A layer of stax from inputs (batch, time, channel) to states h_t (batch, time, width):

        g_t = s_w/sqrt(N) W h_{t-1} + s_u/sqrt(m) U x_t + s_b b,        h_t = phi(g_t)

    It composes inside `stax.serial` with whatever neural-tangents has: dense layers and nonlinearities before, another
    Recurrent above, `Dense` for a readout at every time, `GlobalAvgPool` for its mean over times, `Index` for the last
    time. The kernels are those of `theory.kernels`, at all pairs of times: (batch, other batch, time, other time), or
    at equal times alone, (batch, other batch, time), where neural-tangents asks for no more (`diagonal_spatial`).

    Groups of weights learn at the rates of the layer: weights w' = w/sqrt(rate) are the parameters, so that their plain
    gradient flow, and the empirical kernel, have that rate; what is not trained passes no gradient. Under a
    `mask_constant` masked inputs count as zero and masked outputs as absent, so that sequences of different lengths are
    padded at the end.

    Regime: the kernel assumes gradient independence, which readouts of mean zero ensure; see RecurrentNetwork. Kernels
    that overflow are infinite here; `theory.kernels.variances` says where they do.

    Cost: one pair of duals for each pair of (sequence, time); memory the kernels that neural-tangents holds anyway.

    Args:
        width: N of the networks that `init_fn` draws; the kernel is that of N to infinity.
        layer: activation, gains, initial state (zero, or one draw shared by all inputs), rates, tied or not.

    Returns:
        (init_fn, apply_fn, kernel_fn). Parameters are (W (N, N), or (time, N, N) untied; U (m, N); b (N,); xi (N,)),
        the last two None where their scale is zero.

    Raises:
        ProblemError: initial states that differ between inputs, which no weights could hold; neural-tangents missing.
            From `kernel_fn`: inputs that are not (batch, time, channel); a Hermite series (tanh, FromFunction) under
            `jax.jit` whose number of terms is left open.

    >>> import numpy as np
    >>> from theory.kernels import Identity
    >>> stax = neural_tangents().stax
    >>> layer = RecurrentLayer(Identity(), recurrent=0.5)
    >>> init, apply, kernel = stax.serial(Recurrent(64, layer), stax.Dense(1))
    >>> pulse = np.array([[[1.0], [0.0], [0.0]]])
    >>> kernel(pulse, None, "ntk")[0, 0]                                   # (j + 2) s_w^{2j} at lag j
    Array([[2.  , 0.  , 0.  ],
           [0.  , 0.75, 0.  ],
           [0.  , 0.  , 0.25]], dtype=float64)

    Source: theory.kernels.recursion; conventions of R. Novak et al., Neural Tangents, arXiv 1912.02803.
    """
    width = count(width, "width")
    instance(layer, RecurrentLayer, "layer")
    if layer.initial_state.scale and not layer.initial_state.shared:
        raise ProblemError(
            f"initial states of scale {layer.initial_state.scale:g}, independent between inputs, are no function of "
            "weights and inputs. Use InitialState(scale, shared=True), or theory.kernels.all_pairs for their kernel."
        )
    stax = neural_tangents().stax

    @stax.layer
    @stax.supports_masking(remask_kernel=True)
    def recurrent():
        @stax.requires(batch_axis=0, channel_axis=-1, diagonal_spatial=stax.Diagonal())
        def kernel_fn(k, **_):
            return _kernel_above(layer, k)

        def mask_fn(mask, shape):
            return jnp.all(mask, axis=-1, keepdims=True)

        return functools.partial(_init, layer, width), functools.partial(_apply, layer), kernel_fn, mask_fn

    return recurrent()


def _init(layer: RecurrentLayer, width: int, key, shape):
    _require_sequences(shape)
    rates, keys = layer.rates, jax.random.split(key, 4)
    *outer_shape, inputs = shape
    recurrent = (width, width) if layer.tied else (shape[1], width, width)
    wanted = [
        (recurrent, rates.recurrent, True),
        ((inputs, width), rates.input, True),
        ((width,), rates.bias, layer.bias > 0),
        ((width,), rates.initial_state, layer.initial_state.scale > 0),
    ]
    weights = tuple(
        jax.random.normal(key, size) / (rate**0.5 or 1.0) if there else None
        for key, (size, rate, there) in zip(keys, wanted, strict=True)
    )
    return (*outer_shape, width), weights


def _apply(layer: RecurrentLayer, params, inputs, **_):
    _require_sequences(inputs.shape)
    rates, width = layer.rates, params[1].shape[1]
    W, U, b, xi = (
        None if weights is None else weights * rate**0.5 if rate else jax.lax.stop_gradient(weights)
        for weights, rate in zip(
            params, (rates.recurrent, rates.input, rates.bias, rates.initial_state), strict=True
        )
    )
    driven = layer.input / U.shape[0] ** 0.5 * inputs @ U
    if b is not None:
        driven = driven + layer.bias * b
    state = jnp.zeros((inputs.shape[0], width), driven.dtype)
    if xi is not None:
        state = state + layer.initial_state.scale * xi

    def advance(state, now):
        driven, W_now = now if not layer.tied else (now, W)
        state = layer.activation.function(layer.recurrent / width**0.5 * state @ W_now + driven)
        return state, state

    driven = jnp.swapaxes(driven, 0, 1)
    return jnp.swapaxes(jax.lax.scan(advance, state, driven if layer.tied else (driven, W))[1], 0, 1)


def _kernel_above(layer: RecurrentLayer, k):
    """neural-tangents' Kernel of the states from that of what drives them."""
    _require_sequences(k.shape1)
    gain = layer_gains(layer)
    pairs = not k.diagonal_batch, not k.diagonal_spatial
    powers = [_at_equal(each, *pairs) for each in (k.cov1, k.cov2) if each is not None]
    variances = [_variances(layer.activation, gain, power) for power in powers]
    activation = _resolved(layer.activation, variances)
    if activation != layer.activation:  # variances and duals by one and the same series
        variances = [_variances(activation, gain, power) for power in powers]
    sides = [(jnp.sqrt(each), activation.features(each)) for each in variances]
    run = functools.partial(_over_batches, activation, layer.tied, not k.diagonal_spatial)
    gradient = None if k.ntk is None else jnp.broadcast_to(k.ntk, k.nngp.shape)
    nngp, ntk = run(True, gain, k.nngp, gradient, sides[0], sides[-1])
    if k.cov2 is None:  # one batch: its own covariance is there already
        cov1, cov2 = nngp if pairs[0] else jnp.moveaxis(jnp.diagonal(nngp), -1, 0), None
    else:
        cov1, cov2 = (
            run(pairs[0], gain, each, None, side, side)[0] for each, side in zip((k.cov1, k.cov2), sides, strict=True)
        )
    return k.replace(nngp=nngp, ntk=ntk, cov1=cov1, cov2=cov2, is_gaussian=False, is_input=False)


def _at_equal(covariance, batch_pairs: bool, time_pairs: bool):
    """(sequence, time) of a covariance of one batch with itself."""
    if time_pairs:
        covariance = jnp.diagonal(covariance, axis1=-2, axis2=-1)
    return jnp.moveaxis(jnp.diagonal(covariance), -1, 0) if batch_pairs else covariance


@functools.partial(jax.jit, static_argnums=0)
def _variances(activation: Activation, gain: Gains, power):
    def advance(K, power):
        S = gain.recurrent * K + gain.input * power + gain.bias
        return activation.moments(S)[0], S

    first = jnp.full(power.shape[0], gain.initial)
    return jax.lax.scan(advance, first, power.T)[1].T


def _resolved(activation: Activation, variances) -> Activation:
    try:
        return activation.resolved(jnp.concatenate([each.ravel() for each in variances]))
    except jax.errors.TracerArrayConversionError:
        raise ProblemError(
            f"under jax.jit the variances are unknown that choose how many terms of its Hermite series {activation} "
            "needs: give them, for instance Tanh(terms=128), or take the kernel outside of jit."
        ) from None


@functools.partial(jax.jit, static_argnums=(0, 1, 2, 3))
def _over_batches(activation, tied, time_pairs, batch_pairs, gain, below, gradient, rows, columns):
    """K and P for every pair of sequences, or of each with itself."""
    run = functools.partial(_pair, activation, tied, time_pairs, gain)
    run = jax.vmap(run, in_axes=(0, 0, None, 0)) if batch_pairs else run
    run = jax.vmap(run, in_axes=(0, 0, 0, None if batch_pairs else 0))
    K, P = run(below, jnp.zeros_like(below) if gradient is None else gradient, rows, columns)
    return K, None if gradient is None else P


def _pair(activation, tied, time_pairs, gain: Gains, below, gradient, rows, columns):
    """The recursion over row times of one pair of sequences; a row holds all column times, or the equal one."""
    times = below.shape[0]
    each = jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0)[..., None], (rows, columns))
    if time_pairs:
        each = each[0], jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (times, *leaf.shape)), columns)
        linked, begin = jnp.eye(times), jnp.eye(1, times)
    else:
        below, gradient, linked, begin = below[:, None], gradient[:, None], jnp.ones((times, 1)), jnp.ones((1, 1))

    def advance(previous, now):
        ((row_deviation, row), (column_deviation, column)), below, gradient, linked = now
        if not tied:
            previous = tuple(each * linked for each in previous)
        bound = outer(row_deviation, column_deviation)
        K, P = layer_step(activation, gain, previous, (below, gradient), bound, row, column)
        ahead = K, P
        if time_pairs:  # (t-1, t'-1) of the next row; nothing at (t-1 > 0, 0)
            ahead = tuple(jnp.pad(each[:, :-1], ((0, 0), (1, 0))) for each in ahead)
        return ahead, (K[0], P[0])

    first = gain.initial * begin, gain.initial_rate * gain.initial * begin
    K, P = jax.lax.scan(advance, first, (each, below, gradient, linked))[1]
    return (K, P) if time_pairs else (K[:, 0], P[:, 0])


def _require_sequences(shape) -> None:
    if len(shape) != 3:
        raise ProblemError(f"a recurrent layer takes inputs (batch, time, channel), but these have shape {shape}.")
