"""Latent variables whose attractors are known exactly. Each is one small file; copy one to add your own."""

from theory.circuits.latents.double_well import DoubleWell as DoubleWell
from theory.circuits.latents.ghost import SaddleNodeGhost as SaddleNodeGhost
from theory.circuits.latents.hopf import HopfNormalForm as HopfNormalForm
from theory.circuits.latents.latent import Latent as Latent
from theory.circuits.latents.lorenz import Lorenz as Lorenz

__all__ = ["DoubleWell", "HopfNormalForm", "Latent", "Lorenz", "SaddleNodeGhost"]
