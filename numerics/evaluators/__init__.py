"""Evaluators: ways to compute a loss and its gradient. Each is one small file.

An evaluator has one method, `value_and_gradient(A, B, C, time, key)`, and is a JAX pytree. Exact ones give the
population loss and ignore the key; `Moments` is the fastest of them for wide networks under white noise, and
the default of `simulate` there. `Sampled` trains as people do, on random trajectories.
"""

from numerics.evaluators.gramians import Gramians as Gramians
from numerics.evaluators.sampled import Sampled as Sampled
from numerics.evaluators.time_grid import TimeGrid as TimeGrid
from theory.moments import Moments as Moments

__all__ = ["Gramians", "Moments", "Sampled", "TimeGrid", "default_evaluator"]


def default_evaluator(problem, width: int):
    """Moments under the white-noise objective, else the objective's own exact loss, or what the rule takes for it.

    Also where the teacher is so slow that too many moments would be needed for networks of that width.
    """
    from theory.errors import ProblemError
    from theory.learning_rules.credit import credited
    from theory.objectives import WhiteNoise

    if problem.learning_rule.exact_gradient and isinstance(problem.objective, WhiteNoise):
        try:
            moments = Moments(problem.teacher)
            if moments.cheaper(width):
                return moments
        except ProblemError:
            pass
    return Gramians(problem.objective, problem.teacher, credited(problem.learning_rule))
