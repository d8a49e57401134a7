"""Driven linear recursions over many steps, as products of matrices instead of vectors."""

import numpy as np


def driven_states(propagator: np.ndarray, kicks: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The states of `s_{n+1} = F s_n + k_n` at the beginning of every step, and the one after the last.

    The steps are cut into blocks that run side by side as rows of one matrix: once from zero, to know where each
    ends, and once from where the one before it ended. Twice the work, but of a matrix and not of a vector at a time.

    Args:
        propagator: F, (state, state).
        kicks: k_n, (trial, time, state).
        start: s_0, (trial, state).

    Returns:
        (trial, time, state) and (trial, state).

    >>> states, end = driven_states(np.array([[0.5]]), np.ones((1, 3, 1)), np.zeros((1, 1)))
    >>> states[0, :, 0], end
    (array([0. , 1. , 1.5]), array([[1.75]]))
    """
    trials, steps, size = kicks.shape
    length = max(1, int(np.sqrt(steps)))
    blocks = steps // length
    whole = kicks[:, : blocks * length].reshape(trials, blocks, length, size)
    transposed = np.ascontiguousarray(propagator.T)
    ends = np.zeros((trials, blocks, size))
    for step in range(length):
        ends = ends @ transposed + whole[:, :, step]
    leap = np.linalg.matrix_power(propagator, length).T
    starts, state = np.empty((trials, blocks, size)), start
    for block in range(blocks):
        starts[:, block] = state
        state = state @ leap + ends[:, block]
    states = np.empty_like(kicks)
    of_blocks = states[:, : blocks * length].reshape(trials, blocks, length, size)
    if trials > 1:  # the cut above has copied
        of_blocks = np.empty((trials, blocks, length, size))
    for step in range(length):
        of_blocks[:, :, step] = starts
        starts = starts @ transposed + whole[:, :, step]
    if trials > 1:
        states[:, : blocks * length] = of_blocks.reshape(trials, blocks * length, size)
    for step in range(blocks * length, steps):
        states[:, step] = state
        state = state @ transposed + kicks[:, step]
    return states, state
