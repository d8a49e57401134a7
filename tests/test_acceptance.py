"""What the toolkit promises, end to end: published numbers, exactness at any width, honest refusals."""

import numpy as np
import pytest

from numerics.claims.integrator_half_time import half_time
from numerics.claims.integrator_outlier import integrator_problem
from numerics.simulation import simulate
from theory.derivation import derive
from theory.reductions import AlignedPole


@pytest.fixture(scope="module")
def dynamics():
    return derive(integrator_problem(0.2, 1e-2))


@pytest.fixture(scope="module")
def plane():
    return derive(integrator_problem(0.2, 1e-2), AlignedPole())


@pytest.mark.usefixtures("optimised")
def test_reduced_equations_agree_with_a_width_60_network_to_1e_8(dynamics):
    """Over s = 40, in the network's full 60 x 60 weights, by Runge-Kutta steps at two sizes.

    The finer network's own error is the difference to the coarser over 2^4 - 1.
    """
    problem, coarse_and_fine = dynamics.problem, []
    for step in (0.02, 0.01):
        networks = simulate(problem, 60, [3], 40.0, records=21, step_size=step, progress=False)
        coarse_and_fine.append(networks.loss.values[0])
    coarse, fine = coarse_and_fine
    limit = fine + (fine - coarse) / 15
    predicted = dynamics.solve(40.0, 60, 3, records=21).loss.values
    assert np.abs(limit - predicted).max() < 1e-8


@pytest.mark.parametrize(
    ("scale", "expected"), [(1e-2, 5.40), (1e-3, 8.17), (1e-4, 10.93)], ids=["1e-2", "1e-3", "1e-4"]
)
def test_half_time_of_aligned_start_has_its_reference_value(dynamics, scale, expected):
    """u = v of norm scale: rank-one Gram matrix, all of it aligned."""
    start = dynamics.reduction.start_from_gram(dynamics.problem, scale**2 * np.ones((2, 2)))
    path = dynamics.solve_from(start, 16.0, 321)
    assert float(half_time(path.training_time.values, path.loss.values)) == pytest.approx(expected, abs=0.006)


@pytest.mark.parametrize(("scale", "expected"), [(1e-2, 5.81), (1e-3, 8.57)], ids=["1e-2", "1e-3"])
def test_mean_half_time_over_draws_has_its_reference_value(scale, expected):
    """Width 16, N(0, scale^2 / N): the spread over draws is 0.2, so 40 draws know the mean to 0.03."""
    dynamics = derive(integrator_problem(0.2, scale))
    halves = []
    for seed in range(40):
        path = dynamics.solve(14.0, 16, seed, 141)
        halves.append(float(half_time(path.training_time.values, path.loss.values)))
    assert np.mean(halves) == pytest.approx(expected, abs=4 * np.std(halves) / np.sqrt(40))


def test_half_time_follows_its_logarithmic_law(plane):
    """s_1/2 = 0.6 ln(1 / a(0)) - 0.13 at c* = 0.2, good to 0.01, for balanced starts."""
    for a in (1e-3, 1e-5, 1e-7):
        path = plane.solve_from([a, 1.0, 0.0], 16.0, 321)
        measured = float(half_time(path.training_time.values, path.loss.values))
        assert measured == pytest.approx(0.6 * np.log(1 / a) - 0.13, abs=0.011)


def test_linearisation_has_its_reference_rates(plane):
    """33.9, 2.30 and 14.75 at c* = 0.2; early growth 2 / (1 + c*)."""
    (solution,) = plane.fixed_points()
    rates = plane.linearise(solution)
    numbers = [float(r.subs(plane.parameter_values)) for r in (*rates.rates, rates.condition_number)]
    np.testing.assert_allclose(numbers, [33.9, 2.30, 14.75], atol=0.05)
    growth = plane.growth_rate("a", {"c": 1, "delta": 0}).subs(plane.parameter_values)
    assert float(growth) == pytest.approx(2 / 1.2)


def test_theory_is_compiled_once_for_all_draws(dynamics):
    """Another draw, width or number of the same kind reuses the compiled equations."""
    before = dynamics.reduction.vector_field(dynamics.problem).function
    other = derive(integrator_problem(0.35, 1e-3))
    assert other.reduction.vector_field(other.problem).function is before
