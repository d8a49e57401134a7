"""Limit cycles: from a simulation to the closed orbit, its period and its Floquet exponents."""

from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.dynamics.fields import checked
from numerics.dynamics.stepping import carried
from theory.checks import positive

_SAMPLES = 2000
_PHASES = 128
_SEGMENTS = 16
_ITERATIONS = 20
_STEPS = (1024, 2048)
_SMALLEST = 1e-11


@dataclass(frozen=True, eq=False)
class Cycle:
    """A closed orbit.

    Args:
        states: once around, at equal steps of time, (phase, state); the first is not repeated.
        period: time for a turn,
        period_error: of the steps of integration, by halving them once.
        exponents: Floquet exponents, logarithms of the moduli of the multipliers over the period, in descending
            order; one of them is zero, that along the orbit.
        exponent_error: how far that one is from zero as it is computed.
        multipliers: eigenvalues of the map around the orbit; those below 1e-10 of the largest are lost to rounding,
            while their exponents are not.
    """

    states: np.ndarray = field(repr=False)
    period: float
    period_error: float
    exponents: np.ndarray
    exponent_error: float
    multipliers: np.ndarray = field(repr=False)

    @property
    def stable(self) -> bool:
        """Whether all exponents but that along the orbit are negative, by more than their error."""
        across = np.delete(self.exponents, np.abs(self.exponents).argmin())
        return bool((across < -self.exponent_error).all())


def limit_cycle(velocity, start, duration: float) -> Cycle | None:
    """The cycle that a simulation comes to, or None: it rests, or does not return to where it was.

    The integration is Runge and Kutta's of fourth order, with 2048 steps a turn. The path is followed for `duration`,
    and for as long again to see when it comes back: through the plane across the path, in the same sense, near to
    where it left. From there Newton's method solves `x(T) = x`, `f(x_0) . (x - x_0) = 0` for x and T, with the
    derivative of the flow. The exponents are the means of `log R_ii` as an orthogonal frame is carried around in 16
    parts until it repeats itself, so that small multipliers keep digits.

    Args:
        velocity: f of `dx/dt = f(x)`, traceable by JAX.
        start: (state,).
        duration: time to settle, and more than a period.

    Raises:
        ProblemError: a start that is not finite, a system that is not autonomous.

    >>> def ring(x):                                   # r' = r (1 - r^2), angle' = 2: period pi, exponent -2
    ...     return x * (1 - x @ x) + 2 * jnp.array([-x[1], x[0]])
    >>> cycle = limit_cycle(ring, [0.3, 0.0], 20.0)
    >>> round(cycle.period / np.pi, 9), cycle.exponents.round(7) + 0.0
    (1.0, array([ 0., -2.]))

    Source: Seydel, Practical Bifurcation and Stability Analysis (2010), chapter 7.
    """
    start = checked(velocity, np.atleast_2d(start))[0]
    guess = _return(velocity, start, positive(duration, "duration"))
    if guess is None:
        return None
    found = []
    for steps in _STEPS:
        guess = _closed(velocity, *guess, jnp.asarray(steps))
        if guess is None:
            return None
        found.append(guess)
    (_, coarse), (x, period) = found
    propagators = np.asarray(_around(velocity, x, period, jnp.asarray(_STEPS[1])))
    exponents = _exponents(propagators) / period
    monodromy = np.linalg.multi_dot(propagators[::-1])
    return Cycle(
        states=np.asarray(_sampled(velocity, x, period / _PHASES, _PHASES, jnp.asarray(_STEPS[1] // _PHASES))),
        period=float(period),
        period_error=float(abs(period - coarse)) / 15,
        exponents=exponents,
        exponent_error=float(np.abs(exponents).min()),
        multipliers=np.linalg.eigvals(monodromy),
    )


def _return(velocity, start, duration):
    """A state on the settled path and the time after which it comes back to it; None if it does not."""
    interval, steps = duration / _SAMPLES, jnp.asarray(4)
    settled = np.asarray(_sampled(velocity, start, interval, _SAMPLES, steps))[-1]
    path = np.asarray(_sampled(velocity, settled, interval, _SAMPLES, steps))
    if not np.isfinite(path).all():
        return None
    distance = np.linalg.norm(path - settled, axis=1)
    extent = distance.max()
    ahead = (path - settled) @ np.asarray(velocity(jnp.asarray(settled)))
    crossings = np.flatnonzero((ahead[:-1] < 0) & (ahead[1:] >= 0)) + 1
    # a state at rest stays within rounding of where it was
    if extent <= 1e-6 * np.linalg.norm(settled) or not crossings.size:
        return None
    near = crossings[distance[crossings] < 0.1 * extent]
    # the first of those that come nearest: later ones are further turns
    return (settled, interval * near[0]) if near.size else None


def _closed(velocity, x, period, steps):
    anchor = jnp.asarray(x)
    direction = velocity(anchor)
    x, step = anchor, np.inf
    for _ in range(_ITERATIONS):
        end, slope = _flow(velocity, x, period, steps)
        size, along = x.size, np.asarray(velocity(end))
        J = np.zeros((size + 1, size + 1))
        J[:size, :size], J[:size, size] = np.asarray(slope) - np.eye(size), along
        # both rows in units of length
        unit = np.asarray(direction / jnp.linalg.norm(direction))
        J[size, :size] = unit
        wrong = np.append(np.asarray(end - x), unit @ np.asarray(x - anchor))
        scale = period / np.linalg.norm(np.asarray(x - anchor) + np.asarray(direction) * period)
        J[:, size] *= scale
        if not np.isfinite(J).all():
            return None
        change = np.linalg.lstsq(J, -wrong, rcond=None)[0]
        before, step = step, float(np.linalg.norm(change))
        x, period = x + change[:size], period + change[size] * scale
        if not period > 0:
            return None
        extent = np.linalg.norm(np.asarray(direction)) * period
        if step <= _SMALLEST * extent or (step >= before and step <= 1e3 * _SMALLEST * extent):
            return np.asarray(x), float(period)
    return None


def _exponents(propagators):
    """Logarithms of the moduli of the multipliers of a product, however small."""
    Q = np.linalg.qr(np.random.default_rng(0).normal(size=propagators.shape[1:]))[0]
    before = None
    for _ in range(200):
        total = np.zeros(len(Q))
        for part in propagators:
            Q, R = np.linalg.qr(part @ Q)
            total += np.log(np.abs(np.diag(R)))
        if before is not None and np.abs(total - before).max() < 1e-12 * max(1.0, np.abs(total).max()):
            break
        before = total
    return np.sort(total)[::-1]


@eqx.filter_jit
def _sampled(velocity, start, interval, samples, steps):
    """States at equal times from the start on, (sample, state)."""

    def one(x, _):
        return carried(velocity, x, interval, steps), x

    return jax.lax.scan(one, jnp.asarray(start), None, length=samples)[1]


@eqx.filter_jit
def _flow(velocity, start, duration, steps):
    """The end of a path, and its derivative by the start."""

    def end(x):
        return carried(velocity, x, duration, steps)

    return end(start), jax.jacfwd(end)(start)


@eqx.filter_jit
def _around(velocity, start, period, steps):
    """The derivative of the flow over each part of a turn, (part, state, state)."""

    def one(x, _):
        def end(x):
            return carried(velocity, x, period / _SEGMENTS, steps // _SEGMENTS)

        return end(x), jax.jacfwd(end)(x)

    return jax.lax.scan(one, jnp.asarray(start), None, length=_SEGMENTS)[1]
