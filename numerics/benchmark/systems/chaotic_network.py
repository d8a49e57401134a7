"""Chaos of many."""

from dataclasses import dataclass
from typing import ClassVar

from numerics.benchmark.system import System
from numerics.benchmark.systems.redrawn import redrawn
from theory import circuits


@dataclass(frozen=True)
class ChaoticNetwork(System):
    """A random network; draws that are not seen to be chaotic are drawn anew.

    Args:
        neurons: D.
        gain: g.
        noise: Q.


    >>> ChaoticNetwork().draw(0).truth.kind
    'chaos'
    """

    id: ClassVar[str] = "X2"
    sentence: ClassVar[str] = "a random network above its transition to chaos"
    has_impostor: ClassVar[bool] = False

    neurons: int = 100
    gain: float = 3.0
    noise: float = 0.01

    def draw(self, seed: int):
        """The circuit of that seed, with its own truth."""
        return redrawn(lambda own: circuits.chaotic_network(self.neurons, self.gain, self.noise, seed=own), seed)

    def impostor(self, circuit, observed):
        """None: it cannot be had by regression.

        Chaos gives a variance some 500 times that of the noise, so that what keeps the law is a drift known to a part
        in 500; with 200 features and 19,200 samples the covariance came out wrong by 127%.
        """
        return None
