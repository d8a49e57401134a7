"""Covariances of successive samples, stacked: what subspaces, trials and windows are made of."""

import numpy as np


def window_covariance(covariances: np.ndarray, samples: int) -> np.ndarray:
    """Covariance of `(x_n, x_{n+1}, ..., x_{n+h-1})`: block Toeplitz, its block (i, j) is `C(i - j)`.

    Of the same samples backwards in time, `(x_{n-1}, x_{n-2}, ...)`, it is that of `C(k)^T`.

    Args:
        covariances: `C(k) = <x_{n+k} x_n^T>` at lags 0, 1, ..., h - 1 or more, (lag, neuron, neuron).
        samples: h.

    Returns:
        (h neuron, h neuron).

    >>> window_covariance(np.array([[[1.0]], [[0.5]]]), 2)
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    C, places = covariances[:samples], np.arange(samples)
    every = np.concatenate([np.swapaxes(C[:0:-1], 1, 2), C])  # C(-h+1) .. C(h-1)
    return _stacked(every[places[:, None] - places[None, :] + samples - 1])


def future_and_past(covariances: np.ndarray, samples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariances of the future `f = (x_n, ..., x_{n+h-1})` and the past `p = (x_{n-1}, ..., x_{n-h})`.

    Args:
        covariances: at lags 0, 1, ..., 2h - 1 or more, (lag, neuron, neuron).
        samples: h, in each.

    Returns:
        `<f f^T>`, `<p p^T>`, and `<f p^T>`, block Hankel with `C(i + j + 1)`; each (h neuron, h neuron).

    >>> future_and_past(np.array([1.0, 0.5, 0.25, 0.125])[:, None, None], 2)[2]
    array([[0.5  , 0.25 ],
           [0.25 , 0.125]])
    """
    places = np.arange(samples)
    between = _stacked(covariances[places[:, None] + places[None, :] + 1])
    past = window_covariance(np.swapaxes(covariances, 1, 2), samples)
    return window_covariance(covariances, samples), past, between


def _stacked(blocks: np.ndarray) -> np.ndarray:
    """Blocks (i, j, neuron, neuron) as one matrix."""
    samples, _, neurons, _ = blocks.shape
    return blocks.transpose(0, 2, 1, 3).reshape(samples * neurons, -1)
