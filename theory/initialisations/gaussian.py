"""Gaussian weights, scaled by their role."""

import zlib

import jax
import jax.numpy as jnp
from jaxtyping import Array

from theory.architectures import Architecture
from theory.checks import positive
from theory.initialisations.initialisation import Initialisation


class Gaussian(Initialisation):
    """Independent Gaussian weights of standard deviation `scale / sqrt(N)`, one scale for each role.

    A read-in or readout vector then has norm near its scale, whatever the width; a dense random
    recurrence has its eigenvalues in a disc of radius `recurrent_gain` as N grows.

    Args:
        input: scale of the read-in weights (role "input").
        readout: scale of the readout weights (role "readout").
        recurrent_gain: scale of the recurrent weights; 0 starts without any recurrence.

    Raises:
        ProblemError: a scale that is negative or not finite.

    >>> from theory.architectures import FullRank
    >>> weights = Gaussian(input=1e-2, readout=1e-2).draw(0, FullRank(), 100, 1, 1)
    >>> float(jnp.linalg.norm(weights["input"])), float(jnp.abs(weights["recurrent"]).max())
    (0.00899..., 0.0)
    """

    input: float
    readout: float
    recurrent_gain: float

    def __init__(self, input: float = 1e-2, readout: float = 1e-2, recurrent_gain: float = 0.0):
        self.input = positive(input, "input", allow_zero=True)
        self.readout = positive(readout, "readout", allow_zero=True)
        self.recurrent_gain = positive(recurrent_gain, "recurrent_gain", allow_zero=True)

    @property
    def recurrence_is_zero(self) -> bool:
        """True when `recurrent_gain` is 0."""
        return self.recurrent_gain == 0.0

    def draw(
        self, seed: int, architecture: Architecture, width: int, inputs: int, outputs: int
    ) -> dict[str, Array]:
        """Draw every weight group from its own stream, so that one group's size moves no other."""
        scales = {"input": self.input, "readout": self.readout, "recurrent": self.recurrent_gain}
        key = jax.random.fold_in(jax.random.key(seed), width)
        weights = {}
        for name, weight in architecture.weights(width, inputs, outputs).items():
            scale = scales[weight.role] / width**0.5
            stream = jax.random.fold_in(key, zlib.crc32(name.encode()))
            weights[name] = (
                scale * jax.random.normal(stream, weight.shape) if scale else jnp.zeros(weight.shape)
            )
        return weights

    def __str__(self) -> str:
        return (
            f"Gaussian of sd scale/sqrt(width): input {self.input:g}, readout {self.readout:g}, "
            f"recurrent gain {self.recurrent_gain:g}"
        )
