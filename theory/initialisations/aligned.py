"""Weights whose singular vectors are those of the task."""

import zlib

import jax
import jax.numpy as jnp
from jaxtyping import Array

from theory.architectures import Architecture
from theory.checks import positive, real_array
from theory.errors import ProblemError
from theory.initialisations.initialisation import Initialisation


class Aligned(Initialisation):
    """Input, recurrent and readout weights along the same random orthonormal directions R of hidden space.

        U = a R_p,    W = b R R^T,    V = c R_q^T

    with R_p, R_q the first p and q columns of R, (N, max(p, q)), and Gaussian weights of scale `noise` added to all.
    Where input i drives output i alone, modes then learn on their own (`theory.final_time_modes`); the noise says what
    becomes of that from a start that is only nearly aligned.

    Args:
        input, recurrent, readout: a, b and c.
        noise: scale of what is added, of standard deviation `noise / sqrt(N)`.

    Raises:
        ProblemError: numbers that are not finite, a negative noise; at the draw, a recurrence that is no N x N matrix
            and fewer units than inputs or outputs.

    >>> from theory.architectures import FullRank
    >>> weights = Aligned(input=0.5, recurrent=0.2, readout=2.0).draw(0, FullRank(), 8, 1, 1)
    >>> [round(float(x), 6) for x in (jnp.trace(weights["recurrent"]), (weights["readout"] @ weights["input"])[0, 0])]
    [0.2, 1.0]

    Source: Proca, Domine, Shanahan & Mediano, ICML 2025, PMLR 267; Saxe, McClelland & Ganguli, arXiv 1312.6120.
    """

    input: float
    recurrent: float
    readout: float
    noise: float

    def __init__(self, input: float, recurrent: float, readout: float, noise: float = 0.0):
        self.input = float(real_array(input, "input", 0))
        self.recurrent = float(real_array(recurrent, "recurrent", 0))
        self.readout = float(real_array(readout, "readout", 0))
        self.noise = positive(noise, "noise", allow_zero=True)

    @property
    def recurrent_multiple(self) -> float | None:
        """Zero where there is no recurrence; else the recurrence is no multiple of the identity."""
        return 0.0 if self.recurrent == self.noise == 0.0 else None

    def draw(self, seed: int, architecture: Architecture, width: int, inputs: int, outputs: int) -> dict[str, Array]:
        """R and the noise from streams of their own."""
        directions = max(inputs, outputs)
        shapes = {name: weight.shape for name, weight in architecture.weights(width, inputs, outputs).items()}
        if shapes != {"recurrent": (width, width), "input": (width, inputs), "readout": (outputs, width)}:
            raise ProblemError(
                f"aligned weights are those of a dense recurrence, input and readout; {architecture} has {shapes}."
            )
        if width < directions:
            raise ProblemError(f"{directions} orthonormal directions do not fit into {width} hidden units.")
        key = jax.random.fold_in(jax.random.key(seed), width)
        R = jnp.linalg.qr(jax.random.normal(jax.random.fold_in(key, zlib.crc32(b"aligned")), (width, directions)))[0]
        weights = {
            "recurrent": self.recurrent * R @ R.T,
            "input": self.input * R[:, :inputs],
            "readout": self.readout * R[:, :outputs].T,
        }
        for name in weights if self.noise else ():
            stream = jax.random.fold_in(key, zlib.crc32(name.encode()))
            weights[name] += self.noise / width**0.5 * jax.random.normal(stream, weights[name].shape)
        return weights

    def __str__(self) -> str:
        return (
            f"aligned: input {self.input:g}, recurrence {self.recurrent:g}, readout {self.readout:g}"
            + (f", plus Gaussian noise of scale {self.noise:g}" if self.noise else "")
        )
