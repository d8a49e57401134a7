"""Chaos in three variables."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import regressed_impostor
from numerics.benchmark.system import System
from theory import circuits
from theory.circuits.latents import Lorenz


@dataclass(frozen=True)
class LorenzSystem(System):
    """Lorenz' equations in many neurons.

    Args:
        neurons: D.
        speed: units of Lorenz' time in a single-unit time constant.
        noise: private to neurons.
        latent_noise: of the three variables.


    >>> LorenzSystem().draw(0).truth.kind
    'chaos'
    """

    id: ClassVar[str] = "X1"
    sentence: ClassVar[str] = "Lorenz' equations, embedded"

    neurons: int = 64
    speed: float = 0.1
    noise: float = 0.1
    latent_noise: float = 1e-3

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        return circuits.embedded_flow(Lorenz(self.speed), self.neurons, self.noise, self.latent_noise, seed=seed)

    def impostor(self, circuit, observed):
        """The Markov projection, estimated by regression."""
        return regressed_impostor(circuit, observed)
