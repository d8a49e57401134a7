"""Draws that have what their family is about, where not every draw has."""

from collections.abc import Callable

import numpy as np

from theory.errors import ProblemError

TRIES = 20


def redrawn(make: Callable, seed: int):
    """The circuit of a seed, or, where it has none, of the first that has one of a sequence of seeds that it starts.

    Args:
        make: the circuit of a seed; raises a ProblemError where the draw has no truth that can be told.
        seed: of the draw.

    Raises:
        ProblemError: the last refusal, if 20 seeds have none.

    >>> redrawn(lambda own: own, 3)
    3
    """
    others = np.random.SeedSequence([seed, 22]).generate_state(TRIES - 1, np.uint32)
    for own in (seed, *others.tolist()):
        try:
            return make(own)
        except ProblemError as error:
            refusal = error
    raise ProblemError(f"of {TRIES} seeds none gives a circuit; the last: {refusal}")
