"""Low-rank recurrence from one half of the neurons to the other, with a nonlinearity in every neuron."""

import numpy as np

from theory.checks import count, positive
from theory.circuits.linear_circuit import Truth
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.random_vectors import generator, rotation
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION


def nonlinear_null_low_rank(
    neurons: int,
    rank: int = 1,
    gain: float = 10.0,
    noise: float = 1.0,
    nonlinearity: Nonlinearity = ERROR_FUNCTION,
    seed: int = 0,
) -> NonlinearCircuit:
    """`B = M N^T` with all singular values equal to the gain, N on a random half of the neurons, M on the other.

    `M^T N = 0` as in `null_low_rank`; that no neuron is in both makes `B phi(B x) = 0` too, for every phi, so zero is
    the only fixed point and all eigenvalues of the Jacobian are -1 at every state. (For M and N that merely are
    orthogonal, phi mixes them, and a strong circuit can have fixed points of its own.)

    The sources are independent Ornstein-Uhlenbeck processes, so covariances among them and with the targets are
    known: those of the Gaussian closure are exact. Variances of targets it gives too small.

    Args:
        neurons: D, at least twice the rank.
        rank: r.
        gain: the singular values g.
        noise: Q, the variance of a single unit without input.
        nonlinearity: phi.
        seed: of the halves and directions.

    >>> import numpy as np
    >>> B = nonlinear_null_low_rank(6, rank=2).recurrence
    >>> bool(np.allclose(B @ np.tanh(B @ np.arange(6.0)), 0))
    True
    """
    rank = count(rank, "rank")
    neurons = count(neurons, "neurons", least=2 * rank, because="each half holds rank directions.")
    gain = positive(gain, "gain")
    half = neurons // 2
    order = generator(seed).permutation(neurons)
    M, N = np.zeros((neurons, rank)), np.zeros((neurons, rank))
    M[order[:half]] = gain * rotation(half, seed)[:, :rank]
    N[order[half:]] = rotation(neurons - half, seed + 1)[:, :rank]
    name = f"nonlinear null low-rank circuit (rank {rank}, gain {gain:g})"
    return NonlinearCircuit((M, N), nonlinearity, noise, truth=Truth("point", (1.0,)), name=name)
