"""The exponent that the half-time claim states, from theory alone: no network is trained here."""

import numpy as np
import pytest

from numerics.claims.integrator_half_time import half_time, integrator_half_time
from numerics.claims.integrator_outlier import integrator_problem
from theory.derivation import derive
from theory.reductions import AlignedPole


def plane_gap(scale: float, draws: int = 2) -> float:
    """Relative gap of the plane's half-time to the exact confined one, root mean square over draws."""
    problem = integrator_problem(0.2, scale)
    exact, plane = derive(problem), derive(problem, AlignedPole())
    gaps = []
    for seed in range(draws):
        paths = [dynamics.solve(22.0, 64, seed, 441) for dynamics in (exact, plane)]
        halves = [float(half_time(p.training_time.values, p.loss.values)) for p in paths]
        gaps.append(1 - halves[1] / halves[0])
    return float(np.sqrt(np.mean(np.square(gaps))))


def exponent(coarse: float, fine: float) -> float:
    return float(np.log(plane_gap(coarse) / plane_gap(fine)) / np.log(coarse / fine))


@pytest.mark.full
def test_exact_theory_predicts_the_exponent_within_the_stated_tolerance():
    """Over the scales of the trials the exact reduction itself gives an exponent within 2 +- 0.1."""
    claim = integrator_half_time
    assert abs(exponent(1e-1, 5e-3) - claim.exponent) < claim.exponent_tolerance


@pytest.mark.full
def test_exponent_tends_to_two_as_the_scale_vanishes():
    """Its deviation from 2 shrinks towards small scales: a correction, and not another power."""
    near, far = abs(exponent(1e-3, 1e-4) - 2), abs(exponent(1e-1, 1e-2) - 2)
    assert near < 0.7 * far
