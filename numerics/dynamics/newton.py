"""Newton's method from many starts at once."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

_BATCH, _LARGE_BATCH = 64, 16
_STEPS_A_CALL = 4
_DAMPING = 0.5 ** np.arange(7)
_CONVERGED = 1e-8
_DIRECTIONS = 12
_SMALL = 32


class Converged(NamedTuple):
    """Where Newton's method came to rest.

    Args:
        states: (found, state).
        starts: from which start each of them was reached, (found,).
        lost: how many starts led out of the finite numbers.
        wandering: how many were still on their way, as they are for ever where there is nothing to be found.
    """

    states: np.ndarray
    starts: np.ndarray
    lost: int
    wandering: int


def newton(field, starts, steps: int = 60) -> Converged:
    """Zeros of a field by damped Newton steps `x += l d`, `J d = -f`, from every start.

    For states of more than 32 numbers d is first sought in a Krylov space of 12 directions, which has it where J is a
    multiple of the identity and a matrix of rank 11 or less, as in a low-rank network, at the cost of 12 velocities;
    from the starts that fail so, and in smaller systems, d is solved for. The damping l is the largest of 1, 1/2, ...,
    1/64 that shortens f, or, where d is solved for, J^-1 f, by l/4 of itself; where none does, the whole step is taken,
    which leads away from a slow point that is no zero. A start has converged when the step falls below 1e-8 of its
    distance from the origin or from where it began; that step is still taken. Lengths are compared with lengths:
    nothing here depends on units of state or time.

    Starts are advanced in batches; those that have ended make room for others.

    Args:
        field: f, an array to one of the same shape; a pytree is compiled once for all its parameters.
        starts: (start, state).
        steps: how many, of either kind, before a start is given up.

    Source: Deuflhard, Newton Methods for Nonlinear Problems (2011), section 3.3 (the natural monotonicity test);
    Saad & Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856 (the Krylov space).

    >>> newton(lambda x: x**2 - 4, np.array([[1.0], [-7.0]])).states.ravel().round(12)
    array([ 2., -2.])
    """
    starts = np.asarray(starts, dtype=float)
    if starts.shape[1] <= _SMALL:
        return _run(_dense_step, field, starts, steps, _BATCH)
    first = _run(_krylov_step, field, starts, steps, _BATCH)
    rest = np.setdiff1d(np.arange(len(starts)), first.starts)
    if not rest.size:
        return first
    second = _run(_dense_step, field, starts[rest], steps, _LARGE_BATCH)
    states = np.concatenate([first.states, second.states])
    return second._replace(states=states, starts=np.concatenate([first.starts, rest[second.starts]]))


def _run(step, field, starts, steps, batch):
    """Advance all starts, `batch` of them at a time: one shape, so that all is compiled once."""
    waiting = iter(range(len(starts)))
    index = np.array([next(waiting, -1) for _ in range(batch)])
    working, taken = index >= 0, np.zeros(batch, dtype=int)
    index = np.where(working, index, 0)
    x = starts[index]
    found, reached, lost, wandering = [], [], 0, 0
    while working.any():
        x, converged = (np.array(part) for part in _advance(step, field, x, starts[index]))
        taken += _STEPS_A_CALL
        finite = np.isfinite(x).all(axis=1)
        for slot in np.flatnonzero(working & (converged | ~finite | (taken >= steps))):
            if not finite[slot]:
                lost += 1
            elif converged[slot]:
                found.append(x[slot].copy())
                reached.append(index[slot])
            else:
                wandering += 1
            following = next(waiting, None)
            working[slot] = following is not None
            index[slot], taken[slot] = following or 0, 0
            x[slot] = starts[index[slot]]
    return Converged(np.array(found).reshape(-1, starts.shape[1]), np.array(reached, dtype=int), lost, wandering)


@eqx.filter_jit
def _advance(step, field, states, starts):
    def one(x, start):
        def advance(carry, _):
            x, done = carry
            after, d, trusted = step(field, x)
            small = _size(d) <= _CONVERGED * jnp.maximum(_size(x), _size(x - start))
            return (jnp.where(done, x, after), done | (small & trusted)), None

        return jax.lax.scan(advance, (x, jnp.array(False)), None, length=_STEPS_A_CALL)[0]

    return jax.vmap(one)(states, starts)


def _size(vectors):
    return jnp.max(jnp.abs(vectors), axis=-1)


def _damped(x, d, shortened):
    """The longest of the damped steps that shortens, else the whole step."""
    chosen = jnp.argmax(shortened)
    return x + jnp.asarray(_DAMPING)[chosen] * d, chosen == 0


def _dense_step(field, x):
    J, f = jax.jacfwd(field)(x), field(x)
    factors = jax.scipy.linalg.lu_factor(J)
    d = -jax.scipy.linalg.lu_solve(factors, f)
    further = jax.scipy.linalg.lu_solve(factors, jax.vmap(field)(x + _DAMPING[:, None] * d).T).T
    after, whole = _damped(x, d, _size(further) <= (1 - _DAMPING / 4) * _size(d))
    return after, d, whole


def _krylov_step(field, x):
    f, slope = jax.linearize(field, x)
    directions = min(_DIRECTIONS, x.size)
    scale = _size(f)
    unit = jnp.where(scale > 0, f / scale, 0.0)
    length = jnp.linalg.norm(unit)
    basis = jnp.zeros((directions + 1, x.size)).at[0].set(unit / jnp.where(length > 0, length, 1.0))
    # J V = V' H, and d = -V y where y minimises | |f| e_1 - H y |
    H = jnp.zeros((directions + 1, directions))

    def extend(k, carry):
        basis, H = carry
        w = slope(basis[k])
        before = _size(w)
        first = basis @ w
        w = w - first @ basis
        second = basis @ w  # once more, against cancellation
        w = w - second @ basis
        size = _size(w)
        alive = size > 1e-13 * before  # else the space is complete
        w = w / jnp.where(alive, size, 1.0)
        norm = jnp.where(alive, jnp.linalg.norm(w), 1.0)
        basis = basis.at[k + 1].set(jnp.where(alive, w / norm, 0.0))
        column = (first + second).at[k + 1].set(jnp.where(alive, size * norm, 0.0))
        return basis, H.at[:, k].set(column)

    basis, H = jax.lax.fori_loop(0, directions, extend, (basis, H))
    largest = jnp.max(jnp.abs(H))
    H = H / jnp.where(largest > 0, largest, 1.0)
    normal = H.T @ H
    y = jnp.linalg.solve(normal + 1e-15 * jnp.trace(normal) * jnp.eye(directions), H[0])
    solved = jnp.linalg.norm(jnp.zeros(directions + 1).at[0].set(1.0) - H @ y) < 1e-2
    d = -(scale * length / jnp.where(largest > 0, largest, 1.0)) * (y @ basis[:-1])
    further = jax.vmap(field)(x + _DAMPING[:, None] * d)
    after, whole = _damped(x, d, _size(further) <= (1 - _DAMPING / 4) * scale)
    return after, d, (whole & solved) | (scale == 0)
