"""A teacher with any finite impulse response."""

import numpy as np

from theory.checks import real_array
from theory.linear_system import LinearSystem
from theory.time import DiscreteTime


def delay_line(responses) -> LinearSystem:
    """The discrete-time system whose impulse response is a given finite sequence, and zero after.

    Its states are the last T inputs: `C A^k B = responses[k]` for k < T.

    Args:
        responses: (lag, output, input).

    Raises:
        ProblemError: not three axes, or entries that are not finite.

    >>> delay_line([[[1.0]], [[0.0]], [[3.0]]]).impulse_response([0, 1, 2, 3])[:, 0, 0]
    Array([1., 0., 3., 0.], dtype=float64)
    """
    responses = np.asarray(real_array(responses, "responses", 3))
    lags, outputs, inputs = responses.shape
    A = np.eye(lags * inputs, k=-inputs)
    B = np.eye(lags * inputs, inputs)
    C = responses.transpose(1, 0, 2).reshape(outputs, lags * inputs)
    return LinearSystem(A, B, C, time=DiscreteTime(), name=f"delay line of {lags} steps")
