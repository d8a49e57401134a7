"""Following a vector field: gradient flow by an adaptive integrator, other rules step by step."""

import functools

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from theory.errors import DivergedError, ProblemError
from theory.learning_rules import LearningRule


def padded(tree):
    """Arrays with the last entry of their leading axis repeated up to 2, 3, 4, 6, 8, 12, 16, ... entries.

    What is compiled for one number of records then serves all numbers nearby.

    >>> padded(np.arange(3)).size, padded(np.arange(100)).size
    (3, 128)
    """

    def pad(array):
        array, size = np.asarray(array), 2
        while size < len(array):
            size = size * 4 // 3 if size % 3 == 0 else size * 3 // 2
        return np.pad(array, [(0, size - len(array))] + [(0, 0)] * (array.ndim - 1), mode="edge")

    return jax.tree.map(pad, tree)


def flow(field, start, times, relative_tolerance: float = 1e-10) -> Float[Array, "record state"]:
    """Integrate `d state/d s = field.function(state, field.parameters)` at controlled accuracy.

    Tsitouras' fifth-order method with a step-size controller; the absolute tolerance is the relative one
    times the smallest non-zero number of the initial state, so that small initial weights keep their digits.

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
    size = np.abs(np.asarray(start))
    absolute = _absolute(size, relative_tolerance)
    states, stiff = _integrate(
        field.function, field.parameters, start, padded(times), relative_tolerance, absolute
    )
    states = states[: len(times)]
    if not bool(jnp.isfinite(states).all()):
        reached = float(times[max(int(jnp.isfinite(states).all(axis=1).sum()) - 1, 0)])
        raise DivergedError(
            f"the reduced equations are too stiff: a million steps reached training time {reached:g} only. "
            "Ask for a shorter training time, or a teacher with a faster slowest memory."
            if bool(stiff)
            else f"the reduced equations left the finite numbers after training time {reached:g}."
        )
    return states


def flows(field, starts, times, relative_tolerance: float = 1e-8) -> Float[Array, "start record state"]:
    """`flow` from many starts at once, each with steps of its own.

    Args:
        field, times, relative_tolerance: as for `flow`.
        starts: initial states, (start, state).

    Raises:
        DivergedError: one of them left the finite numbers, or was too stiff.
    """
    absolute = _absolute(np.abs(np.asarray(starts)), relative_tolerance)
    states = _integrate_all(field.function, field.parameters, starts, times, relative_tolerance, absolute)
    finite = np.isfinite(np.asarray(states)).all(axis=(1, 2))
    if not finite.all():
        raise DivergedError(
            f"{int((~finite).sum())} of {finite.size} paths were too stiff or left the finite numbers, the first of "
            f"them from start {int(np.argmin(finite))}. Ask for a shorter training time or smaller weights."
        )
    return states


def _absolute(size: np.ndarray, relative_tolerance: float) -> float:
    # numbers below 1e-20 of the largest are rounding, not initial weights
    present = size[size > 1e-20 * size.max()]
    # ... and below 1e-17 the absolute tolerance would be lost in the rounding of numbers of order one
    return max(relative_tolerance * (present.min() if present.size else 1.0), 1e-17)


@functools.partial(jax.jit, static_argnums=0)
def _integrate_all(function, parameters, starts, times, relative, absolute):
    def one(start):
        return _integrate(function, parameters, start, times, relative, absolute)[0]

    return jax.vmap(one)(starts)


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
    return solution.ys, solution.result == diffrax.RESULTS.max_steps_reached


def recorded_steps(training_time: float, records: int, step_size: float) -> np.ndarray:
    """After how many steps to record: whole steps, nearest to equally spaced times from 0 to the end.

    Fewer than asked for where there are fewer steps.

    Raises:
        ProblemError: a training time of less than half a step.

    >>> recorded_steps(1.0, 5, 0.1)
    array([ 0,  2,  5,  8, 10])
    """
    last = round(training_time / step_size)
    if last < 1:
        raise ProblemError(
            f"training_time = {training_time:g} is less than one step of {step_size:g}: nothing would be trained."
        )
    return np.unique(np.rint(np.linspace(0, last, records)).astype(int))


def descent(field, rule, named):
    """The vector field that a flow follows: `field` with what the rule descends in place of the gradient.

    Args:
        field: a `VectorField`; the gradient is minus it.
        rule: a `LearningRule`.
        named: turns a state into weights by name, one object for all problems of a kind.
    """
    if type(rule).descended is LearningRule.descended:
        return field
    return type(field)(_descent(field.function, named), (rule, field.parameters))


@functools.lru_cache(maxsize=64)
def _descent(function, named):
    def along(state, parameters):
        rule, own = parameters
        followed = rule.descended(named(state), named(-function(state, own)))
        return -ravel_pytree(followed)[0]

    return along


def iterate(field, rule, start, step_size: float, steps, named=None) -> Float[Array, "record state"]:
    """Follow a learning rule step by step, in the reduced coordinates; the state at every record.

    Args:
        field: a `VectorField`; the gradient is minus it.
        rule: a `LearningRule`.
        start: the initial state.
        step_size: training time of one step.
        steps: after how many steps to record, increasing, the first of them 0.
        named: turns a state into weights by name, for rules that tell them apart; one object for all problems of a
            kind. None: the state is one group without a name.

    Raises:
        DivergedError: the state left the finite numbers; the message says when.
    """
    counts = np.diff(padded(steps), append=steps[-1])
    states = _iterate(field.function, rule, named, field.parameters, start, step_size, counts)[: len(steps)]
    finite = jnp.isfinite(states).all(axis=1)
    if not bool(finite.all()):
        when = step_size * float(steps[int(jnp.argmin(finite))])
        raise DivergedError(
            f"{rule} diverged before training time {when:g}: its step size is too large for this problem."
        )
    return states


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _iterate(function, rule, named, parameters, start, step_size, counts):
    named = named or (lambda state: state)

    def flat(weights):
        return ravel_pytree(weights)[0]

    def gradient(weights):
        return named(-function(flat(weights), parameters))

    def advance(carried, count):
        def step(_, carried):
            return rule.step(*carried, gradient, step_size)

        return jax.lax.fori_loop(0, count, step, carried), flat(carried[0])

    weights = named(start)
    return jax.lax.scan(advance, (weights, rule.start(weights)), counts)[1]
