"""Architectures: how weights make a student's system. Each is one small file; copy one to add your own."""

from theory.architectures.architecture import Architecture as Architecture
from theory.architectures.architecture import Weight as Weight
from theory.architectures.diagonal import Diagonal as Diagonal
from theory.architectures.full_rank import FullRank as FullRank

__all__ = ["Architecture", "Diagonal", "FullRank", "Weight"]
