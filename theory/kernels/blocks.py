"""Blocks of equal size, so that one compilation serves them all."""

import numpy as np


def blocks(count: int, size: int) -> list[np.ndarray]:
    """Indices 0 to count - 1 in blocks of one size, at most `size`; the last repeats its last index as needed.

    >>> [[int(i) for i in block] for block in blocks(5, 2)]
    [[0, 1], [2, 3], [4, 4]]
    """
    number = -(-count // size)
    each = -(-count // number)
    return [np.minimum(np.arange(k * each, (k + 1) * each), count - 1) for k in range(-(-count // each))]
