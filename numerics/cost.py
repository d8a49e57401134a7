"""What a simulation costs: operations counted from the problem, seconds from the machine's own rate."""

import functools
import time

import jax
import jax.numpy as jnp

from numerics.evaluators import Moments, Sampled, default_evaluator
from theory.problem import Problem


def gradient_operations(problem: Problem, width: int, evaluator=None) -> float:
    """Floating-point operations of one gradient of one network of that width; the exact one by default.

    With K moments: K read-in and K readout products with an N x N matrix, and a product of N x K matrices
    (2 N^2 operations each, for each of K); by Gramians about 700 N^3; on samples three products with an N x N
    matrix for each step of each trajectory.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.2), architectures.FullRank(),
    ...     initialisations.Gaussian(), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> gradient_operations(problem, width=100)
    6300000.0
    """
    evaluator = default_evaluator(problem, width) if evaluator is None else evaluator
    if isinstance(evaluator, Sampled):
        return 6.0 * width**2 * evaluator.batch * (evaluator.unscored + evaluator.scored)
    if isinstance(evaluator, Moments):
        vectors = problem.teacher.inputs + 2 * problem.teacher.outputs
        return 2.0 * width**2 * evaluator.number * vectors
    return 700.0 * width**3


@functools.cache
def matrix_vector_rate(width: int, batch: int) -> float:
    """Measured operations per second of chained, batched matrix-vector products on this machine."""
    matrices = jnp.full((batch, width, width), 1.0 / width)
    vectors = jnp.ones((batch, width, 1))

    @jax.jit
    def chain(M, x):
        return jax.lax.fori_loop(0, 64, lambda _, x: jnp.einsum("bij,bjk->bik", M, x), x)

    chain(matrices, vectors).block_until_ready()
    best = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        chain(matrices, vectors).block_until_ready()
        best = min(best, time.perf_counter() - begin)
    return 64 * batch * 2.0 * width**2 / best
