"""Independent units: the recurrence of a diagonal state-space model."""

from theory.architectures.independent_units import IndependentUnits
from theory.namespace import namespace


class Diagonal(IndependentUnits):
    """N units without cross-connections, each with its own real self-connection: `A = diag(w) - I`.

    >>> Diagonal().weights(width=3, inputs=1, outputs=2)["recurrent"].shape
    (3,)
    """

    def pole(self, recurrent, time):
        """w - 1; in discrete time w."""
        return namespace(recurrent).plus(recurrent, time.silent_pole)
