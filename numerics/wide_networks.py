"""Finite networks with random weights, and their own neural tangent kernels, exactly."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import count, instance
from theory.errors import ProblemError
from theory.kernels import RecurrentNetwork, TimeKernels
from theory.kernels.sequences import checked


def draw_weights(network: RecurrentNetwork, width: int, inputs: int, seed: int, times: int = 0, sequences: int = 1):
    """Standard Gaussian weights of a finite network, layer by layer, and its readout.

    Args:
        network: scales and activations; what is drawn is W, U, b, xi and v of `RecurrentLayer`.
        width: N, of every layer.
        inputs: m.
        seed: of the draw.
        times: how many W an untied layer needs.
        sequences: how many initial states a layer needs whose states are not shared.

    Returns:
        A dictionary with `layers`, a list of dictionaries `recurrent`, `input`, `bias`, `initial`; and `readout`.

    >>> from theory.kernels import Erf, RecurrentLayer
    >>> weights = draw_weights(RecurrentNetwork(RecurrentLayer(Erf(), 1.5)), width=8, inputs=2, seed=0)
    >>> {name: each.shape for name, each in weights["layers"][0].items()}
    {'recurrent': (1, 8, 8), 'input': (8, 2), 'bias': (8,), 'initial': (1, 8)}
    """
    instance(network, RecurrentNetwork, "network")
    width, inputs = count(width, "width"), count(inputs, "inputs")
    keys = jax.random.split(jax.random.key(seed), 4 * len(network.layers) + 1)
    layers = []
    for i, layer in enumerate(network.layers):
        fan_in = inputs if i == 0 else width
        shapes = {
            "recurrent": (1 if layer.tied else times, width, width),
            "input": (width, fan_in),
            "bias": (width,),
            "initial": (1 if layer.initial_state.shared else sequences, width),
        }
        draws = zip(shapes.items(), keys[4 * i : 4 * i + 4], strict=True)
        layers.append({name: jax.random.normal(key, shape) for (name, shape), key in draws})
    return {"layers": layers, "readout": jax.random.normal(keys[-1], (width,))}


def states(network: RecurrentNetwork, weights, sequence, index=0, nudges=None):
    """States h_t of every layer along one sequence, from h_0; optionally with nudges added to the preactivations.

    Args:
        network: scales and activations.
        weights: of `draw_weights`.
        sequence: (time, input).
        index: which sequence it is, for initial states of its own.
        nudges: (layer, time, unit), or None.

    Returns:
        A list over layers of (time + 1, unit).
    """
    width = weights["readout"].shape[0]
    below, found = jnp.asarray(sequence), []
    for i, (layer, own) in enumerate(zip(network.layers, weights["layers"], strict=True)):
        drive = layer.input / np.sqrt(below.shape[1]) * below @ own["input"].T + layer.bias * own["bias"]
        if nudges is not None:
            drive = drive + nudges[i]
        first = layer.initial_state.scale * own["initial"][0 if layer.initial_state.shared else index]

        def advance(h, now, layer=layer, own=own):
            W, drive = now
            W = own["recurrent"][0] if layer.tied else W
            h = layer.activation.function(layer.recurrent / np.sqrt(width) * W @ h + drive)
            return h, h

        untied = jnp.zeros((len(drive), 0)) if layer.tied else own["recurrent"]
        below = jax.lax.scan(advance, first, (untied, drive))[1]
        found.append(jnp.concatenate([first[None], below]))
    return found


def outputs(network: RecurrentNetwork, weights, sequence, index=0, nudges=None):
    """y_t = s_v/sqrt(N) (v + mu).h_t along one sequence, (time,)."""
    readout = weights["readout"] + network.readout_mean
    last = states(network, weights, sequence, index, nudges)[-1]
    return network.readout / np.sqrt(readout.size) * last[1:] @ readout


def empirical_kernels(network: RecurrentNetwork, sequences, width: int, seed: int) -> TimeKernels:
    """The kernels of one finite network at its random initial weights, for all pairs of inputs and times.

    NNGP: the covariance of the output over readouts, given all other weights (for readouts of non-zero mean the product
    of means is added, which scatters over draws at any width). NTK: `sum rate dy/dw dy'/dw`
    over all weights w, without ever forming a gradient of N^2 numbers: with `delta_ts = dy_t/dg_s`, a weight
    matrix contributes `sum over s, s' of (delta_ts . delta'_t's')(h_{s-1} . h'_{s'-1})`.

    Cost: n T^2 N^2 for the deltas, (n T^2)^2 N for their products, a layer.

    Args:
        network: the network.
        sequences: (sequence, time, input), all of one length.
        width: N.
        seed: of the weights.

    >>> from theory.kernels import Erf, RecurrentLayer
    >>> found = empirical_kernels(RecurrentNetwork(RecurrentLayer(Erf(), 1.5)), np.ones((2, 3, 1)), width=20, seed=0)
    >>> found.ntk.shape, bool((np.linalg.eigvalsh(found.matrices().ntk) > -1e-12).all())
    ((2, 3, 2, 3), True)

    Source: derived here; G. Yang, Tensor Programs II, arXiv 2006.14548, for the limit.
    """
    given = checked(sequences)
    if given.ragged:
        raise ProblemError("empirical kernels take sequences of one length: cut them, or take them in groups.")
    weights = draw_weights(network, width, given.values.shape[2], seed, given.values.shape[1], len(given.values))
    nngp, ntk = kernels_at(network, weights, jnp.asarray(given.values))
    return TimeKernels(np.asarray(nngp), np.asarray(ntk), given.valid(), given.valid())


@functools.partial(jax.jit, static_argnums=0)
def kernels_at(network: RecurrentNetwork, weights, sequences):
    """The same of given weights: NNGP and NTK, (sequence, time, other sequence, other time)."""
    number, times, _ = sequences.shape
    width = weights["readout"].shape[0]
    silent = jnp.zeros((len(network.layers), times, width))
    indices = jnp.arange(number)
    every = jax.vmap(lambda x, i: states(network, weights, x, i))(sequences, indices)
    deltas = jax.vmap(lambda x, i: jax.jacrev(lambda nudges: outputs(network, weights, x, i, nudges))(silent))(
        sequences, indices
    )  # (sequence, t, layer, s, unit)
    h = every[-1][:, 1:]
    scale = network.readout**2 / width
    overlap = jnp.einsum("itn,jsn->itjs", h, h)
    total = h.sum(-1)
    nngp = scale * (overlap + network.readout_mean**2 * jnp.einsum("it,js->itjs", total, total))
    ntk = scale * network.readout_rate * overlap
    below = sequences
    for i, layer in enumerate(network.layers):
        products = jnp.einsum("itan,jsbn->itajsb", deltas[:, :, i], deltas[:, :, i])
        before = every[i][:, :-1]
        shared = jnp.einsum("ian,jbn->iajb", before, before) / width
        if not layer.tied:
            shared = shared * jnp.eye(times)[None, :, None, :]
        source = layer.rates.recurrent * layer.recurrent**2 * shared
        source += layer.rates.input * layer.input**2 * jnp.einsum("ian,jbn->iajb", below, below) / below.shape[-1]
        source += layer.rates.bias * layer.bias**2
        ntk = ntk + jnp.einsum("itajsb,iajb->itjs", products, source)
        W = weights["layers"][i]["recurrent"][0]
        back = layer.initial_state.scale * layer.recurrent / np.sqrt(width) * deltas[:, :, i, 0] @ W
        same = 1.0 if layer.initial_state.shared else jnp.eye(number)[:, None, :, None]
        ntk = ntk + layer.rates.initial_state * same * jnp.einsum("itn,jsn->itjs", back, back)
        below = every[i][:, 1:]
    return nngp, ntk
