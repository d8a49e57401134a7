"""From a problem to its learning dynamics: the best reduction that applies."""

from theory.checks import instance
from theory.errors import NotDerivableError
from theory.learning_dynamics import LearningDynamics
from theory.problem import Problem
from theory.reductions import (
    AlignedPole,
    Confinement,
    IdenticalUnits,
    InfiniteWidth,
    InvariantSubspace,
    Reduction,
)

_BEST_FIRST: tuple[Reduction, ...] = (
    Confinement(),
    InvariantSubspace(),
    IdenticalUnits(),
    InfiniteWidth(),
    AlignedPole(),
)


def derive(problem: Problem, reduction: Reduction | None = None) -> LearningDynamics:
    """The learning dynamics of a problem, by the best reduction that applies: exact before asymptotic.

    Args:
        problem: what is learned.
        reduction: ask for this one instead, for instance `reductions.AlignedPole()`.

    Raises:
        NotDerivableError: no reduction applies; the message gives each one's obstacle and what to do.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(
    ...     teacher=teachers.leaky_integrator(rate=0.2),
    ...     architecture=architectures.FullRank(),
    ...     initialisation=initialisations.Gaussian(),
    ...     objective=objectives.WhiteNoise(),
    ...     learning_rule=learning_rules.GradientFlow(),
    ... )
    >>> derive(problem).reduction.name
    'exact confinement'
    """
    instance(problem, Problem, "problem")
    candidates = _BEST_FIRST if reduction is None else (instance(reduction, Reduction, "reduction"),)
    obstacles = []
    for candidate in candidates:
        obstacle = candidate.obstacle(problem)
        if obstacle is None:
            return candidate.dynamics(problem)
        obstacles.append(f"  {candidate.name}: {obstacle}")
    head = "no reduction applies to this problem:" if reduction is None else "that reduction does not apply:"
    raise NotDerivableError(
        f"{head}\n"
        + "\n".join(obstacles)
        + "\nFollow every weight of one network, derive(problem, reductions.WholeNetwork(width)), or train networks: "
        "numerics.simulate(problem, width=..., seeds=..., training_time=...). In function space the architecture is "
        "its metric: theory.metric.mode_metric(problem, weights)."
    )
