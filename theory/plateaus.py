"""Plateaus of a dense network: the fixed points of learning, found systematically, and how fast each is left."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize
from jax.flatten_util import ravel_pytree

from theory.architectures import FullRank
from theory.checks import count, instance
from theory.errors import NotDerivableError
from theory.linear_system import LinearSystem
from theory.observation import Observer
from theory.problem import Problem
from theory.transverse import coupling

_ZERO = 1e-6  # rates below this are motions that change nothing: rotations, conserved quantities
_SOLVED, _SAME = 1e-9, 1e-5  # size of the gradient at a fixed point; difference of two impulse responses

_FASTEST = 1e3  # poles beyond are at infinity, where a mode fades away without ever standing still


class Plateau(NamedTuple):
    """A fixed point of learning: the solution, or a saddle where the loss stands still for a while."""

    loss: float
    network: dict
    """The balanced narrow network that sits there: "recurrent", "input", "readout"; all other units are silent."""
    poles: np.ndarray
    """Its poles."""
    growth_rates: np.ndarray
    """Growth rates of perturbations of the narrow network itself, fastest first; decay is negative."""
    transverse_growth_rate: float
    """Growth rate of a silent unit: one more pole than this plateau has."""
    hits: int
    """How many searches ended here."""

    @property
    def escape_rate(self) -> float:
        """The fastest way out; zero at a minimum."""
        inside = float(self.growth_rates[0]) if self.growth_rates.size else 0.0
        return max(inside, self.transverse_growth_rate, 0.0)


def plateaus(problem: Problem, poles: int | None = None, starts: int = 64, seed: int = 0) -> list[Plateau]:
    """The fixed points of gradient flow with up to so many poles, by decreasing loss, each with its escape rate.

    A fixed point of a narrow network, of k units, is one of every wider network whose other units are silent.
    For k = 0, 1, 2, ... searches start from random weights, descend for a while, and then solve

        dL/d(W, U, V) = 0,    U U^T + W W^T - V^T V - W^T W = 0

    by damped least squares. The second is conserved, small initial weights set it to zero, and the rates at which a
    plateau is left depend on it. Fixed points are told apart by impulse response. The set is complete only as far
    as the searches went: `hits` says how often each was met, and the rarest measure what may be missing.

    Args:
        problem: of a dense network under gradient flow.
        poles: most units of the narrow network; None: p + q, all that exact confinement can reach.
        starts: number of searches at each k.
        seed: of the searches.

    Raises:
        NotDerivableError: a rule that does not descend the loss, or not all weights alike.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5]), architectures.FullRank(),
    ...     initialisations.Gaussian(), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> [(round(plateau.loss, 6), round(plateau.escape_rate, 5)) for plateau in plateaus(problem, 1, starts=8)]
    [(0.522619, 0.34066), (0.104586, 0.23921)]

    Source: H2-optimal models of low order, e.g. Gugercin, Antoulas & Beattie, SIAM J. Matrix Anal. 30 (2008) 609;
    escape through silent units, `theory.transverse`.
    """
    instance(problem, Problem, "problem").require_descent("a plateau's escape rate")
    if not isinstance(problem.architecture, FullRank):
        raise NotDerivableError(
            f"this search is of dense networks, not of {problem.architecture}: theory.plateaus_met.plateaus_met finds "
            "those that small networks of any architecture come by."
        )
    p, q = problem.teacher.inputs, problem.teacher.outputs
    most = p + q if poles is None else count(poles, "poles", least=0)
    random = np.random.default_rng(count(seed, "seed", least=0))
    own = float(getattr(problem.initialisation, "recurrent_identity", 0.0))
    observer = Observer(problem, moments=False)
    found = [_describe(problem, observer, own, _network(np.zeros(0), 0, p, q), 1)]
    responses = [np.zeros((len(observer.lags), q, p))]
    for k in range(1, most + 1):
        loss, slope, residual, response = _functions(problem, observer, k)
        known, hits = len(found), []
        candidates = []
        for _ in range(count(starts, "starts")):
            start = random.uniform(0.1, 1.0) * random.normal(size=k * (k + p + q))
            start[k * (p + q) :] += own * np.eye(k).ravel()
            steps = int(
                random.choice([0, 10, 300])
            )  # saddles are met by searches that descend only for a while
            if steps:
                start = scipy.optimize.minimize(loss, start, jac=slope, options={"maxiter": steps}).x
            end = scipy.optimize.least_squares(
                residual, start, xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=100
            )
            network = _network(end.x, k, p, q)
            A = np.asarray(FullRank().matrices(network, problem.teacher.time)[0])
            values = np.linalg.eigvals(A)
            stable = (problem.teacher.time.margin(values) > 0).all()
            # not a fixed point; a zero of the formulas where the loss is infinite; a search that ran to infinity
            if np.abs(end.fun).max() > _SOLVED or not stable or np.abs(values).max() > _FASTEST:
                continue
            seen = np.asarray(response(end.x))
            same = [i for i, other in enumerate(responses) if np.abs(other - seen).max() < _SAME]
            if not same:
                responses.append(seen)
                candidates.append(network)
                hits.append(1)
            elif same[0] >= known:
                hits[same[0] - known] += 1
        found += [
            _describe(problem, observer, own, network, h) for network, h in zip(candidates, hits, strict=True)
        ]
    return sorted(found, key=lambda plateau: -plateau.loss)


def _network(vector, k: int, p: int, q: int) -> dict:
    vector = jnp.asarray(vector)
    return {
        "input": vector[: k * p].reshape(k, p),
        "readout": vector[k * p : k * (p + q)].reshape(q, k),
        "recurrent": vector[k * (p + q) :].reshape(k, k),
    }


def _functions(problem: Problem, observer: Observer, k: int) -> tuple:
    """Loss, gradient, what must vanish at a balanced fixed point, and impulse response, of a flat vector."""
    p, q, time = problem.teacher.inputs, problem.teacher.outputs, problem.teacher.time

    def both(vector):
        matrices, pull_back = jax.vjp(lambda x: FullRank().matrices(_network(x, k, p, q), time), vector)
        value, slopes = problem.objective.value_and_gradient(
            LinearSystem(*matrices, time=time), problem.teacher
        )
        return value, pull_back(slopes)[0]

    def residual(vector):
        network = _network(vector, k, p, q)
        W, U, V = (network[name] for name in ("recurrent", "input", "readout"))
        balance = U @ U.T + W @ W.T - V.T @ V - W.T @ W
        return jnp.concatenate([both(vector)[1], balance[np.triu_indices(k)]])

    def guarded(function):
        compiled = jax.jit(function)
        # steps into the unstable region are turned back
        return lambda vector: np.nan_to_num(np.asarray(compiled(vector)), nan=1e6, posinf=1e6, neginf=-1e6)

    def response(vector):
        return observer(problem, *FullRank().matrices(_network(vector, k, p, q), time))["impulse_response"]

    return guarded(lambda x: both(x)[0]), guarded(lambda x: both(x)[1]), guarded(residual), jax.jit(response)


def _loss_of_silence(problem: Problem):
    teacher = problem.teacher
    A = teacher.time.state_matrix(jnp.zeros((1, 1)))
    silent = LinearSystem(A, jnp.zeros((1, teacher.inputs)), jnp.zeros((teacher.outputs, 1)), time=teacher.time)
    return problem.objective.loss(silent, teacher)


def _describe(problem: Problem, observer: Observer, own: float, network: dict, hits: int) -> Plateau:
    vector, restore = ravel_pytree(network)
    A = np.asarray(FullRank().matrices(network, problem.teacher.time)[0])

    def slope(x):
        matrices, pull_back = jax.vjp(lambda x: FullRank().matrices(restore(x), problem.teacher.time), x)
        return pull_back(observer.gradient(problem, *matrices))[0]

    rates = np.zeros(0)
    loss = problem.loss(network) if vector.size else _loss_of_silence(problem)
    if vector.size:
        rates = -np.linalg.eigvalsh(np.asarray(jax.jit(jax.jacfwd(slope))(vector)))
        rates = np.sort(np.where(np.abs(rates) < _ZERO, 0.0, rates))[::-1]
    outside = float(jnp.linalg.norm(jax.jit(lambda n: coupling(observer, problem, n, own))(network), ord=2))
    outside = outside if outside > _ZERO else 0.0
    return Plateau(
        float(loss), network, np.linalg.eigvals(A) if A.size else np.zeros(0), rates, outside, hits
    )
