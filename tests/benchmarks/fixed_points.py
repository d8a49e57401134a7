"""Speed of certified fixed points, against a sequential minimiser of the speed squared."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from numerics.dynamics.certificate import certify
from numerics.dynamics.fixed_points import fixed_points
from numerics.dynamics.recurrent import RecurrentVelocity
from theory import circuits

SIZES, STARTS, SEQUENTIAL = (16, 64, 256), 200, 20


def rows(seconds: Callable) -> list[tuple[str, ...]]:
    """Lines of the table: one a size."""
    return [row(neurons, seconds) for neurons in SIZES]


def row(neurons: int, seconds: Callable) -> tuple[str, ...]:
    """Certified points a second, points counted as often as starts lead to one; and the same one start after another.

    The other minimises `|f|^2 / 2` from each start by scipy's L-BFGS-B with JAX's gradient, to the end, and asks for
    the same certificate. The first gives, beyond it, each point once and its stability.
    """
    circuit = circuits.bistable_circuit(neurons, seed=3)
    velocity = RecurrentVelocity(circuit)
    starts = 3 * np.random.default_rng(0).uniform(-1, 1, size=(STARTS, 1)) @ circuit.weights[0].T
    starts = starts + np.random.default_rng(1).normal(size=starts.shape)
    found = fixed_points(velocity, starts, velocity.lipschitz)
    taken = seconds(lambda: fixed_points(velocity, starts, velocity.lipschitz).states)
    here = taken / found.hits[found.certified].sum()

    gradient = jax.jit(jax.value_and_grad(lambda z: jnp.sum(velocity(z) ** 2) / 2))

    def speed(z):
        value, slope = gradient(z)
        return float(value), np.asarray(slope)

    def minimised(start):
        options = {"maxiter": 5000, "maxfun": 100_000, "ftol": 0, "gtol": 1e-14}
        return scipy.optimize.minimize(speed, start, jac=True, method="L-BFGS-B", options=options).x

    certify(velocity, minimised(starts[0]), velocity.lipschitz)
    begin = time.perf_counter()
    ends = [minimised(start) for start in starts[:SEQUENTIAL]]
    searching = time.perf_counter() - begin
    kept = sum(certify(velocity, end, velocity.lipschitz).holds for end in ends)
    there = (time.perf_counter() - begin) / max(kept, 1)
    return (
        f"certified fixed points of {neurons} neurons, rank one, {STARTS} starts",
        f"{1e3 * here:.2f} ms a start",
        f"{int(found.certified.sum())} points, each once and with its stability; minimising |f|^2: "
        f"{1e3 * searching / SEQUENTIAL:.1f} ms a start, {1e3 * there:.1f} ms with its certificate",
        f"{there / here:.0f} times a sequential minimiser (bar: 10), {searching / SEQUENTIAL / here:.1f} times its "
        "search alone",
    )
