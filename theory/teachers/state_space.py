"""Any linear teacher, given by its matrices."""

from theory.linear_system import LinearSystem
from theory.time import Time


def state_space(A, B, C, time: Time | None = None, name: str = "state-space teacher") -> LinearSystem:
    """A teacher given by its matrices: any number of inputs and outputs, continuous or discrete time.

    Args:
        A: state matrix, shape (n, n).
        B: input matrix, shape (n, p).
        C: output matrix, shape (q, n).
        time: `ContinuousTime()` (default) or `DiscreteTime()`.
        name: what to call it in print.

    Raises:
        ProblemError: shapes that do not fit, complex or non-finite entries, empty arrays.

    A damped oscillation `exp(-0.1 t) cos(t)`:

    >>> oscillator = state_space([[-0.1, 1.0], [-1.0, -0.1]], [[1.0], [0.0]], [[1.0, 0.0]])
    >>> float(oscillator.impulse_response([0.0, 1.0])[1, 0, 0])
    0.488885...
    """
    return LinearSystem(A, B, C, time=time, name=name)
