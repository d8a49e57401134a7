"""What is asked of a system before anything is computed with it."""

import inspect

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import real_array
from theory.errors import ProblemError


def checked(field, starts, what: str = "velocity") -> np.ndarray:
    """The starts as an array (start, state), once the system is seen to be a function of one of them alone.

    Args:
        field: `velocity(state)` or `step(state)`.
        starts: (start, state).
        what: what to call the system in errors.

    Raises:
        ProblemError: starts that are no table of finite numbers; a system that needs more than the state, that JAX
            cannot trace, that returns another shape, or another value when it is asked again.

    >>> checked(lambda t, state: -state, np.ones((1, 2)))
    Traceback (most recent call last):
    theory.errors.ProblemError: velocity takes ('t', 'state'), but only autonomous systems, functions of the state...
    """
    starts = np.asarray(real_array(starts, "starts", 2))
    needed = _needed(field)
    if needed is not None and len(needed) != 1:
        raise ProblemError(
            f"{what} takes {needed}, but only autonomous systems, functions of the state alone, have fixed points, "
            "cycles and exponents. Freeze what it depends on (functools.partial), or make time part of the state."
        )
    try:
        shape = eqx.filter_eval_shape(field, jnp.asarray(starts[0]))
    except (jax.errors.JAXTypeError, jax.errors.TracerArrayConversionError) as error:
        raise ProblemError(
            f"{what} is not a function that JAX can trace: write it in jax.numpy. ({str(error).splitlines()[0]})"
        ) from error
    if getattr(shape, "shape", None) != starts[0].shape:
        raise ProblemError(f"{what} of a state of shape {starts[0].shape} is {shape}; it must be of the same shape.")
    first, again = (np.asarray(field(jnp.asarray(starts[0]))) for _ in range(2))
    if not np.array_equal(first, again, equal_nan=True):
        raise ProblemError(
            f"{what} of one state is another when asked again (by {np.nanmax(np.abs(again - first)):.3g}): it depends "
            "on time, on chance or on what was asked before, so it is not autonomous."
        )
    return starts


def _needed(field) -> tuple[str, ...] | None:
    """Names of the arguments without a default; None where Python cannot tell."""
    try:
        parameters = inspect.signature(field).parameters.values()
    except (TypeError, ValueError):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters):
        return None
    return tuple(p.name for p in parameters if p.kind in positional and p.default is inspect.Parameter.empty)


class Displacement(eqx.Module):
    """`step(state) - state`, whose zeros are the fixed points of a map.

    Args:
        step: the map.
    """

    step: object

    def __call__(self, state):
        """How far the map moves a state."""
        return self.step(state) - state
