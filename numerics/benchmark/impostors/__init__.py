"""Impostors: Markov systems on the observed neurons alone that share their stationary law with the truth."""

from numerics.benchmark.impostors.label import kind_of_flow as kind_of_flow
from numerics.benchmark.impostors.linear import linear_impostor as linear_impostor
from numerics.benchmark.impostors.posterior import posterior_impostor as posterior_impostor
from numerics.benchmark.impostors.regressed import regressed_impostor as regressed_impostor

__all__ = ["kind_of_flow", "linear_impostor", "posterior_impostor", "regressed_impostor"]
