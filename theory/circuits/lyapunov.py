"""Lyapunov exponents of a flow, by numbers, with their statistical error."""

import equinox
import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import count, positive
from theory.circuits.flow import Flow
from theory.circuits.random_vectors import generator
from theory.errors import DivergedError


def lyapunov_exponents(
    flow: Flow,
    start: np.ndarray,
    number: int,
    duration: float,
    transient: float = 100.0,
    step: float = 0.1,
    blocks: int = 20,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """The largest exponents of `du/dt = F(u)` in descending order, and their standard errors, both (number,).

    Tangent vectors follow `dV/dt = F'(u) V` along a path by the classical Runge-Kutta step, and are made orthonormal
    after every tenth; the exponents are the mean logarithms of what they had grown to, the errors those of the means
    over equal blocks of time.

    Args:
        flow: F.
        start: u, (neuron,).
        number: of exponents.
        duration: of the path that is averaged over, in single-unit time constants.
        transient: before it.
        step: of the integration.
        blocks: of time.
        seed: of the first tangent vectors.

    Raises:
        DivergedError: the path leaves the finite numbers.

    >>> from theory.circuits import nonlinear_chain
    >>> lyapunov_exponents(nonlinear_chain(1).flow, np.ones(1), number=1, duration=20.0)[0].round(4)
    array([-1.])

    Source: Benettin, Galgani, Giorgilli & Strelcyn, Meccanica 15 (1980) 9.
    """
    start, number, blocks = np.asarray(start, dtype=float), count(number, "number"), count(blocks, "blocks", least=2)
    tangents = np.linalg.qr(generator(seed).normal(size=(start.size, number)))[0]
    settle = max(1, int(np.ceil(positive(transient, "transient") / (10 * step))))
    each = max(1, int(np.ceil(positive(duration, "duration") / (10 * step * blocks))))
    data = (jnp.asarray(value) for value in (start, tangents, step))
    growth = np.asarray(_growth(flow, *data, settle + blocks * each))
    if not np.isfinite(growth).all():
        raise DivergedError("the path on which exponents are taken leaves the finite numbers: take a shorter step.")
    rates = growth[settle:].reshape(blocks, each, number).mean(axis=1) / (10 * step)
    order = np.argsort(-rates.mean(axis=0))
    return rates.mean(axis=0)[order], rates.std(axis=0, ddof=1)[order] / np.sqrt(blocks)


@equinox.filter_jit
def _growth(flow, start, tangents, step, intervals):
    def along(function, u, V):
        return jax.vmap(lambda v: jax.jvp(function, (u,), (v,))[1], in_axes=1, out_axes=1)(V)

    def velocity(pair):
        u, V = pair
        return flow(u), along(flow, u, V)

    def moved(pair, by, scale):
        return jax.tree.map(lambda x, dx: x + scale * dx, pair, by)

    def runge_kutta(pair, _):
        one = velocity(pair)
        two = velocity(moved(pair, one, step / 2))
        three = velocity(moved(pair, two, step / 2))
        four = velocity(moved(pair, three, step))
        mean = jax.tree.map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, one, two, three, four)
        u, V = moved(pair, mean, step)
        return (flow.reset(u), along(flow.reset, u, V)), None

    def interval(pair, _):
        (u, V), _ = jax.lax.scan(runge_kutta, pair, None, length=10)
        Q, R = jnp.linalg.qr(V)
        return (u, Q), jnp.log(jnp.abs(jnp.diag(R)))

    return jax.lax.scan(interval, (start, tangents), None, length=intervals)[1]
