"""Gaussian weights, scaled by their role."""

import zlib

import jax
import jax.numpy as jnp
from jaxtyping import Array

from theory.architectures import Architecture
from theory.checks import positive, real_array
from theory.errors import ProblemError
from theory.initialisations.initialisation import Initialisation


class Gaussian(Initialisation):
    """Independent Gaussian weights of standard deviation `scale / sqrt(N)`, one scale for each role.

    A read-in or readout vector then has norm near its scale, whatever the width; a dense random
    recurrence has its eigenvalues in a disc of radius `recurrent_gain` as N grows.

    Args:
        input: scale of the read-in weights (role "input").
        readout: scale of the readout weights (role "readout").
        recurrent_gain: scale of the random recurrent weights; 0 starts without any.
        recurrent_identity: w, a recurrence of each unit onto itself, added to the random weights:
            `W(0) = w I + gain G / sqrt(N)`.

    Raises:
        ProblemError: a scale that is negative or not finite; an identity for recurrent weights that are
            neither a square matrix nor one number for each unit.

    >>> from theory.architectures import FullRank
    >>> weights = Gaussian(input=1e-2, readout=1e-2).draw(0, FullRank(), 100, 1, 1)
    >>> float(jnp.linalg.norm(weights["input"])), float(jnp.abs(weights["recurrent"]).max())
    (0.00899..., 0.0)
    """

    input: float
    readout: float
    recurrent_gain: float
    recurrent_identity: float

    def __init__(
        self,
        input: float = 1e-2,
        readout: float = 1e-2,
        recurrent_gain: float = 0.0,
        recurrent_identity: float = 0.0,
    ):
        self.input = positive(input, "input", allow_zero=True)
        self.readout = positive(readout, "readout", allow_zero=True)
        self.recurrent_gain = positive(recurrent_gain, "recurrent_gain", allow_zero=True)
        self.recurrent_identity = float(real_array(recurrent_identity, "recurrent_identity", 0))

    @property
    def recurrent_multiple(self) -> float | None:
        """`recurrent_identity`, without a random part."""
        return self.recurrent_identity if self.recurrent_gain == 0.0 else None

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
            if weight.role == "recurrent" and self.recurrent_identity:
                weights[name] += self.recurrent_identity * _identity(name, weight.shape, width)
        return weights

    def __str__(self) -> str:
        return (
            f"Gaussian of sd scale/sqrt(width): input {self.input:g}, readout {self.readout:g}, "
            f"recurrent gain {self.recurrent_gain:g}"
            + (f", plus {self.recurrent_identity:g} times the identity" if self.recurrent_identity else "")
        )


def _identity(name: str, shape: tuple, width: int) -> Array:
    if shape not in ((width, width), (width,)):
        raise ProblemError(
            f"weights {name!r} of shape {shape} have no identity at width {width}: use recurrent_identity = 0."
        )
    return jnp.eye(width) if len(shape) == 2 else jnp.ones(width)
