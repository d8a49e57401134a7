"""Linear networks in continuous time, in closed form: kernels of impulse responses and what they can learn.

dh/dt = -h + sigma W h + u x, y = v.h, with W of independent entries of variance 1/N: the impulse response is
`g(t) = e^{-t} sum_n (sigma t)^n/n! v.W^n u`. Its kernel over random W needs only `tr(W^a W^bT)/N -> delta_ab`.
"""

import numpy as np
from scipy.special import ive

from theory.checks import positive, real_array
from theory.errors import ProblemError


def resolvent_kernel(p, q, gain: float):
    """`R(p, q) = 1/[(1 + p)(1 + q) - sigma^2]`, the mean of `u.(p - A)^-T (q - A)^-1 u`, |u| = 1, A = sigma W - I.

    Expand both resolvents in sigma W/(1 + p), sigma W/(1 + q); only equal powers survive, a geometric series.

    Args:
        p: Laplace variable of one time.
        q: of the other.
        gain: sigma, below 1.

    >>> float(resolvent_kernel(0.0, 1.0, gain=0.5))
    0.571428...
    """
    gain = _stable(gain)
    return 1 / ((1 + np.asarray(p)) * (1 + np.asarray(q)) - gain**2)


def laplace_kernel(p, q, gain: float, read_in: float = 1.0, readout: float = 1.0):
    """NTK of impulse responses, each weight trained, in Laplace variables: `(|u|^2 + |v|^2) R + |u|^2 |v|^2 R^2`.

    The readout contributes |u|^2 R, the read-in |v|^2 R, and W the product of what lies before and after it. This is
    the kernel at initialisation; whether it stays is another matter: with |u| = |v| = 1 it changes several-fold during
    learning at N = 50 to 200, with |u| = |v| = 4 by 10% and 1%.

    In NTK parameterisation, scales s_u, s_v and sigma, it is `s_u^2 s_v^2 (2 R + sigma^2 R^2)`: this function at
    read_in = readout = 1 but for the factor sigma^2, which is the rate of W relative to the others.

    Args:
        p: Laplace variable of one time.
        q: of the other.
        gain: sigma, below 1.
        read_in: |u|.
        readout: |v|.

    >>> R = resolvent_kernel(0.3, 0.3, 0.5)
    >>> bool(np.isclose(laplace_kernel(0.3, 0.3, 0.5), 2 * R + R**2))
    True
    """
    u, v = positive(read_in, "read_in", allow_zero=True) ** 2, positive(readout, "readout", allow_zero=True) ** 2
    R = resolvent_kernel(p, q, gain)
    return (u + v) * R + u * v * R**2


def response_covariance(times, others, gain: float) -> np.ndarray:
    """`k(t, t') = e^{-t-t'} I_0(2 sigma sqrt(t t'))`: the inverse Laplace transform of R, a Bessel kernel.

    `R = sum_n sigma^{2n} [(1 + p)(1 + q)]^{-n-1}` and 1/(1 + p)^{n+1} is the transform of e^{-t} t^n/n!, so
    `k = sum_n sigma^{2n} phi_n(t) phi_n(t')` with `phi_n = e^{-t} t^n/n!`.

    Args:
        times: t, (time,).
        others: t', (other time,).
        gain: sigma, below 1.

    >>> response_covariance([0.0, 1.0], [0.0], gain=0.5)[:, 0]
    array([1.        , 0.36787944])
    """
    t, u = _times(times, "times"), _times(others, "others")
    z = 2 * _stable(gain) * np.sqrt(t[:, None] * u)
    return ive(0, z) * np.exp(z - t[:, None] - u)


def response_kernel(times, others, gain: float, read_in: float = 1.0, readout: float = 1.0) -> np.ndarray:
    """The kernel of `laplace_kernel` in time: `(|u|^2 + |v|^2) k + |u|^2 |v|^2 k2`.

    `R^2 = sum_n (n + 1) sigma^{2n} [(1 + p)(1 + q)]^{-n-2}` is the transform of
    `k2 = e^{-t-t'} sum_m m sigma^{2m-2} (t t')^m/m!^2 = e^{-t-t'} z I_1(2z)/sigma^2`, `z = sigma sqrt(t t')`, or
    `t t' e^{-t-t'}` at sigma = 0.

    Args:
        times: t, (time,).
        others: t', (other time,).
        gain: sigma, below 1.
        read_in: |u|.
        readout: |v|.

    >>> float(response_kernel([1.0], [1.0], gain=0.0)[0, 0] * np.exp(2.0))
    3.0
    """
    t, s, gain = _times(times, "times"), _times(others, "others"), _stable(gain)
    u, v = positive(read_in, "read_in", allow_zero=True) ** 2, positive(readout, "readout", allow_zero=True) ** 2
    product = t[:, None] * s
    z = gain * np.sqrt(product)
    small = z < 1e-8  # I_1(2z) = z to rounding
    bessel = np.where(small, 1.0, ive(1, 2 * z) * np.exp(2 * z) / np.where(small, 1.0, z))
    squared = product * bessel * np.exp(-t[:, None] - s)
    return (u + v) * response_covariance(t, s, gain) + u * v * squared


def exponential_norm(rate: float, gain: float) -> float:
    """The squared norm of `exp(-c* t)` in the space of k: `1/(1 - (1 - c*)^2/sigma^2)`, or infinity.

    `exp(-c* t) = e^{-t} sum_n (1 - c*)^n t^n/n!` has coefficients (1 - c*)^n in phi_n, whose weights are sigma^{2n}: a
    geometric series, finite only for |1 - c*| < sigma. It is the squared displacement of the readout at which a lazy
    network of |u| = 1 reaches the target; the kernel of all weights has the same threshold.

    Args:
        rate: c*.
        gain: sigma, below 1.

    >>> exponential_norm(0.8, gain=0.5), exponential_norm(0.2, gain=0.5)
    (1.190476..., inf)
    """
    ratio = ((1 - positive(rate, "rate")) / positive(_stable(gain), "gain")) ** 2
    return 1 / (1 - ratio) if ratio < 1 else np.inf


def is_learnable(rate: float, gain: float) -> bool:
    """Whether `exp(-c* t)` is reached with a finite displacement of the weights: |1 - c*| < sigma.

    Outside the loss still falls, as the slow power law of `lazy_exponent`.

    Args:
        rate: c*.
        gain: sigma, below 1.

    >>> is_learnable(0.8, gain=0.5), is_learnable(0.2, gain=0.5)
    (True, False)
    """
    return bool(np.isfinite(exponential_norm(rate, gain)))


def _stable(gain: float) -> float:
    gain = positive(gain, "gain", allow_zero=True)
    if gain >= 1:
        raise ProblemError(f"gain = {gain:g}: the network is stable only below 1.")
    return gain


def _times(times, name: str) -> np.ndarray:
    times = np.asarray(real_array(np.atleast_1d(times), name, 1))
    if (times < 0).any():
        raise ProblemError(f"{name} start at {times.min():g}; an impulse response starts at 0.")
    return times
