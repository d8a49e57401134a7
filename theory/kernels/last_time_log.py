"""Kernels at the last time whose size no floating-point number holds: signs and logarithms."""

import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from theory.errors import ProblemError
from theory.kernels.activations.activation import outer
from theory.kernels.recurrent_network import RecurrentNetwork
from theory.kernels.recursion import gains_of, initial, within_bounds
from theory.kernels.sequences import checked
from theory.kernels.variances import variances_along


@dataclass(frozen=True, eq=False)
class LogKernels:
    """NNGP and NTK of `Kernels`, each as its sign (-1, 0 or 1) and the logarithm of its size; (sequence, sequence)."""

    nngp_sign: np.ndarray
    nngp_log: np.ndarray
    ntk_sign: np.ndarray
    ntk_log: np.ndarray

    def normalised_ntk(self) -> np.ndarray:
        """The NTK over the root of its diagonal, which is a matrix of ordinary numbers."""
        own = np.diag(self.ntk_log) / 2
        return self.ntk_sign * np.exp(self.ntk_log - own - own[:, None])


def last_time_log(network: RecurrentNetwork, sequences, lengths=None) -> LogKernels:
    """`last_time` for kernels that overflow: gradients beyond the edge of chaos, states that grow.

    Each P = D R carries an exponent of its own, since P(x, x) grows as chi^T and P(x, x') slower. States of homogeneous
    activations (identity, ReLU) are carried as correlations, `S(t,t') = e^{l(t) + l'(t')} c`: duals of a homogeneous
    phi scale as their arguments do.

    Cost: as `last_time`, some three times slower; no blocks, so memory is a few n^2 numbers.

    Args:
        network: all its layers bounded (erf, tanh), or all homogeneous.
        sequences: (sequence, time, input).
        lengths: of each sequence; None if all have the full length.

    Raises:
        ProblemError: other activations, bad sequences.

    >>> from theory.kernels import Erf, RecurrentLayer
    >>> chaotic = RecurrentNetwork(RecurrentLayer(Erf(), recurrent=3.0))
    >>> found = last_time_log(chaotic, 0.1 * np.ones((1, 2000, 1)))
    >>> bool(found.ntk_log[0, 0] > np.log(1e308))
    True
    """
    homogeneous = all(activation.homogeneous for activation in network.activations)
    if not homogeneous and not all(activation.bounded for activation in network.activations):
        names = ", ".join(str(activation) for activation in network.activations)
        raise ProblemError(f"logarithms need layers that are all bounded, or all homogeneous; these are {names}.")
    values, starts = checked(sequences, lengths).ending_together()
    if homogeneous:
        logs = _log_deviations(network.activations, gains_of(network), *map(jnp.asarray, (values, starts)))
        activations, variances = network.activations, [np.ones(each.shape) for each in logs]
    else:
        variances = variances_along(network, values, starts).preactivation
        activations = tuple(a.resolved(each) for a, each in zip(network.activations, variances, strict=True))
        variances = variances_along(network, values, starts, activations).preactivation
        logs = [np.zeros(each.shape) for each in variances]
    features = [activation.features(jnp.asarray(each)) for activation, each in zip(activations, variances, strict=True)]
    deviations = [np.sqrt(each) for each in variances]
    K, scale, P, exponent = _diagonal(
        activations, network.tied, gains_of(network), jnp.swapaxes(jnp.asarray(values), 0, 1), jnp.asarray(starts),
        [jnp.asarray(each) for each in logs], [jnp.asarray(each) for each in deviations], features,
    )
    mean, gain = 1 + network.readout_mean**2, network.readout**2
    nngp = _signed_log(gain * mean * K, scale)
    ntk = _signed_log(*_sum([(gain * network.readout_rate * K, scale), (gain * mean * P, exponent)]))
    return LogKernels(*(np.asarray(each) for each in (*nngp, *ntk)))


def _sum(terms):
    """Of numbers `value e^exponent`: one value, one exponent."""
    largest = functools.reduce(jnp.maximum, [jnp.where(value == 0, -jnp.inf, exponent) for value, exponent in terms])
    largest = jnp.where(jnp.isfinite(largest), largest, 0.0)
    return sum(value * jnp.exp(jnp.minimum(exponent - largest, 0.0)) for value, exponent in terms), largest


def _signed_log(value, exponent):
    size = jnp.abs(value)
    return jnp.sign(value), jnp.where(size > 0, exponent + jnp.log(jnp.where(size > 0, size, 1.0)), -jnp.inf)


@functools.partial(jax.jit, static_argnums=0)
def _log_deviations(activations, gains, values, starts):
    """Log of sqrt(S(t,t)) of homogeneous layers, each (time, sequence); 0 where S vanishes."""
    power = jnp.log(jnp.mean(values**2, axis=-1)).T  # (time, sequence)

    def advance(previous, now):
        time, below = now
        kept, after = [], []
        for activation, gain, state in zip(activations, gains, previous, strict=True):
            state = jnp.where(time <= starts, jnp.log(initial(gain, 1.0)[0]), state)
            S = functools.reduce(
                jnp.logaddexp, (jnp.log(gain.recurrent) + state, jnp.log(gain.input) + below, jnp.log(gain.bias))
            )
            below = S + jnp.log(activation.moments(jnp.ones(()))[0])
            kept.append(jnp.where(jnp.isfinite(S), S / 2, 0.0))
            after.append(below)
        return after, kept

    nothing = [jnp.full(starts.shape, -jnp.inf) for _ in gains]
    return jax.lax.scan(advance, nothing, (jnp.arange(values.shape[1]), power))[1]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _diagonal(activations, tied, gains, values, starts, logs, deviations, features):
    """The recursion of `theory.kernels.recursion.step`, states as K e^scale and P e^exponent."""
    number = starts.shape[0]
    begins = jnp.maximum(starts[:, None], starts)
    linked = 1.0 * (starts[:, None] == starts)
    firsts = [tuple(linked * jnp.broadcast_to(each, (number, number)) for each in initial(gain, jnp.eye(number)))
              for gain in gains]

    def advance(previous, now):
        time, x, logs, deviations, features = now
        below, gradient_below = (x @ x.T / x.shape[-1], jnp.zeros((number, number))), None
        states = []
        parts = zip(activations, tied, gains, firsts, previous, logs, deviations, features, strict=True)
        for activation, is_tied, gain, first, (K, scale, P, exponent), log, deviation, feature in parts:
            K, P = (jnp.where(time <= begins, a, b) for a, b in zip(first, (K, P), strict=True))
            scale, exponent = (jnp.where(time <= begins, 0.0, each) for each in (scale, exponent))
            if not is_tied:
                K, P = K * linked, P * linked
            one = jnp.ones_like(K), jnp.zeros_like(K)
            own = log[:, None] + log
            drive = (gain.input * below[0], below[1]), (gain.bias * one[0], one[1])
            S, largest = _sum([(gain.recurrent * K, scale), *drive])
            S = within_bounds(S * jnp.exp(jnp.minimum(largest - own, 700.0)), outer(deviation, deviation))
            terms = [
                (gain.recurrent * gain.recurrent_rate * K, scale),
                (gain.recurrent * P, exponent),
                (gain.input * gain.input_rate * below[0], below[1]),
                (gain.bias * gain.bias_rate * one[0], one[1]),
            ]
            if gradient_below is not None:
                terms.append((gain.input * gradient_below[0], gradient_below[1]))
            R, exponent = _sum(terms)
            K, D = activation.duals(feature, feature, S)
            sign, size = _signed_log(D * R, exponent)
            P, exponent = sign, jnp.where(jnp.isfinite(size), size, 0.0)
            states.append((K, own, P, exponent))
            below, gradient_below = (K, own), (P, exponent)
        return states, None

    nothing = jnp.zeros((number, number))
    start = [(nothing, nothing, nothing, nothing) for _ in gains]
    scanned = jnp.arange(values.shape[0]), values, logs, deviations, features
    return jax.lax.scan(advance, start, scanned)[0][-1]
