"""Recurrence of rank one, partly observed: what a student reports at any lag, in closed form."""

import numpy as np

from theory.checks import positive
from theory.errors import ProblemError, UnstableSystemError
from theory.partial_observation.expected_timescales import fraction_observed


def rank_one_eigenvalues(
    fraction: float,
    strength: float,
    overlap: float,
    non_normality: float,
    lag: float,
    fast: float = 1.0,
    observation_noise: float = 0.0,
) -> np.ndarray:
    """Eigenvalues of `C(t) C(0)^-1` over many neurons, some of them recorded, of `B = lambda_2 I + c r l^T`, |r| = 1.

    With `g = 1 / fast`, `exp(F t) = e^{-g t} (I + p(t) r l^T)`, `p(t) = (e^{c o t} - 1) / o` (c t where the overlap
    `o = l^T r` is 0). Integrating over the noise, `S = s_0 I + s_1 (r l^T + l r^T) + s_2 r r^T` with

        s_0 = 1 / g,  s_1 = 2 int e^{-2 g t} p dt,  s_2 = 2 |l|^2 int e^{-2 g t} p^2 dt.

    Recorded, r and l keep a fraction f of their products if D and d are large: with `U = [r_o, l_o]`, `U^T U = G`,
    `G = f [[1, o], [o, |l|^2]]`. So `C(0) = s_0 I + U X U^T` and `C(t) = e^{-g t} (s_0 I + U Y U^T)`; the student
    is `e^{-g t}` outside the span of U, and inside it, in that basis,

        e^{-g t} (s_0 I + Y G) (s_0 I + X G)^-1,   X = [[s_2, s_1], [s_1, 0]],
        Y = X + p(t) [[s_1 |l|^2 + s_2 o, s_0 + s_1 o], [0, 0]].

    Observation noise adds its variance to s_0 in C(0). This holds R2 (o = |l| = 1, the symmetric line attractor) and
    R4 (o = 0, null recurrence of gain c |l|) as t goes to 0, and the non-normal line attractor (o = 1).

    Assumptions: r and l random, D and d large: single draws scatter by about sqrt(2 (1 - f) / d) of each product.

    Args:
        fraction: f of the neurons that is recorded.
        strength: c.
        overlap: o of the directions; strength and overlap make one mode of rate `1 / fast - c o`.
        non_normality: |l| |r|, at least the overlap.
        lag: t, in single-unit time constants.
        fast: timescale of all modes but that one, in single-unit time constants.
        observation_noise: variance of the white noise of every sample.

    Returns:
        (3,), complex: the two of the span, and that of all others.

    Raises:
        UnstableSystemError: a mode that does not decay.

    >>> c = 1 - 1 / 1000
    >>> values = rank_one_eigenvalues(0.05, c, overlap=1.0, non_normality=1.0, lag=1e-6)
    >>> round(1e-6 / -float(np.log(np.abs(values).max())), 1)  # R2: .05 x 1000 + .95 x 1
    51.0

    Source: derived here; R2 and R4 in Qian et al., NeurIPS 2024.
    """
    f, c, o = fraction_observed(fraction), positive(strength, "strength"), positive(overlap, "overlap", allow_zero=True)
    k, t, g = positive(non_normality, "non_normality"), positive(lag, "lag"), 1 / positive(fast, "fast")
    noise = positive(observation_noise, "observation_noise", allow_zero=True)
    if k < o:
        raise ProblemError(f"non_normality = {k:g}, but |l| |r| is at least the overlap, {o:g}.")
    m = c * o
    if m >= g:
        raise UnstableSystemError(f"the mode of rank one has rate {g - m:.3g}: strength x overlap must be below {g:g}.")
    s_0 = 1 / g
    if o == 0:
        p, s_1, s_2 = c * t, c / (2 * g**2), (k * c) ** 2 / (2 * g**3)
    else:
        p = np.expm1(m * t) / o
        # 1/(2g - m) - 1/2g, and 1/(2g - 2m) - 2/(2g - m) + 1/2g, without cancellation
        s_1 = 2 / o * m / (2 * g * (2 * g - m))
        s_2 = 2 * (k / o) ** 2 * m**2 / (2 * g * (2 * g - m) * (g - m))
    G = f * np.array([[1.0, o], [o, k**2]])
    X = np.array([[s_2, s_1], [s_1, 0.0]])
    Y = X + p * np.array([[s_1 * k**2 + s_2 * o, s_0 + s_1 * o], [0.0, 0.0]])
    identity = np.eye(2)
    inside = np.linalg.eigvals((s_0 * identity + Y @ G) @ np.linalg.inv((s_0 + noise) * identity + X @ G))
    return np.exp(-g * t) * np.append(inside, s_0 / (s_0 + noise)).astype(complex)
