"""The ghost of a saddle-node."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.impostors import posterior_impostor
from numerics.benchmark.system import System
from theory import circuits
from theory.circuits.latents import SaddleNodeGhost


@dataclass(frozen=True)
class GhostPassage(System):
    """A slow passage with a reset. Strictly it is a cycle; no point or line is there.

    Args:
        neurons: D.
        mu: distance from the bifurcation.
        limit: where it is reset.
        noise: private to neurons.
        latent_noise: of the passage.


    >>> GhostPassage().draw(0).truth.kind
    'cycle'
    """

    id: ClassVar[str] = "G1"
    sentence: ClassVar[str] = "a ghost: slow where two fixed points have met and gone, and no fixed point"

    neurons: int = 64
    mu: float = 0.01
    limit: float = 2.0
    noise: float = 0.1
    latent_noise: float = 5e-4

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        latent = SaddleNodeGhost(self.mu, self.limit)
        return circuits.embedded_flow(latent, self.neurons, self.noise, self.latent_noise, seed=seed)

    def impostor(self, circuit, observed):
        """The exact Markov projection; None where it cannot be had."""
        return posterior_impostor(circuit, observed)
