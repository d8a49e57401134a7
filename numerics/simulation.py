"""Simulation: real networks, trained in their full weights, observed as theory observes them."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.checkpoint import Checkpoint, fingerprint
from numerics.evaluators import Sampled, default_evaluator
from numerics.progress import progress_bar
from numerics.provenance import source_digest
from numerics.stability import steps_for
from numerics.training import advance, begun, training_keys
from theory.checks import count, instance, positive
from theory.configuration import configuration
from theory.errors import ProblemError, UnstableSystemError
from theory.linear_system import LinearSystem
from theory.moments import Moments
from theory.objectives import WhiteNoise
from theory.observation import Observer, as_data
from theory.problem import Problem
from theory.trajectory import problem_poles, trajectory


class DivergenceWarning(UserWarning):
    """Some networks left the finite numbers; what they did before is kept, the rest is marked."""


class TruncationWarning(UserWarning):
    """Moments left out weigh more than the stated tolerance; losses are not exact."""


def simulate(
    problem: Problem,
    width: int,
    seeds: int | Sequence[int] = 8,
    training_time: float = 40.0,
    *,
    records: int = 81,
    step_size: float | None = None,
    evaluator=None,
    precision: str = "float64",
    weights: bool = False,
    progress: bool = True,
    checkpoint: Path | None = None,
):
    """Train networks of one width, all seeds in one vectorised computation, and observe them.

    Every network moves in its full weights by the problem's learning rule, on the exact population gradient or
    (evaluator=Sampled(...)) on that of random minibatches; what is observed is always exact. The network of
    seed i starts from `problem.draw(width, i)`, so that theory can predict each.

    Args:
        problem: what is learned.
        width: number N of hidden units.
        seeds: how many networks, or which seeds.
        training_time: step size times steps.
        records: number of equally spaced observations, the start included.
        step_size: for gradient flow, the Runge-Kutta step; None takes 1.5 over the predicted largest curvature.
        evaluator: how loss and gradient are computed (see `numerics.evaluators`); None takes the fastest
            exact one, `Sampled` trains on trajectories by back-propagation through time.
        precision: "float64" or "float32", of the weights in training.
        weights: also return the weights themselves at every record (large).
        progress: show a progress bar on a terminal.
        checkpoint: a file that keeps the training, between records too, at most every two seconds. The same call
            goes on from it, to the same numbers bit for bit; who has stored the result deletes it.

    Returns:
        An `xarray.Dataset` over (`seed`, `training_time`): see `theory.trajectory`, and `diverged`.

    Raises:
        ProblemError: sizes or step sizes that make no sense; a step size above the stability limit; an evaluator
            of another teacher or objective.
        ResultMismatchError: the checkpoint is damaged, or of a call with other arguments or other code.

    Warns:
        DivergenceWarning: networks left the finite numbers; their later records are nan and marked
            in `diverged`.
        TruncationWarning: the moments left out weigh more than 1e-6.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.4), architectures.FullRank(),
    ...     initialisations.Gaussian(0.1, 0.1), objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> networks = simulate(problem, width=8, seeds=2, training_time=10.0, records=11)
    >>> bool((networks.loss[:, -1] < 1e-6).all())
    True
    """
    instance(problem, Problem, "problem")
    width = count(width, "width")
    if isinstance(seeds, list | tuple | range | np.ndarray):
        seeds = [count(seed, "seed", least=0) for seed in seeds]
        if len(seeds) == 0 or len(set(seeds)) < len(seeds):
            raise ProblemError(f"seeds must be different and at least one; got {seeds}.")
    else:
        seeds = range(count(seeds, "seeds"))
    if evaluator is not None and (
        isinstance(evaluator, type) or not callable(getattr(evaluator, "value_and_gradient", None))
    ):
        raise ProblemError(
            f"evaluator must be one of numerics.evaluators, such as Moments(teacher); got {evaluator!r}."
        )
    if evaluator is not None:
        _require_same_task(problem, evaluator)
        _require_same_credit(problem, evaluator)
    training_time = positive(training_time, "training_time")
    records = count(records, "records", least=2)
    if step_size is not None:
        step_size = positive(step_size, "step_size")
    if precision not in ("float64", "float32"):
        raise ProblemError(f"precision must be 'float64' or 'float32'; got {precision!r}.")
    step_size, steps = steps_for(problem, training_time, width, records, step_size)

    evaluator = default_evaluator(problem, width) if evaluator is None else evaluator
    if checkpoint is not None:
        settings = {
            "problem": configuration(problem),
            "width": width,
            "seeds": list(seeds),
            "training_time": training_time,
            "records": records,
            "step_size": step_size,
            "evaluator": fingerprint(evaluator),
            "precision": precision,
            "weights": weights,
            "source_digest": source_digest("numerics.simulation"),
        }
        checkpoint = Checkpoint(checkpoint, settings)
    evaluator = _cast(evaluator, precision)
    draws = _cast(_stack([problem.draw(width, seed) for seed in seeds]), precision)
    current = begun(problem.learning_rule, draws)
    step = jnp.asarray(step_size, dtype=precision)
    # trained on samples or not, networks are observed exactly; by the same moments where there are any
    observed_by = {Moments: evaluator, Sampled: None}.get(type(evaluator), False)
    observer, keys, history, taken = Observer(problem, observed_by, width), training_keys(seeds), [], 0
    if checkpoint is not None and (found := checkpoint.load((current, taken))) is not None:
        (current, taken), history = found
    one_input_one_output = problem.teacher.inputs == problem.teacher.outputs == 1
    description = f"training {len(seeds)} networks of width {width}"
    with progress_bar(steps.size - 1, description, progress) as bar:
        bar.advance(max(len(history) - 1, 0))
        for record in range(len(history), steps.size):
            if record:
                if not np.isfinite(history[-1]["loss"]).any():
                    break
                for first, number in _stretches(checkpoint, int(taken), int(steps[record])):
                    current = advance(
                        problem.architecture,
                        problem.learning_rule,
                        problem.teacher.time,
                        evaluator,
                        current,
                        step,
                        jnp.asarray(number),
                        keys,
                        jnp.asarray(first),
                    )
                    taken = first + number
                    if checkpoint is not None and taken < steps[record]:
                        checkpoint.offer((jax.block_until_ready(current), taken), history)
                bar.advance()
            observed, matrices = _observe(as_data(problem), observer, _cast(current[0], "float64"))
            history.append({name: np.asarray(values) for name, values in observed.items()})
            if record == 0:
                _require_stable_draws(problem, history[0], matrices, seeds)
            if one_input_one_output:
                history[-1] |= _poles(problem, matrices, np.isfinite(history[-1]["loss"]))
            if weights:
                history[-1] |= {f"weights_{name}": np.asarray(values) for name, values in current[0].items()}
            if checkpoint is not None:
                checkpoint.offer((current, taken), history)

    history = {name: np.stack([h[name] for h in history], axis=1) for name in history[0]}
    recorded = history["loss"].shape[1]
    pair = (history["pole"], history["residue"]) if one_input_one_output else ()
    times = step_size * steps[:recorded]
    networks = trajectory(problem, observer, times, history, pair, seeds)
    networks["diverged"] = (("seed", "training_time"), ~np.isfinite(history["loss"]))
    for name in draws if weights else ():
        values = history[f"weights_{name}"]
        axes = tuple(f"{name}_{i}" for i in range(values.ndim - 2))
        networks[f"weights_{name}"] = (("seed", "training_time", *axes), values)
    networks.attrs |= {
        "source": "networks",
        "width": width,
        "step_size": step_size,
        "steps": int(steps[recorded - 1]),
        "precision": precision,
    }
    _warn(networks)
    return networks


def _stretches(checkpoint: Checkpoint | None, first: int, last: int):
    return [(first, last - first)] if checkpoint is None else checkpoint.stretches(first, last)


def _require_same_task(problem: Problem, evaluator) -> None:
    """Networks must be trained on what they are observed and predicted on."""
    if not eqx.tree_equal(getattr(evaluator, "teacher", problem.teacher), problem.teacher):
        raise ProblemError(
            f"{type(evaluator).__name__} has another teacher than the problem: networks would learn one thing and be "
            "compared with another. Make it with problem.teacher."
        )
    if isinstance(evaluator, Moments | Sampled) and not isinstance(problem.objective, WhiteNoise):
        raise ProblemError(
            f"{type(evaluator).__name__} trains on the white-noise loss, but the problem's objective is "
            f"{problem.objective}. Gramians(problem.objective, problem.teacher) trains on that."
        )


def _require_same_credit(problem: Problem, evaluator) -> None:
    """A rule that takes something else for the gradient must be given it."""
    rule = problem.learning_rule
    if not (rule.exact_gradient or eqx.tree_equal(getattr(evaluator, "rule", None), rule)):
        raise ProblemError(
            f"{type(evaluator).__name__} gives the gradient of the loss, which {rule} does not take: leave the "
            "evaluator out, or use Gramians(problem.objective, problem.teacher, problem.learning_rule)."
        )


def _stack(draws: list[dict]) -> dict:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *draws)


def _cast(tree, precision: str):
    def cast(leaf):
        floating = eqx.is_array(leaf) and jnp.issubdtype(leaf.dtype, jnp.floating)
        return leaf.astype(precision) if floating else leaf

    return jax.tree.map(cast, tree)


@eqx.filter_jit
def _observe(problem: Problem, observer: Observer, weights: dict):
    def observe(own):
        matrices = problem.architecture.matrices(own, problem.teacher.time)
        return observer(problem, *matrices), matrices

    if observer.moments is None:
        # one network at a time: many factorisations side by side can lock up XLA's threads on a CPU
        return jax.lax.map(observe, weights)
    return jax.vmap(observe)(weights)


def _poles(problem: Problem, matrices: tuple, alive: np.ndarray) -> dict:
    number = problem.teacher.states
    poles, residues = (np.full((alive.size, number), np.nan, dtype=complex) for _ in range(2))
    living = tuple(np.asarray(matrix)[alive] for matrix in matrices)
    poles[alive], residues[alive] = problem_poles(problem, living)
    return {"pole": poles, "residue": residues}


def _require_stable_draws(problem: Problem, observed: dict, matrices: tuple, seeds) -> None:
    """Refuse draws whose loss is infinite before anything is trained on a truncation of it."""
    if not problem.objective.needs_stability:
        return
    doubtful = ~np.isfinite(observed["loss"]) | (observed["remainder"] > 1e-6)
    for index in np.flatnonzero(doubtful):
        system = LinearSystem(*(m[index] for m in matrices), time=problem.teacher.time)
        if not system.is_stable():
            worst = -system.margin()
            raise UnstableSystemError(
                f"the draw of seed {seeds[index]} is unstable (it exceeds the stability boundary by {worst:.3g}), "
                "so its loss over an infinite horizon is infinite. Use a recurrent_gain below 1, or a loss over "
                "a finite window (objectives.FiniteWindow(duration))."
            )


def _warn(networks) -> None:
    lost = np.asarray(networks["diverged"].any("training_time"))
    if lost.any():
        first = float(networks.training_time[int(np.argmax(networks["diverged"].any("seed").values))])
        warnings.warn(
            f"{int(lost.sum())} of {lost.size} networks diverged, the first before training time {first:g}; "
            "their later records are nan and marked in `diverged`. Use a smaller step size.",
            DivergenceWarning,
            stacklevel=3,
        )
    worst = float(networks["remainder"].where(~networks["diverged"].any("training_time")).max())
    if worst > 1e-6:
        warnings.warn(
            f"the moments left out weigh {worst:.2g} of the largest: a network's poles left the disc in which "
            "they converge. Use evaluator=Moments(teacher, centre=...) with a larger centre, or "
            "evaluator=Gramians(objective, teacher).",
            TruncationWarning,
            stacklevel=3,
        )
