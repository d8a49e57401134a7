"""What an initialisation must say of itself."""

import abc
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array

from theory.architectures import Architecture


class Initialisation(eqx.Module):
    """How the weights of a network of width N are drawn.

    Attributes:
        random: whether different seeds give different weights.
    """

    random: ClassVar[bool] = True

    @abc.abstractmethod
    def draw(
        self, seed: int, architecture: Architecture, width: int, inputs: int, outputs: int
    ) -> dict[str, Array]:
        """One draw of all weight groups. Equal arguments give equal weights, on every device."""

    @property
    @abc.abstractmethod
    def recurrent_multiple(self) -> float | None:
        """w where every draw's recurrence is exactly w times the identity (0: none at all), else None."""
