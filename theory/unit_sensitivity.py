"""How strongly a linear unit's state depends on its own pole, and why that grows with its memory."""

import numpy as np

from theory.errors import ProblemError


def state_variance(pole, correlation: float = 0.0):
    """The variance of `h_{t+1} = pole h_t + x_t` in the steady state, for input of unit variance.

    The input is autoregressive, `E x_t x_{t+k} = correlation^|k|`. With l the pole and rho the correlation,

        E|h|^2 = (1 - rho^2 |l|^2) / (|1 - rho l|^2 (1 - |l|^2))

    which is `(1 + rho l) / ((1 - rho l)(1 - l^2))` for a real pole. Proof: it is `sum_jk l^j conj(l)^k rho^|j-k|`; sum
    over what j and k have in common first.

    Args:
        pole: inside the unit circle, real or complex, a number or an array.
        correlation: rho of successive inputs, above -1 and below 1; 0 is white noise.

    Raises:
        ProblemError: a pole on or outside the unit circle, a correlation that no input has.

    >>> float(state_variance(0.5))
    1.3333333333333333

    Source: Zucchet & Orvieto, NeurIPS 2024, arXiv 2405.21064, section 2.
    """
    pole, rho = _checked(pole, correlation)
    size = np.abs(pole) ** 2
    return (1 - rho**2 * size) / (np.abs(1 - rho * pole) ** 2 * (1 - size))


def sensitivity(pole, correlation: float = 0.0):
    """The mean squared derivative of a unit's state by its own pole, `E|dh/dl|^2`, in the steady state.

    It is the curvature of the squared error `E|h - h*|^2 / 2` at the teacher's pole, by the real or imaginary part of
    the pole. With `V(l, m) = [1/(1 - rho l) + 1/(1 - rho m) - 1] / (1 - l m)`, so that `E|h|^2 = V(l, conj l)`,

        E|dh/dl|^2 = d^2 V / dl dm   at m = conj(l)

    It grows as `(1 - |l|)^-3`, two powers faster than the state's variance, however stable the unit: longer memories
    are steeper to learn. In white noise it is `(1 + |l|^2) / (1 - |l|^2)^3`.

    Args, errors: as of `state_variance`.

    >>> float(sensitivity(0.5))
    2.962962962962963

    Source: Zucchet & Orvieto, NeurIPS 2024, arXiv 2405.21064, section 2; their formula for real poles follows.
    """
    pole, rho = _checked(pole, correlation)
    other = pole.conj()
    # V = a (b + c - 1)
    a, b, c = 1 / (1 - pole * other), 1 / (1 - rho * pole), 1 / (1 - rho * other)
    along, across, mixed = other * a**2, pole * a**2, a**2 + 2 * pole * other * a**3
    return (mixed * (b + c - 1) + along * rho * c**2 + across * rho * b**2).real


def _checked(pole, correlation):
    pole, rho = np.asarray(pole), float(correlation)
    if not (np.abs(pole) < 1).all():
        raise ProblemError(
            f"a pole of modulus {np.abs(pole).max():g}: a unit has a steady state only below 1, in discrete time."
        )
    if not abs(rho) < 1:
        raise ProblemError(f"correlation = {rho:g}: that of successive inputs lies between -1 and 1.")
    return pole, rho
