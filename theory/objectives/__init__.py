"""Objectives: what "imitates" means. Each is one small file; copy one to add your own."""

from theory.objectives.finite_window import FiniteWindow as FiniteWindow
from theory.objectives.objective import Objective as Objective
from theory.objectives.white_noise import WhiteNoise as WhiteNoise

__all__ = ["FiniteWindow", "Objective", "WhiteNoise"]
