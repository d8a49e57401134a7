"""What sampling costs: the loss below which training on finite, noisy data cannot get."""

import jax.numpy as jnp
import numpy as np

from theory.checks import count, positive, real_array
from theory.errors import ProblemError
from theory.learning_dynamics import LearningDynamics, central_differences
from theory.reductions import Confinement

# eigenvalues below this part of the largest belong to directions that change the weights but not the system
_FLAT = 1e-4
# of the initial loss: what is left of it curves those directions too, by less than that part
_LEARNED = 1e-6


def solution_curvatures(dynamics: LearningDynamics, training_time: float, width: int = 256, seed: int = 0):
    """The curvatures of the loss at the solution that a network learns: its Hessian's non-zero eigenvalues.

        H = - d field / d state,   at the end of the path of `problem.draw(width, seed)`

    In the confined coordinates, which are the weights in an orthonormal basis of S, minus the Jacobian of the
    vector field is the Hessian there. The full network's has the same non-zero eigenvalues: at a solution the loss
    is `1/2 |g - g*|^2`, H has no other directions than the gradients of outputs, and these lie in S as all
    gradients do.

    Assumptions: the teacher can be realised (width p + q suffices) and is learned by the end.

    Args:
        dynamics: from `derive(problem)`, reduced by `Confinement`.
        training_time: long enough to learn: the loss must have fallen to 1e-6 of its start.
        width, seed: which network.

    Returns:
        The eigenvalues (rank,), largest first; those below 1e-4 of the largest count as zero. One mode learned from
        small weights has two, of its pole and its residue; a third belongs to the other dimension of S, which such
        a network hardly reaches and trains for ever.

    Raises:
        ProblemError: another reduction, or a teacher that is not learned by the end.

    >>> from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.4), architectures.FullRank(),
    ...     initialisations.Gaussian(1.0, 1.0), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> solution_curvatures(derive(problem), training_time=400.0, width=16, seed=1)
    array([9.9518..., 1.4234..., 0.0068...])
    """
    if not isinstance(dynamics.reduction, Confinement):
        raise ProblemError(
            f"curvatures are read off the weights, and {dynamics.reduction.name} has other coordinates: use "
            "derive(problem, reduction=Confinement())."
        )
    path = dynamics.solve(training_time, width, seed, records=2)
    left = float(path.loss[-1] / path.loss[0])
    if left > _LEARNED:
        raise ProblemError(
            f"at training_time = {training_time:g} the loss is still {left:.2g} of its start, more than {_LEARNED:g}: "
            "the teacher is not learned there. Train for longer."
        )
    field = dynamics.reduction.vector_field(dynamics.problem)
    end = jnp.asarray(path["state"].values[-1:])
    hessian = -np.asarray(central_differences(*field, end)[0])
    eigenvalues = np.linalg.eigvalsh((hessian + hessian.T) / 2)[::-1]
    return eigenvalues[eigenvalues > _FLAT * eigenvalues[0]]


def noise_floor(curvatures, output_noise: float, step_size: float, batch: int, steps: int) -> float:
    """The stationary excess loss of stochastic gradient descent near a solution, on noisy outputs.

    At a solution the residual is the noise n alone, of standard deviation sigma at every output and step, and the
    gradient of a minibatch of b trajectories with T scored steps is `-(1/bT) sum J^T n`, J the gradient of an output
    in the weights. Its covariance is `sigma^2/(b T) E J^T J = sigma^2/(b T) H`. So in each eigendirection of H

        delta <- (1 - eta lambda) delta + eta xi,   var xi = sigma^2 lambda/(b T)
        var delta = eta sigma^2/(b T) / (2 - eta lambda)

        E L = 1/2 sum lambda var delta = eta sigma^2/(2 b T) sum_i lambda_i/(2 - eta lambda_i)

    Flat directions of H are not shaken.

    Assumptions: noise that is white and independent of the input, and so small that the loss is quadratic within
    its reach; the teacher can be realised; new trajectories at every step, and enough of them that the minibatch's own
    curvature is near H (the relative error is of the order of eta lambda / (2 - eta lambda) times the memory in
    steps over b T); stationarity, after several 1/(eta lambda). Exact in discrete time; in continuous time T counts
    bins, and the error is of the order of a bin.

    Args:
        curvatures: lambda, from `solution_curvatures`.
        output_noise: sigma, per output and step.
        step_size: eta, of plain gradient descent.
        batch: b, trajectories in a minibatch.
        steps: T, scored steps of each.

    Raises:
        ProblemError: a step size at or above 2 over the largest curvature.

    >>> noise_floor([2.0, 1.0], output_noise=0.1, step_size=0.5, batch=8, steps=50)
    1.66...e-05

    Source: derived here; the form is that of S. Mandt, M. D. Hoffman & D. M. Blei, Stochastic gradient descent as
    approximate Bayesian inference, JMLR 18 (2017), with finite steps.
    """
    curvatures = real_array(curvatures, "curvatures", 1)
    variance = positive(output_noise, "output_noise", allow_zero=True) ** 2
    samples = count(batch, "batch") * count(steps, "steps")
    step_size = positive(step_size, "step_size")
    if step_size * float(curvatures.max()) >= 2:
        raise ProblemError(
            f"step_size = {step_size:g} is not below {2 / float(curvatures.max()):.4g}, 2 over the largest curvature: "
            "nothing is stationary there."
        )
    modes = curvatures / (2 - step_size * curvatures)
    return float(step_size * variance / (2 * samples) * modes.sum())


def finite_data_floor(curvatures, output_noise: float, trajectories: int, steps: int) -> float:
    """The expected excess loss at the minimum over a finite, noisy data set.

    Over M trajectories the gradient at the solution is one draw xi of covariance `sigma^2/(M T) H` (see
    `noise_floor`), and the minimum is displaced by `-H^-1 xi`:

        E L = 1/2 tr H H^-1 [sigma^2/(M T) H] H^-1 = d sigma^2/(2 M T)

    with d the number of curvatures, whatever their values: the number of directions that are fitted.

    Assumptions: as for `noise_floor`, with M T much more than the memory in steps; trained to the minimum, for several
    1/(smallest curvature), on all trajectories at every step.

    Args:
        curvatures: from `solution_curvatures`; after a finite training time s, those of them above 1/s.
        output_noise: sigma, per output and step.
        trajectories: M.
        steps: T, scored steps of each.

    >>> finite_data_floor([2.0, 1.0], output_noise=0.1, trajectories=100, steps=50)
    2e-06

    Source: derived here; the classical d/(2 n) of maximum likelihood.
    """
    rank = real_array(curvatures, "curvatures", 1).size
    variance = positive(output_noise, "output_noise", allow_zero=True) ** 2
    return rank * variance / (2 * count(trajectories, "trajectories") * count(steps, "steps"))


def crossover(path, floor: float) -> float:
    """The training time at which a population curve falls below a floor, and sampling begins to tell.

    Args:
        path: a trajectory, from `LearningDynamics.solve`; the loss is interpolated exponentially between records.
        floor: the loss of `noise_floor` or `finite_data_floor`.

    Raises:
        ProblemError: a curve that starts below the floor, or does not reach it.

    >>> from theory import Problem, architectures, derive, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.4), architectures.FullRank(),
    ...     initialisations.Gaussian(0.5, 0.5), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> 0 < crossover(derive(problem).solve(40.0, width=8), floor=1e-3) < 40
    True
    """
    floor = positive(floor, "floor")
    loss, times = np.asarray(path.loss), np.asarray(path.training_time)
    if loss[0] <= floor or loss.min() > floor:
        raise ProblemError(
            f"the curve goes from {loss[0]:.3g} to {loss.min():.3g} and does not cross {floor:.3g}: ask for another "
            "training_time, or another floor."
        )
    after = int(np.argmax(loss <= floor))
    part = np.log(loss[after - 1] / floor) / np.log(loss[after - 1] / max(loss[after], 1e-300))
    return float(times[after - 1] + part * (times[after] - times[after - 1]))
