"""Responses to pulses: what a pulse changes, pulse by pulse."""

from typing import NamedTuple

import numpy as np

from numerics.benchmark.queries import Queries


class Responses(NamedTuple):
    """Mean differences between pulsed and unpulsed rollouts of the same history.

    `error` is the standard error of the difference: of pairs with the same noise, so that it vanishes where a model is
    linear and keeps to its seed.
    """

    query: np.ndarray
    """Index of the pulsed query, (pulse,)."""
    kind: np.ndarray
    """Of the pulse, (pulse,)."""
    response: np.ndarray
    """(pulse, step, channel)."""
    error: np.ndarray
    """(pulse, step, channel)."""


def responses(queries: Queries, rollouts: np.ndarray) -> Responses:
    """The responses in one group of queries that has an unpulsed one for every history.

    Args:
        queries: of the group.
        rollouts: (query, sample, step, channel).
    """
    plain = {tuple(place): number for number, place in enumerate(queries.place) if queries.kind[number] == "none"}
    pulsed = np.flatnonzero(queries.kind != "none")
    partners = np.array([plain[tuple(queries.place[number])] for number in pulsed])
    difference = rollouts[pulsed] - rollouts[partners]
    samples = difference.shape[1]
    error = np.full(difference[:, 0].shape, np.inf)
    if samples > 1:
        error = difference.std(axis=1, ddof=1) / np.sqrt(samples)
    return Responses(pulsed, queries.kind[pulsed], difference.mean(axis=1), error)
