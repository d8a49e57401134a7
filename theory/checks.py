"""Checks of what a user hands in: real, finite, of the right shape, or a ProblemError that says so."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from theory.errors import ProblemError


def real_array(value, name: str, dimensions: int):
    """A float64 array of the given number of dimensions, or a ProblemError that names what is wrong.

    Arrays that JAX is tracing are checked for shape and type only: their values are not known yet.

    Args:
        value: anything `numpy.asarray` takes.
        name: what to call it in the error.
        dimensions: how many axes it must have.

    Raises:
        ProblemError: if it is empty, complex, not numeric, not finite, or has another number of axes.

    >>> real_array([[1, 2]], "B", 2).shape
    (1, 2)
    """
    if not isinstance(value, jax.Array):
        try:
            value = np.asarray(value)
        except ValueError as error:
            raise ProblemError(f"{name} is not a rectangular array: {error}.") from error
        if value.dtype.kind not in "biufc":
            raise ProblemError(f"{name} must hold numbers; it holds {value.dtype}.")
    if jnp.iscomplexobj(value):
        raise ProblemError(
            f"{name} is complex, but real numbers are needed. A complex pair of poles c +- i w is a real "
            "2 x 2 block [[-c, w], [-w, -c]]: teachers.damped_oscillator(rate, frequency), or matrices."
        )
    if value.ndim != dimensions:
        raise ProblemError(f"{name} has {value.ndim} axes (shape {value.shape}); it needs {dimensions}.")
    if value.size == 0:
        raise ProblemError(f"{name} is empty (shape {value.shape}).")
    if not isinstance(value, jax.core.Tracer):
        finite = np.isfinite(np.asarray(value))
        if not finite.all():
            where = tuple(int(i) for i in np.argwhere(~finite)[0])
            raise ProblemError(
                f"{name} has {int((~finite).sum())} entries that are not finite, the first "
                f"({np.asarray(value)[where]}) at index {where}."
            )
    return jnp.asarray(value, dtype=jnp.result_type(float))


def positive(value, name: str, *, allow_zero: bool = False) -> float:
    """A finite positive number as a Python float, or a ProblemError that gives the number.

    >>> positive(0.2, "rate")
    0.2
    """
    try:
        number = float("text" if isinstance(value, str) else value)
    except (TypeError, ValueError) as error:
        raise ProblemError(f"{name} must be a real number; got {value!r}.") from error
    if not math.isfinite(number):
        raise ProblemError(f"{name} = {number}, but it must be finite.")
    if number < 0 or (number == 0 and not allow_zero):
        kind = "zero or more" if allow_zero else "more than zero"
        raise ProblemError(f"{name} = {number:g}, but it must be {kind}.")
    return number


def count(value, name: str, *, least: int = 1, most: int | None = None, because: str = "") -> int:
    """A whole number between `least` and `most`, or a ProblemError that gives the number.

    >>> count(8, "seeds")
    8
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise ProblemError(f"{name} must be a whole number; got {value!r}.")
    if value < least:
        raise ProblemError(f"{name} = {value}, but it must be at least {least}. {because}".rstrip())
    if most is not None and value > most:
        raise ProblemError(f"{name} = {value}, but it must be at most {most}. {because}".rstrip())
    return int(value)


def instance(value, kind: type, name: str):
    """The value itself, if it is of that kind, or a ProblemError that says what it is instead.

    >>> instance(1, int, "width")
    1
    """
    if not isinstance(value, kind):
        hint = " (did you forget to call it?)" if isinstance(value, type) else ""
        raise ProblemError(f"{name} must be a {kind.__name__}; got {value!r}{hint}.")
    return value
