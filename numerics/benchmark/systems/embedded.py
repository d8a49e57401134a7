"""Any known latents, exactly embedded."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import posterior_impostor, regressed_impostor
from numerics.benchmark.system import System
from theory import circuits
from theory.circuits.latents import HopfNormalForm, Latent
from theory.circuits.stochastic_flow import COMPRESSED


@dataclass(frozen=True)
class Embedded(System):
    """Latents whose attractors are known, in neurons that show the inverse hyperbolic sine of their state.

    Args:
        latent: see `theory.circuits.latents`; HopfNormalForm(0.0) is an exact ring.
        neurons: D.
        noise: private to neurons.
        latent_noise: of the latents.


    >>> Embedded().draw(0).truth.kind
    'ring'
    """

    id: ClassVar[str] = "E"
    sentence: ClassVar[str] = "known latents in many neurons that show them through a curved readout"

    latent: Latent = HopfNormalForm(0.0)
    neurons: int = 64
    noise: float = 0.5
    latent_noise: float = 0.01

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        settings = (self.noise, self.latent_noise, COMPRESSED)
        return circuits.embedded_flow(self.latent, self.neurons, *settings, seed=seed)

    def impostor(self, circuit, observed):
        """The exact Markov projection where there is one, or its estimate by regression."""
        return posterior_impostor(circuit, observed) or regressed_impostor(circuit, observed)
