"""Log-convexity of autocovariances: what reversible dynamics cannot violate."""

import numpy as np

from theory.checks import count, real_array
from theory.errors import ProblemError


def log_convexity(autocovariance, first: int, step: int) -> float:
    """R9: `[C(m) C(m + 2k) - C(m + k)^2] / C(0)^2`: not negative for a scalar of a process in detailed balance.

    The scalar is instantaneous, a function of the state at the same time. In detailed balance the generator is
    self-adjoint, so `C(t) = sum_i w_i exp(-r_i t)` with weights w_i >= 0, and by
    Cauchy-Schwarz the logarithm of such a sum is convex. White observation noise adds to C(0) alone: take m > 0.

    Assumptions: not for filtered signals (calcium), underdamped modes, drift, correlated noise or the mean
    subtracted from a short record: all of these can violate it in detailed balance. A violation rejects reversible
    explanations; that there is none proves nothing: of irreversible `random_circuit`s of 10 neurons and the default
    gain, 3 in 10 show none in their first neuron, and more the weaker the recurrence.

    Args:
        autocovariance: C(0), C(1), ..., of one scalar signal, (lag,).
        first: m, in bins; 0 only without observation noise, at least 1 for binned averages.
        step: k, in bins.

    >>> log_convexity(np.exp(-np.arange(10) / 3.0), first=1, step=2) > -1e-15
    True
    >>> log_convexity(np.exp(-np.arange(10.0) ** 2 / 50.0), first=1, step=2) < -0.1
    True
    """
    C = np.asarray(real_array(autocovariance, "autocovariance", 1))
    first, step = count(first, "first", least=0), count(step, "step")
    if first + 2 * step >= C.size:
        raise ProblemError(f"lag {first + 2 * step} is needed, but the autocovariance ends at lag {C.size - 1}.")
    return float((C[first] * C[first + 2 * step] - C[first + step] ** 2) / C[0] ** 2)
