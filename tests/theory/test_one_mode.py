"""One mode in any metric: reference numbers of section after section, and the metric that is designed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from theory import ContinuousTime, architectures
from theory.errors import ProblemError
from theory.inverse_design import DESIGNED, DesignedRate, PowerMetric, design_metric
from theory.one_mode import largest_curvature, learn_one_mode, learning_time, steepest_metric

TARGETS = np.geomspace(0.01, 0.5, 15)


def time_to_rate(metric, below, residue, start=1.0, end=150.0) -> float:
    path = learn_one_mode(metric, 0.2, residue, end, start, 20001)
    return float(np.interp(-below, -path.rate, path.training_time))


@pytest.mark.parametrize(("units", "expected"), [(1, 2.99), (4, 6.31), (16, 18.60), (64, 67.46)])
def test_metric_of_identical_units_has_their_reference_times(units, expected):
    assert time_to_rate(lambda c: 1 / units, 0.3, 0.01) == pytest.approx(expected, abs=0.0055)


def test_factors_of_rank_one_add_a_plateau():
    """Slopes per ln(1/eps): 1 + c* dense, (1 + c*) + (1 + c*)^3 / (1 - c*) = 3.36 of rank one, at c* = .2."""
    slopes = []
    for metric, factors in ((lambda c: 1.0, False), (lambda c: 2 * (1 - c), True)):
        times = [time_to_rate(metric, 0.6, eps**2, 1 - factors * eps**2) for eps in (1e-4, 1e-6)]
        slopes.append((times[1] - times[0]) / np.log(100.0))
    np.testing.assert_allclose(slopes, [1.2, 3.36], atol=5e-3)  # the printed digits


@pytest.mark.parametrize(
    ("metric", "condition"),
    [(lambda c: 1.0, 14.75), (lambda c: 2 * (1 - c), 22.15), (lambda c: c**2, 10.40), (lambda c: 4 * c**3, 12.3)],
    ids=["dense", "rank one", "exponential", "inverse square"],
)
def test_curvature_at_the_solution_has_the_reference_condition_numbers(metric, condition):
    """The slower rate from the determinant `M_c / (8 c^4)`, and from how the loss decays along the path."""
    fast = largest_curvature(metric, 0.2)
    slow = metric(0.2) / (8 * 0.2**4) / fast
    assert fast / slow == pytest.approx(condition, abs=0.06)
    path = learn_one_mode(metric, 0.2, 0.01, 30 / slow, start=0.9)
    late = (path.loss < 1e-4) & (path.loss > 1e-9)
    decay = -np.polyfit(path.training_time[late], np.log(path.loss[late]), 1)[0]
    assert decay == pytest.approx(2 * slow, rel=0.02)  # the next order in the error, at a loss of 1e-4


def test_no_metric_of_that_curvature_is_anywhere_larger_than_the_steepest():
    metric = steepest_metric(200.0)
    for c in (0.01, 0.1, 0.5):
        assert largest_curvature(metric, c) == pytest.approx(200.0, rel=1e-9)
        assert largest_curvature(lambda c: 1.01 * metric(c), c) > 200.0


def test_designed_rate_moves_with_its_metric_and_starts_at_the_leak():
    architecture = DesignedRate(DESIGNED)
    assert float(architecture.rate(jnp.zeros(1))[0]) == pytest.approx(1.0, rel=1e-12)
    w = jnp.linspace(-0.01, 60.0, 23)
    rates = architecture.rate(w)
    slopes = jax.vmap(jax.grad(lambda w: architecture.rate(w[None])[0]))(w)
    np.testing.assert_allclose(slopes**2, [DESIGNED(float(c)) for c in rates], rtol=1e-9)
    assert (np.diff(rates) < 0).all()
    # exp(-w) in other words
    same = DesignedRate(PowerMetric([0.1, 0.3, 1.0], [0.01, 0.09, 1.0]))
    np.testing.assert_allclose(same.rate(jnp.array([0.5, 3.0])), np.exp([-0.5, -3.0]), rtol=1e-9)
    pole = architectures.ExponentialRate().pole(jnp.array([-3.0]), ContinuousTime())
    np.testing.assert_allclose(same.pole(jnp.array([3.0]), ContinuousTime()), pole, rtol=1e-9)


def test_designed_metric_learns_the_slowest_learned_sooner_and_all_more_evenly_than_an_exponential_rate():
    """The steepest metric of the same order learns the worst sooner still, and is far less even."""
    found = design_metric(TARGETS, factors=(4.0, 5.0, 6.0))
    assert found.metric.values.tolist() == pytest.approx(DESIGNED.values.tolist())
    exponential = np.array([learning_time(lambda c: c**2, c, 0.01) for c in TARGETS])
    steepest = np.array([learning_time(steepest_metric(200.0), c, 0.01) for c in TARGETS])
    assert found.times.max() < 0.6 * exponential.max()
    assert found.times.max() / found.times.min() < 0.6 * exponential.max() / exponential.min()
    assert steepest.max() < found.times.max() and steepest.max() / steepest.min() > 5
    # in c alone the curvature is the same for all targets
    assert np.ptp([DESIGNED(c) / (4 * c**3) for c in TARGETS]) < 1e-12


def test_metrics_that_are_none_are_refused():
    with pytest.raises(ProblemError, match="at least two"):
        PowerMetric([0.1], [1.0])
    with pytest.raises(ProblemError, match="increasing"):
        PowerMetric([0.1, 0.05], [1.0, 1.0])
