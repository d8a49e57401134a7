"""Reductions: ways to shrink a problem to a few equations. Each is one small file."""

from theory.reductions.aligned_pole import AlignedPole as AlignedPole
from theory.reductions.aligned_units import AlignedUnits as AlignedUnits
from theory.reductions.confinement import Confinement as Confinement
from theory.reductions.conjugate_pair import ConjugatePair as ConjugatePair
from theory.reductions.identical_units import IdenticalUnits as IdenticalUnits
from theory.reductions.infinite_width import InfiniteWidth as InfiniteWidth
from theory.reductions.invariant_subspace import InvariantSubspace as InvariantSubspace
from theory.reductions.overlaps import Overlaps as Overlaps
from theory.reductions.reduction import OrderParameter as OrderParameter
from theory.reductions.reduction import Reduction as Reduction
from theory.reductions.whole_network import WholeNetwork as WholeNetwork

__all__ = [
    "AlignedPole",
    "AlignedUnits",
    "Confinement",
    "ConjugatePair",
    "IdenticalUnits",
    "InfiniteWidth",
    "InvariantSubspace",
    "OrderParameter",
    "Overlaps",
    "Reduction",
    "WholeNetwork",
]
