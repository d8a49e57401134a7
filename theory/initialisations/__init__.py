"""Initialisations: how a network's weights are drawn at width N."""

from theory.initialisations.aligned import Aligned as Aligned
from theory.initialisations.gaussian import Gaussian as Gaussian
from theory.initialisations.identical import Identical as Identical
from theory.initialisations.initialisation import Initialisation as Initialisation

__all__ = ["Aligned", "Gaussian", "Identical", "Initialisation"]
