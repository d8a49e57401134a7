"""Stability limits by trying, against curvatures."""

import numpy as np
import pytest

from numerics.stability import stable_step_sizes
from paper_figures.memory_sensitivity import unit_problem
from theory.architectures import LogPolarDiagonal, PolarDiagonal
from theory.metric import convergence


@pytest.mark.parametrize("architecture", [PolarDiagonal(), LogPolarDiagonal(normalised=True)], ids=str)
def test_training_is_stable_up_to_two_over_the_largest_curvature(architecture):
    problem, weights = unit_problem(architecture, 0.8, 1.0)
    limit = 2 / convergence(problem, weights).rates[0]
    tried = limit * np.array([0.01, 0.5, 0.98, 1.02, 2.0])
    assert stable_step_sizes(problem, weights, tried).tolist() == [True, True, True, False, False]
