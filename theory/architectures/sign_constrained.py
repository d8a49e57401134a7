"""Sign-constrained recurrence: every unit excites or inhibits all others (Dale's law)."""

from typing import ClassVar

import numpy as np

from theory.architectures.dense_recurrence import DenseRecurrence
from theory.checks import positive
from theory.errors import ProblemError
from theory.namespace import namespace


class SignConstrained(DenseRecurrence):
    """`W_ij = s_j X_ij^2` with X (N, N) trained: unit j excites (s_j = 1) or inhibits (-1) whatever it projects to.

    The first units are excitatory. A weight at zero stays there, so an initialisation needs a `recurrent_gain`.

    Args:
        excitatory: fraction of the units that excite, rounded to whole units, at least one.

    Raises:
        ProblemError: a fraction above one.

    >>> import jax.numpy as jnp
    >>> SignConstrained(excitatory=0.5).recurrence({"recurrent": jnp.array([[1.0, 2.0], [3.0, 0.0]])})
    Array([[ 1., -4.],
           [ 9., -0.]], dtype=float64)
    """

    rotation_equivariant: ClassVar[bool] = False
    excitatory: float = 0.8

    def __init__(self, excitatory: float = 0.8):
        self.excitatory = positive(excitatory, "excitatory")
        if self.excitatory > 1:
            raise ProblemError(f"excitatory = {self.excitatory:g} is a fraction of units: at most 1.")

    def recurrence(self, weights: dict):
        """X^2, column by column with its sign."""
        X = weights["recurrent"]
        width, functions = X.shape[1], namespace(weights["recurrent"])
        signs = np.where(np.arange(width) < max(1, round(self.excitatory * width)), 1, -1)
        return functions.square(X) @ functions.diag(functions.constants(signs))

    def __str__(self) -> str:
        return f"SignConstrained, {self.excitatory:g} of the units excitatory"
