"""Evaluators: ways to compute a population loss and its gradient. Each is one small file.

An evaluator has one method, `value_and_gradient(A, B, C, time)`, and is a JAX pytree. `Moments` is the
fastest for wide networks under white noise, and the default of `simulate` there.
"""

from numerics.evaluators.gramians import Gramians as Gramians
from numerics.evaluators.time_grid import TimeGrid as TimeGrid
from theory.moments import Moments as Moments

__all__ = ["Gramians", "Moments", "TimeGrid", "default_evaluator"]


def default_evaluator(problem):
    """Moments under the white-noise objective, else the objective's own exact loss."""
    from theory.objectives import WhiteNoise

    if isinstance(problem.objective, WhiteNoise):
        return Moments(problem.teacher)
    return Gramians(problem.objective, problem.teacher)
