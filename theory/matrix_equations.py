"""Sylvester, Lyapunov and Stein equations, differentiable and batched.

JAX ships no Lyapunov solver that runs on every device. The doubling iteration used here (Smith 1968)
needs matrix products only: it converges quadratically, vmaps, runs on accelerators, and is
differentiated implicitly, at the price of one more solve, whatever the number of iterations.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# 2^32 terms: enough for a product of spectral radii within 1e-8 of one. The number is fixed: a loop that
# stops early next to batched LAPACK calls deadlocks XLA's CPU thread pool (seen on jaxlib 0.10.1).
_DOUBLINGS = 32


def stein(A: Float[Array, "n n"], D: Float[Array, "m m"], F: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Solve the discrete Stein equation `X = A X D^T + F`.

    The solution is the sum over k >= 0 of `A^k F (D^T)^k`; doubling adds 2^j terms at step j.

    Assumptions: A and D are both stable (spectral radius below one), by 1e-8 at least. Where they are not
    the result is infinite or nan: `LinearSystem` checks stability before it calls.

    Args:
        A, D: square matrices.
        F: the source.

    >>> import jax.numpy as jnp
    >>> float(stein(jnp.array([[0.5]]), jnp.array([[0.5]]), jnp.array([[3.0]]))[0, 0])
    4.0

    Source: R. A. Smith, SIAM J. Appl. Math. 16 (1968) 198.
    """

    def solve(left, right, source):
        def double(_, carry):
            left, right, X = carry
            return left @ left, right @ right, X + left @ X @ right

        left, right, X = jax.lax.fori_loop(0, _DOUBLINGS, double, (left, right, source))
        remaining = jnp.abs(left).max() * jnp.abs(right).max()
        return jnp.where(remaining < 1e-9, X, jnp.inf)

    return jax.lax.custom_linear_solve(
        matvec=lambda X: X - A @ X @ D.T,
        b=F,
        solve=lambda _, source: solve(A, D.T, source),
        transpose_solve=lambda _, source: solve(A.T, D, source),
    )


def sylvester(A: Float[Array, "n n"], D: Float[Array, "m m"], F: Float[Array, "n m"]) -> Float[Array, "n m"]:
    """Solve the continuous Sylvester equation `A X + X D^T + F = 0` (Lyapunov's, when A = D).

    The solution is the integral over t >= 0 of `exp(A t) F exp(D^T t)`. The Cayley transform
    `A_d = (a I - A)^-1 (a I + A)` turns it into a Stein equation with the same solution.

    Assumptions: every eigenvalue of A plus every eigenvalue of D has a negative real part, and A and D
    are stable. The result is not finite otherwise.

    Args:
        A, D: square matrices.
        F: the source.

    >>> import jax.numpy as jnp
    >>> float(sylvester(jnp.array([[-1.0]]), jnp.array([[-3.0]]), jnp.array([[2.0]]))[0, 0])
    0.5

    Source: the bilinear map between Lyapunov and Stein equations, e.g. Antoulas 2005, section 4.3.3.
    """
    n, m = F.shape
    # any a > 0 is exact; the mean decay rate centres the transformed spectrum at zero
    a = jax.lax.stop_gradient(-(jnp.trace(A) + jnp.trace(D)) / (n + m))
    a = jnp.where(a > 0, a, 1.0)
    identity_A, identity_D = jnp.eye(n, dtype=A.dtype), jnp.eye(m, dtype=D.dtype)
    inverse_A, inverse_D = jnp.linalg.inv(a * identity_A - A), jnp.linalg.inv(a * identity_D - D)
    source = 2 * a * inverse_A @ F @ inverse_D.T
    return stein(2 * a * inverse_A - identity_A, 2 * a * inverse_D - identity_D, source)
