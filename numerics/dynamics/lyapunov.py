"""Lyapunov exponents, by orthogonalising perturbations as they are carried along."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.dynamics.fields import checked
from numerics.dynamics.stepping import RungeKutta
from theory.checks import count, positive
from theory.errors import DivergedError, ProblemError

_BLOCKS = 20


class Spectrum(NamedTuple):
    """Lyapunov exponents.

    Args:
        exponents: in descending order, per unit of time or per step of a map, (exponent,).
        errors: of one standard deviation: their scatter over 20 parts of each path, and what halving the step would
            still change.
    """

    exponents: np.ndarray
    errors: np.ndarray


def lyapunov_spectrum(
    velocity, starts, duration: float, step: float, transient: float, exponents: int | None = None
) -> Spectrum:
    """The largest exponents of `dx/dt = f(x)`, the mean over paths from the starts.

    A path and an orthogonal frame are carried along by Runge and Kutta's fourth-order method, `dQ/dt = J(x) Q`, and
    `Q R` is factorised at every step: the exponents are the time averages of `log R_ii`. It is done with steps of
    `step` and of twice that: the difference, over 15, is the error of the step, of order step^4.

    Args:
        velocity: f, traceable by JAX.
        starts: (start, state), all within reach of the same attractor.
        duration: time averaged over, for each start.
        step: of time.
        transient: time before, in which path and frame settle.
        exponents: how many; all by default.

    Raises:
        ProblemError: fewer than 20 steps of twice the size in the duration; starts as in `fixed_points`.
        DivergedError: a path left the finite numbers.

    >>> decay = lyapunov_spectrum(lambda x: jnp.array([-1.0, -3.0]) * x, np.ones((1, 2)), 10.0, 0.01, 20.0)
    >>> decay.exponents.round(7), bool((np.abs(decay.exponents - [-1, -3]) < 1.1 * decay.errors + 1e-12).all())
    (array([-1., -3.]), True)

    Source: Benettin et al., Meccanica 15 (1980) 9; Geist, Parlitz & Lauterborn, Prog. Theor. Phys. 83 (1990) 875.
    """
    starts = checked(velocity, starts)
    duration, step = positive(duration, "duration"), positive(step, "step")
    transient = positive(transient, "transient", allow_zero=True)
    fine, coarse = (
        _averaged(RungeKutta(velocity, h), starts, duration, h, transient, exponents) for h in (step, 2 * step)
    )
    return Spectrum(fine[0], np.hypot(fine[1], np.abs(fine[0] - coarse[0]) / 15))


def lyapunov_spectrum_of_map(
    step, starts, iterations: int, transient: int, exponents: int | None = None
) -> Spectrum:
    """As `lyapunov_spectrum`, for a map `x -> step(x)`, per iteration; its error is the scatter alone.

    Args:
        step: the map, traceable by JAX.
        starts: (start, state).
        iterations: averaged over.
        transient: iterations before.
        exponents: how many; all by default.

    >>> found = lyapunov_spectrum_of_map(lambda x: jnp.array([0.5, 2.0]) * x, np.ones((1, 2)), 40, 40)
    >>> (found.exponents / np.log(2)).round(12)
    array([ 1., -1.])
    """
    starts = checked(step, starts, "step")
    iterations, transient = count(iterations, "iterations"), count(transient, "transient", least=0)
    return Spectrum(*_averaged(step, starts, iterations, 1.0, transient, exponents))


def _averaged(step, starts, duration, size, transient, exponents):
    block = int(duration / size / _BLOCKS)
    if block < 1:
        raise ProblemError(
            f"a duration of {duration:g} is fewer than {_BLOCKS} steps of {size:g}: take a longer one or smaller steps."
        )
    number = count(
        starts.shape[1] if exponents is None else exponents, "exponents", most=starts.shape[1],
        because="There are as many as the state has dimensions.",
    )  # fmt: skip
    before = int(np.ceil(transient / size))
    sums = np.asarray(_follow(step, starts, number, jnp.asarray(before), jnp.asarray(block)))
    if not np.isfinite(sums).all():
        raise DivergedError(
            f"{int((~np.isfinite(sums)).any(axis=(1, 2)).sum())} of {len(starts)} paths left the finite numbers: take "
            "smaller steps, starts nearer to the attractor, or a shorter duration."
        )
    rates = sums / (block * size)
    # a spectrum is in descending order; the frame need not have turned so far when rates are nearly alike
    rates = rates[:, :, np.argsort(-rates.mean(axis=(0, 1)), kind="stable")]
    return rates.mean(axis=(0, 1)), rates.std(axis=(0, 1)) / np.sqrt(rates.shape[0] * rates.shape[1])


@eqx.filter_jit
def _follow(step, starts, number, before, block):
    """Sums of log R_ii over each of the blocks, (start, block, exponent)."""

    def advance(_, carry):
        x, Q, total = carry
        after, carried = jax.vmap(lambda q: jax.jvp(step, (x,), (q,)), out_axes=(None, 1), in_axes=1)(Q)
        Q, R = jnp.linalg.qr(carried)
        return after, Q, total + jnp.log(jnp.abs(jnp.diagonal(R)))

    def one(x):
        Q = jnp.linalg.qr(jax.random.normal(jax.random.key(0), (x.size, number)))[0]
        x, Q, _ = jax.lax.fori_loop(0, before, advance, (x, Q, jnp.zeros(number)))

        def part(carry, _):
            x, Q, total = jax.lax.fori_loop(0, block, advance, (*carry, jnp.zeros(number)))
            return (x, Q), total

        return jax.lax.scan(part, (x, Q), None, length=_BLOCKS)[1]

    return jax.vmap(one)(jnp.asarray(starts))
