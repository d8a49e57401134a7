"""All hidden units alike."""

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array

from theory.architectures import Architecture
from theory.checks import positive, real_array
from theory.initialisations.initialisation import Initialisation


class Identical(Initialisation):
    """Every hidden unit starts with the same weights: the start without any broken symmetry.

    Read-in and readout weights are `scale / sqrt(N)` each, so that one input and output share the residue
    `input x readout` among the units. Nothing is drawn: all seeds are the same network.

    Args:
        input: norm of every read-in vector.
        readout: norm of every readout vector.
        recurrent: what every weight that runs over hidden units once, such as a self-connection, starts at; N x N
            weights start at so many times the identity.

    Raises:
        ProblemError: a scale that is negative or not finite.

    >>> from theory.architectures import Diagonal
    >>> Identical(0.1, 0.1).draw(0, Diagonal(), 4, 1, 1)["input"][:, 0]
    Array([0.05, 0.05, 0.05, 0.05], dtype=float64)
    """

    random: ClassVar[bool] = False
    input: float
    readout: float
    recurrent: float

    def __init__(self, input: float = 1e-2, readout: float = 1e-2, recurrent: float = 0.0):
        self.input = positive(input, "input", allow_zero=True)
        self.readout = positive(readout, "readout", allow_zero=True)
        self.recurrent = float(real_array(recurrent, "recurrent", 0))

    @property
    def recurrent_multiple(self) -> float:
        """`recurrent`."""
        return self.recurrent

    def draw(
        self, seed: int, architecture: Architecture, width: int, inputs: int, outputs: int
    ) -> dict[str, Array]:
        """The one start, whatever the seed."""
        sizes = {"input": self.input / width**0.5, "readout": self.readout / width**0.5}
        weights = {}
        for name, weight in architecture.weights(width, inputs, outputs).items():
            if weight.role != "recurrent":
                weights[name] = jnp.full(weight.shape, sizes[weight.role], float)
            elif weight.shape == (width, width):
                weights[name] = self.recurrent * jnp.eye(width)
            else:
                weights[name] = jnp.full(weight.shape, self.recurrent, float)
        return weights

    def __str__(self) -> str:
        return (
            f"all units alike: input {self.input:g} / sqrt(width), readout {self.readout:g} / sqrt(width), "
            f"recurrent {self.recurrent:g}"
        )
