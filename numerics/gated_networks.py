"""Finite networks of gated units with random weights, and their own neural tangent kernels, exactly."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import count, instance
from theory.errors import ProblemError
from theory.kernels.gated import GatedNetwork
from theory.kernels.sequences import checked


def draw_gated_weights(network: GatedNetwork, width: int, inputs: int, seed: int, times: int, sequences: int = 1):
    """Standard Gaussian weights of a finite network: `recurrent` of each preactivation (1, or time; N, N), `input`,
    `bias`; `initial` (1 or sequence, N); and `readout` (N,).

    Args:
        network: what is drawn.
        width: N.
        inputs: m.
        seed: of the draw.
        times: how many W untied weights need.
        sequences: how many initial states are needed where they are not shared.

    >>> from theory.kernels.gated import GatedWeights, MinimalGated
    >>> network = GatedNetwork(MinimalGated(), (GatedWeights(1.0), GatedWeights(1.5)))
    >>> draw_gated_weights(network, 8, 2, 0, 3)["recurrent"].shape
    (2, 1, 8, 8)
    """
    instance(network, GatedNetwork, "network")
    width, inputs = count(width, "width"), count(inputs, "inputs")
    keys, number = jax.random.split(jax.random.key(seed), 5), len(network.weights)
    shapes = {
        "recurrent": (number, 1 if network.tied else times, width, width),
        "input": (number, width, inputs),
        "bias": (number, width),
        "initial": (1 if network.initial_state.shared else sequences, width),
        "readout": (width,),
    }
    return {name: jax.random.normal(key, shape) for (name, shape), key in zip(shapes.items(), keys, strict=True)}


def gated_path(network: GatedNetwork, weights, sequence, index=0, nudges=None, pushes=None):
    """States h_t from h_0, (time + 1, unit), and what each recurrent matrix acts on, (matrix, time, unit).

    Args:
        network: scales and units.
        weights: of `draw_gated_weights`.
        sequence: (time, input).
        index: which sequence it is, for initial states of its own.
        nudges: added to the preactivations, (matrix, time, unit).
        pushes: added to the states h_0 to h_{T}, (time + 1, unit).
    """
    x, width = jnp.asarray(sequence), weights["readout"].shape[0]
    times, number = x.shape[0], len(network.weights)
    nudges = jnp.zeros((number, times, width)) if nudges is None else nudges
    pushes = jnp.zeros((times + 1, width)) if pushes is None else pushes
    drive = jnp.stack(
        [
            each.input / np.sqrt(x.shape[1]) * x @ weights["input"][k].T
            + each.bias * weights["bias"][k] + each.bias_mean + nudges[k]
            for k, each in enumerate(network.weights)
        ],
        axis=1,
    )  # fmt: skip
    first = weights["initial"][0 if network.initial_state.shared else index]
    h = network.initial_state.scale * first + pushes[0]

    def advance(h, now):
        drive, W, push = now
        g, acted = [], []
        for k, each in enumerate(network.weights):
            m = network.unit.presynaptic(k, h, g)
            matrix = weights["recurrent"][k, 0] if network.tied else W[k]
            acted.append(m)
            g.append(each.recurrent / np.sqrt(width) * matrix @ m + drive[k])
        h = network.unit.state(h, g) + push
        return h, (h, jnp.stack(acted))

    untied = jnp.zeros((times, 0)) if network.tied else jnp.swapaxes(weights["recurrent"], 0, 1)
    later, acted = jax.lax.scan(advance, h, (drive, untied, pushes[1:]))[1]
    return jnp.concatenate([h[None], later]), jnp.swapaxes(acted, 0, 1)


def gated_outputs(network: GatedNetwork, weights, sequence, index=0):
    """y_t = s_v/sqrt(N) v.h_t along one sequence, (time,)."""
    readout = weights["readout"]
    states = gated_path(network, weights, sequence, index)[0]
    return network.readout / np.sqrt(readout.size) * states[1:] @ readout


def empirical_gated_kernels(network: GatedNetwork, sequences, width: int, seed: int):
    """Of one finite network at its random weights, for the outputs at the last time.

    Args:
        network: the network.
        sequences: (sequence, time, input), all of one length.
        width: N.
        seed: of the weights.

    Returns:
        NNGP (sequence, other): the covariance of outputs over readouts, given all other weights; NTK (sequence, other);
        and `N/s_v^2 |dy_T/dh_s|^2 / N`, (sequence, s) from s = 0.

    >>> from theory.kernels.gated import GatedWeights, MinimalGated
    >>> network = GatedNetwork(MinimalGated(), (GatedWeights(1.0), GatedWeights(1.5)))
    >>> [each.shape for each in empirical_gated_kernels(network, np.ones((2, 3, 1)), 16, 0)]
    [(2, 2), (2, 2), (2, 4)]
    """
    given = checked(sequences)
    if given.ragged:
        raise ProblemError("empirical kernels take sequences of one length: cut them, or take them in groups.")
    number, times, inputs = given.values.shape
    weights = draw_gated_weights(network, width, inputs, seed, times, number)
    return tuple(np.asarray(each) for each in _kernels(network, weights, jnp.asarray(given.values)))


@functools.partial(jax.jit, static_argnums=0)
def _kernels(network, weights, sequences):
    number, times, inputs = sequences.shape
    readout, scale = weights["readout"], network.readout**2 / weights["readout"].size
    width = readout.size
    indices = jnp.arange(number)

    def along(x, index):
        def last(nudges, pushes):
            states, acted = gated_path(network, weights, x, index, nudges, pushes)
            return states[-1] @ readout, (states[-1], acted)

        silent = jnp.zeros((len(network.weights), times, width)), jnp.zeros((times + 1, width))
        gradients, (h, acted) = jax.grad(last, argnums=(0, 1), has_aux=True)(*silent)
        return *gradients, h, acted

    deltas, betas, h, acted = jax.lax.map(lambda pair: along(*pair), (sequences, indices))
    nngp = scale * h @ h.T
    ntk = network.readout_rate * nngp
    gram = jnp.einsum("iam,jbm->iajb", sequences, sequences) / inputs
    linked = 1.0 if network.tied else jnp.eye(times)[None, :, None, :]
    for k, each in enumerate(network.weights):
        shared = jnp.einsum("ian,jbn->iajb", acted[:, k], acted[:, k]) / width
        source = each.rates.recurrent * each.recurrent**2 * linked * shared
        source = source + each.rates.input * each.input**2 * gram + each.rates.bias * each.bias**2
        products = jnp.einsum("ian,jbn->iajb", deltas[:, k], deltas[:, k])
        ntk = ntk + scale * jnp.einsum("iajb,iajb->ij", products, source)
    same = 1.0 if network.initial_state.shared else jnp.eye(number)
    first = betas[:, 0]
    ntk = ntk + network.initial_rate * network.initial_state.scale**2 * scale * same * (first @ first.T)
    return nngp, ntk, jnp.mean(betas**2, axis=-1)
