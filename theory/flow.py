"""Following a vector field: gradient flow by an adaptive integrator, other rules step by step."""

import functools

import diffrax
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from theory.errors import DivergedError


def flow(field, start, times, relative_tolerance: float = 1e-10) -> Float[Array, "record state"]:
    """Integrate `d state/d s = field.function(state, field.parameters)` at controlled accuracy.

    Tsitouras' fifth-order method with a step-size controller; the absolute tolerance is the relative one
    times the initial state's size, so that small initial weights keep their digits.

    Args:
        field: a `VectorField`.
        start: the initial state.
        times: increasing times to return, the first of them the start.
        relative_tolerance: of each step.

    Raises:
        DivergedError: the state left the finite numbers.

    >>> from theory.reductions.reduction import VectorField
    >>> decay = VectorField(lambda state, rate: -rate * state, 1.0)
    >>> flow(decay, jnp.ones(1), jnp.array([0.0, 1.0]))[-1]
    Array([0.36787944], dtype=float64)
    """
    absolute = relative_tolerance * max(float(jnp.abs(start).max()), 1e-12)
    states, failed = _integrate(field.function, field.parameters, start, times, relative_tolerance, absolute)
    if bool(failed) or not bool(jnp.isfinite(states).all()):
        finite = int(jnp.isfinite(states).all(axis=1).sum())
        raise DivergedError(
            f"the reduced equations could not be integrated beyond training time "
            f"{float(times[max(finite - 1, 0)]):g}: the state left the finite numbers, or needed more than "
            "a million steps."
        )
    return states


@functools.partial(jax.jit, static_argnums=0)
def _integrate(function, parameters, start, times, relative, absolute):
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda _, state, args: function(state, args)),
        diffrax.Tsit5(),
        times[0],
        times[-1],
        dt0=1e-3,
        y0=start,
        args=parameters,
        saveat=diffrax.SaveAt(ts=times),
        stepsize_controller=diffrax.PIDController(rtol=relative, atol=absolute),
        max_steps=1_000_000,
        adjoint=diffrax.ForwardMode(),
        throw=False,
    )
    return solution.ys, solution.result != diffrax.RESULTS.successful


def iterate(field, rule, start, step_size: float, per_record: int, records: int):
    """Follow a learning rule step by step, in the reduced coordinates; the state at every record.

    Args:
        field: a `VectorField`; the gradient is minus it.
        rule: a `LearningRule`.
        start: the initial state.
        step_size: training time of one step.
        per_record: steps between records.
        records: how many to return, the start being the first.

    Raises:
        DivergedError: the state left the finite numbers; the message says when.
    """
    states = _iterate(field.function, rule, field.parameters, start, step_size, per_record, records)
    finite = jnp.isfinite(states).all(axis=1)
    if not bool(finite.all()):
        when = step_size * per_record * int(jnp.argmin(finite))
        raise DivergedError(
            f"{rule} diverged before training time {when:g}: its step size is too large for this problem."
        )
    return states


@functools.partial(jax.jit, static_argnums=(0, 1, 5, 6))
def _iterate(function, rule, parameters, start, step_size, per_record, records):
    def gradient(state):
        return -function(state, parameters)

    def advance(state, _):
        def step(_, state):
            return rule.step(state, gradient, step_size)

        return jax.lax.fori_loop(0, per_record, step, state), state

    return jax.lax.scan(advance, start, None, length=records)[1]
