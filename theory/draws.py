"""What a random draw of the initial weights does to learning: Gram matrices at width N, and bands over seeds."""

import math

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from theory.checks import count, instance, positive
from theory.errors import NotDerivableError
from theory.flow import flows
from theory.initialisations import Gaussian
from theory.learning_dynamics import LearningDynamics, observe_states
from theory.learning_rules import GradientFlow
from theory.observation import Observer, as_data
from theory.problem import Problem
from theory.reductions import Confinement
from theory.trajectory import trajectory


def _scales(problem: Problem) -> np.ndarray:
    start = instance(problem.initialisation, Gaussian, "initialisation")
    return np.repeat([start.input, start.readout], [problem.teacher.inputs, problem.teacher.outputs])


def gram_mean(problem: Problem) -> Float[np.ndarray, "vector vector"]:
    """The mean over draws of the Gram matrix of [U(0), V(0)^T], at any width; as N grows, every draw's.

    Independent Gaussian columns of variance `scale^2 / N` an entry have the mean diag(scale^2).
    """
    return np.diag(_scales(problem) ** 2)


def gram_spread(problem: Problem, width: int) -> Float[np.ndarray, "vector vector"]:
    """The standard deviation over draws of each entry of that Gram matrix.

        sd G_ij = scale_i scale_j sqrt((1 + delta_ij) / N)

    Args:
        width: N.
    """
    scales = _scales(problem)
    doubled = 1.0 + np.eye(scales.size)
    return np.outer(scales, scales) * np.sqrt(doubled / count(width, "width"))


def sample_grams(
    problem: Problem, width: int, draws: int, seed: int = 0
) -> Float[np.ndarray, "draw vector vector"]:
    """Gram matrices of random draws at width N, without drawing the vectors: their cost does not grow with N.

    A Wishart matrix by Bartlett's decomposition: `G = D T T^T D / N`, with D the scales and T lower
    triangular, `T_ii^2` chi-squared of N - i degrees of freedom, standard normal below the diagonal.

    Args:
        width: N, at least p + q.
        draws: how many.
        seed: of these draws; they are not those of `problem.draw`.

    Raises:
        ProblemError: a width below p + q, an initialisation that is not Gaussian.

    Source: M. S. Bartlett, Proc. R. Soc. Edinburgh 53 (1933) 260.
    """
    scales = _scales(problem)
    k = scales.size
    width = count(width, "width", least=k, because="A Gram matrix of p + q vectors needs as many dimensions.")
    random = np.random.default_rng(count(seed, "seed", least=0))
    draws = count(draws, "draws")
    T = np.tril(random.normal(size=(draws, k, k)), -1)
    T[:, np.arange(k), np.arange(k)] = np.sqrt(random.chisquare(width - np.arange(k), size=(draws, k)))
    T *= scales[:, None] / math.sqrt(width)
    return T @ np.swapaxes(T, 1, 2)


def band(
    dynamics: LearningDynamics,
    training_time: float,
    width: int,
    draws: int = 200,
    seed: int = 0,
    records: int = 81,
):
    """The predicted spread over random draws at width N: loss and responses of many networks at once.

    Every draw of the initial weights enters learning through its Gram matrix alone, so the band costs a
    small ODE a draw, whatever the width. For the limit of infinite width, where all draws are alike, solve
    from the mean: `dynamics.solve_from(dynamics.reduction.start_from_gram(problem, gram_mean(problem)), ...)`.

    Args:
        dynamics: `LearningDynamics` by exact confinement, under gradient flow.
        training_time: step size times steps.
        width: N.
        draws: how many.
        seed: of the draws.
        records: number of equally spaced times.

    Returns:
        An `xarray.Dataset` over (`draw`, `training_time`): see `theory.trajectory`.

    Raises:
        NotDerivableError: another reduction, or a rule with a step size of its own.

    >>> from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.4), architectures.FullRank(),
    ...     initialisations.Gaussian(0.1, 0.1), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> spread = band(derive(problem), training_time=6.0, width=32, draws=20, records=7).loss
    >>> spread.dims, bool(spread[:, -1].max() < spread[:, 0].min())
    (('draw', 'training_time'), True)
    """
    problem = dynamics.problem
    if (
        not isinstance(dynamics.reduction, Confinement)
        or not isinstance(problem.learning_rule, GradientFlow)
    ):
        raise NotDerivableError(
            "a band needs exact confinement under gradient flow: there a draw enters through its Gram matrix alone."
        )
    grams = sample_grams(problem, width, draws, seed)
    starts = jnp.stack([dynamics.reduction.start_from_gram(problem, gram) for gram in grams])
    records = count(records, "records", least=2)
    times = jnp.linspace(0.0, positive(training_time, "training_time"), records)
    states = flows(dynamics.reduction.vector_field(problem), starts, times)
    observer = Observer(problem, units=problem.teacher.inputs + problem.teacher.outputs)
    observed, matrices = observe_states(
        dynamics.reduction, as_data(problem), observer, states.reshape(-1, states.shape[-1])
    )
    shaped = {name: values.reshape(draws, records, *values.shape[1:]) for name, values in observed.items()}
    matrices = [np.asarray(matrix).reshape(draws, records, *matrix.shape[1:]) for matrix in matrices]
    paths = trajectory(problem, observer, times, shaped, matrices, range(draws)).rename(seed="draw")
    paths.attrs |= {"source": f"theory: {dynamics.reduction.name}", "width": width}
    return paths
