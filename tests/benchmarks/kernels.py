"""Speed of the kernels of wide recurrent networks, against a plain loop over the recursion in the same run."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from theory.kernels import Erf, RecurrentLayer, RecurrentNetwork, all_pairs, all_pairs_bytes, last_time
from theory.kernels.arcsine import arcsine
from theory.neural_tangents import neural_tangents

SEQUENCES, FEWER, TIMES, GAIN = 500, 50, 100, 1.5


def plain_loop(sequences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """NNGP and NTK at the last time as one would write the recursion down in NumPy."""
    K = P = np.zeros((len(sequences), len(sequences)))
    for x in np.swapaxes(sequences, 0, 1):
        S = GAIN**2 * K + x @ x.T / x.shape[1]
        R = S + GAIN**2 * P
        norm = np.outer(1 + 2 * np.diag(S), 1 + 2 * np.diag(S))
        K, P = 2 / np.pi * np.arcsin(2 * S / np.sqrt(norm)), 4 / np.pi / np.sqrt(norm - 4 * S**2) * R
    return K, K + P


def dense_stack(sequences: np.ndarray) -> Callable:
    """NNGP and NTK of neural-tangents' own feedforward network of as many layers, compiled."""
    stax = neural_tangents().stax
    layers = [layer for _ in range(TIMES) for layer in (stax.Dense(1, GAIN), stax.Erf())]
    kernel = stax.serial(*layers, stax.Dense(1))[2]
    compiled = jax.jit(lambda inputs: tuple(kernel(inputs, None, ("nngp", "ntk"))))
    return lambda: compiled(sequences[:, 0])


def in_turns(*calls: Callable, repeats: int = 9) -> list[float]:
    """Shortest wall time of each call, taken in turns, so that what else a machine does falls on all alike."""
    taken = []
    for _ in range(1 + repeats):  # the first compiles
        taken.append([])
        for call in calls:
            begin = time.perf_counter()
            jax.block_until_ready(call())
            taken[-1].append(time.perf_counter() - begin)
    return list(np.min(taken[1:], axis=0))


def rows() -> list[tuple[str, ...]]:
    """Lines of the table: the kernel at the last time, and at all pairs of times."""
    sequences = np.random.default_rng(0).normal(size=(SEQUENCES, TIMES, 1))
    network = RecurrentNetwork(RecurrentLayer(Erf(), GAIN))
    found, expected = last_time(network, sequences), plain_loop(sequences)
    error = max(np.abs(found.nngp - expected[0]).max(), np.abs(found.ntk - expected[1]).max())
    stack = dense_stack(sequences)
    begin = time.perf_counter()
    jax.block_until_ready(stack())
    compiling = time.perf_counter() - begin
    points, vectorised, fewer = jnp.linspace(-1, 1, 2_000_000), jax.jit(arcsine), sequences[:FEWER]
    ours, loop, dense, arcsines = in_turns(
        lambda: last_time(network, sequences).ntk,
        lambda: plain_loop(sequences)[1],
        stack,
        lambda: vectorised(points),
    )
    pairs, one = SEQUENCES * (SEQUENCES + 1) / 2 * TIMES, arcsines / points.size
    (everywhere,) = in_turns(lambda: all_pairs(network, fewer).ntk, repeats=3)
    all_of_them = FEWER * TIMES * (FEWER * TIMES + 1) / 2
    memory = all_pairs_bytes((FEWER, TIMES), (FEWER, TIMES)) / 1e6
    return [
        (
            f"kernels at the last time, erf, {SEQUENCES} sequences of length {TIMES}",
            f"{1e3 * ours:.0f} ms",
            f"{pairs / 1e6:.1f} million pairs at {1e9 * ours / pairs:.1f} ns, of which the machine's own arcsine alone "
            f"would take {1e9 * one:.1f} (a core): {one * pairs / ours:.2f} of its rate",
            f"{loop / ours:.1f} times faster than a NumPy loop (bar: 4); they differ by {error:.0e}",
        ),
        (
            f"neural-tangents, dense erf stack of {TIMES} layers, {SEQUENCES} inputs",
            f"{1e3 * dense:.0f} ms",
            f"{compiling:.1f} s with its compilation",
            f"the above is {dense / ours:.1f} times faster (bar: 4), {compiling / ours:.0f} with that (bar: 10)",
        ),
        (
            f"kernels at all pairs of times, erf, {FEWER} sequences of length {TIMES}",
            f"{1e3 * everywhere:.0f} ms",
            f"{all_of_them / 1e6:.1f} million pairs at {1e9 * everywhere / all_of_them:.1f} ns",
            f"{memory:.0f} MB for the result, in blocks of 16 MB",
        ),
    ]
