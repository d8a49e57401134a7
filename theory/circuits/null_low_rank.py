"""Null low-rank recurrence: strong transients, and no slow mode."""

from theory.checks import count, positive
from theory.circuits.linear_circuit import LinearCircuit, Truth
from theory.circuits.random_vectors import rotation


def null_low_rank(neurons: int, rank: int = 1, gain: float = 10.0, seed: int = 0) -> LinearCircuit:
    """`B = M N^T` with `M^T N = 0` and all singular values equal to the gain.

    `B^2 = 0`, so every eigenvalue is zero: whatever lies along N is passed on to M once, and fades.

    Args:
        neurons: D, at least twice the rank.
        rank: r.
        gain: the singular values g.
        seed: of the directions, which are random.

    >>> import numpy as np
    >>> B = null_low_rank(6, rank=2).recurrence
    >>> bool(np.allclose(B @ B, 0))
    True

    Source: Qian et al., NeurIPS 2024.
    """
    rank = count(rank, "rank")
    neurons = count(neurons, "neurons", least=2 * rank, because="M and N are orthogonal to each other.")
    gain = positive(gain, "gain")
    directions = rotation(neurons, seed)[: 2 * rank]
    return LinearCircuit(
        gain * directions[:rank].T @ directions[rank:],
        truth=Truth("point", (1.0,)),
        name=f"null low-rank circuit (rank {rank}, gain {gain:g})",
    )
