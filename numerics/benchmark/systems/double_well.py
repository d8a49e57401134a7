"""Two states and a barrier."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import posterior_impostor
from numerics.benchmark.system import System
from theory import circuits
from theory.circuits.latents import DoubleWell


@dataclass(frozen=True)
class DoubleWellSystem(System):
    """A double well, embedded. With the default noise it is left once in 243 time constants (Kramers).

    Args:
        neurons: D.
        noise: private to neurons.
        latent_noise: of the well; the barrier is 1/4.


    >>> DoubleWellSystem().draw(0).truth.kind
    'points'
    """

    id: ClassVar[str] = "D1"
    sentence: ClassVar[str] = "a double well whose barrier noise crosses now and then"

    neurons: int = 64
    noise: float = 0.5
    latent_noise: float = 0.0625

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        return circuits.embedded_flow(DoubleWell(), self.neurons, self.noise, self.latent_noise, seed=seed)

    def impostor(self, circuit, observed):
        """The exact Markov projection; None where it cannot be had."""
        return posterior_impostor(circuit, observed)
