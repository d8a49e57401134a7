"""Aligned modes of the final-time task: each singular mode of the task learns on its own."""

import jax.numpy as jnp
from jaxtyping import Array, Float


def aligned_loss(a, b, c, targets: Float[Array, "time mode"]) -> Float[Array, ""]:
    """The loss of aligned modes, `1/2 sum over modes and times of (s_t - c b^(T-t) a)^2`.

    Args:
        a, b, c: input, recurrent and output strength of each mode, (mode,).
        targets: s_1, ..., s_T of each mode.

    >>> float(aligned_loss(jnp.ones(1), jnp.zeros(1), jnp.ones(1), jnp.array([[2.0], [1.0]])))
    2.0
    """
    before = jnp.arange(len(targets))[::-1, None]
    return 0.5 * jnp.sum((targets - c * b**before * a) ** 2)


def aligned_velocity(a, b, c, targets: Float[Array, "time mode"]) -> tuple:
    """How input, recurrent and output strengths a, b, c of aligned modes move under gradient flow of `FinalTime`.

        da/ds = sum_{t=1..T} c b^(T-t) e_t,    dc/ds = sum_{t=1..T} b^(T-t) a e_t,    e_t = s_t - c b^(T-t) a
        db/ds = sum_{t=1..T-1} (T-t) c b^(T-t-1) a e_t

    For a task `Sigma_{Y X_t} = U S_t V^T` with constant singular vectors and weights

        W_x = R a V^T,    W_h = R b R^T,    W_y = U c R^T

    (a, b, c diagonal, R any orthonormal directions of hidden space) the weights keep that form, and the modes do not
    see each other. `a^2 - c^2` of each is conserved.

    Args:
        a, b, c: (mode,).
        targets: s_t, the singular values of the task at each time, (time, mode).

    >>> one = jnp.ones(1)
    >>> [float(rate[0]) for rate in aligned_velocity(one, 0 * one, one, jnp.array([[2.0], [1.0]]))]
    [0.0, 2.0, 0.0]

    Source: Proca, Domine, Shanahan & Mediano, ICML 2025, PMLR 267.
    """
    before = jnp.arange(len(targets))[::-1, None]
    power, error = b**before, targets - c * b**before * a
    # 0 b^-1 counts as 0
    slope = jnp.where(before > 0, before * b ** jnp.maximum(before - 1, 0), 0.0)
    return (c * power * error).sum(0), (c * slope * a * error).sum(0), (power * a * error).sum(0)
