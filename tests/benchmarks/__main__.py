"""The speed table: `make bench`. Every line is a ratio measured within this one run.

A line says what was done, what it took, the operations it counts, and how far it is from this
machine's own measured rate for operations of that kind.
"""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from numerics.claims.integrator_outlier import integrator_problem
from numerics.cost import gradient_operations, matrix_vector_rate
from numerics.evaluators import Gramians, Moments, TimeGrid
from numerics.simulation import _stack
from numerics.training import advance, training_keys
from tests.benchmarks import fixed_points, kernels, recorded, sampled
from theory.derivation import derive
from theory.flow import flow

WIDTH, NARROW, SEEDS, TRAINING_TIME, STEP = 256, 64, 32, 40.0, 0.04


def seconds(function: Callable, repeats: int = 3) -> float:
    """Median wall time of a call, after one that compiles."""
    jax.block_until_ready(function())
    taken = []
    for _ in range(repeats):
        begin = time.perf_counter()
        jax.block_until_ready(function())
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken))


def matrix_product_rate(size: int = 1024, dtype: str = "float64") -> float:
    """Measured operations per second of a matrix product."""
    matrix = jnp.ones((size, size), dtype)
    product = jax.jit(lambda m: m @ m)
    return 2 * size**3 / seconds(lambda: product(matrix))


def training(problem, width: int, seeds: int, steps: int, evaluator=None) -> Callable:
    """A call that trains a batch of networks for a number of steps."""
    weights = _stack([problem.draw(width, seed) for seed in range(seeds)])
    evaluator = Moments(problem.teacher) if evaluator is None else evaluator
    arguments = (problem.architecture, problem.learning_rule, problem.teacher.time, evaluator)
    random = training_keys(range(seeds)), jnp.asarray(0)
    return lambda: advance(*arguments, (weights, ()), jnp.asarray(STEP), jnp.asarray(steps), *random)


def rows() -> list[tuple[str, ...]]:
    """Measure everything."""
    problem = integrator_problem(rate=0.2, scale=1e-2)
    dynamics = derive(problem)
    table = []

    field = dynamics.reduction.vector_field(problem)
    start = dynamics.reduction.start(problem, WIDTH, 0)
    times = jnp.linspace(0.0, TRAINING_TIME, 81)
    integration = seconds(lambda: flow(field, start, times), 20)
    solving = seconds(lambda: dynamics.solve(TRAINING_TIME, WIDTH, 0).loss.values, 20)

    steps, few = round(TRAINING_TIME / STEP), 10
    one = seconds(training(problem, WIDTH, 1, few)) * steps / few
    operations = steps * 4 * gradient_operations(problem, WIDTH)
    rate = matrix_vector_rate(WIDTH, 1)
    table.append(("reduced theory, equations alone", f"{1e3 * integration:.2f} ms", "", ""))
    table.append(("reduced theory, learning curve with all observables", f"{1e3 * solving:.1f} ms", "", ""))
    table.append(
        (
            f"training one network of width {WIDTH} over the same time",
            f"{one:.1f} s",
            f"{operations / 1e9:.0f} Gflop at {operations / one / rate:.2f} of the machine's matrix-vector rate",
            f"theory {one / integration:,.0f} times faster; with observables {one / solving:,.0f} times",
        )
    )
    for width in (NARROW, WIDTH):
        single = seconds(training(problem, width, 1, few)) / few
        batch = seconds(training(problem, width, SEEDS, few)) / few
        rate = matrix_vector_rate(width, SEEDS)
        operations = SEEDS * 4 * gradient_operations(problem, width)
        table.append(
            (
                f"step of {SEEDS} seeds at once, width {width}",
                f"{1e3 * batch:.1f} ms",
                f"{operations / 1e9:.2f} Gflop at {operations / batch / rate:.2f} of the machine's "
                "batched matrix-vector rate",
                f"{batch / single:.1f} times one seed (limit {SEEDS}/1.4 = {SEEDS / 1.4:.1f})",
            )
        )
    moments = seconds(training(problem, NARROW, 1, few)) / few
    gemm = matrix_product_rate()
    for name, evaluator, count in (
        ("Gramians", Gramians(problem.objective, problem.teacher), 1),
        ("time grid", TimeGrid(problem.teacher, 60.0, 0.1), 2),
    ):
        other = seconds(training(problem, NARROW, 1, count, evaluator)) / count
        table.append(
            (
                f"step of one seed by {name}, width {NARROW}",
                f"{1e3 * other:.0f} ms",
                f"matrix product here: {gemm / 1e9:.0f} Gflop/s" if name == "Gramians" else "",
                f"moments are {other / moments:.1f} times faster",
            )
        )
    table += sampled.rows(seconds, matrix_product_rate) + recorded.rows(seconds) + kernels.rows()
    return table + fixed_points.rows(seconds)


def main() -> None:
    """Print the table."""
    table = Table(title="Speed, measured in this run", title_justify="left", show_lines=True)
    for heading in ("what", "time", "against the machine", "ratio"):
        table.add_column(heading)
    for row in rows():
        table.add_row(*row)
    console = Console()
    (console if console.is_terminal else Console(width=160)).print(table)


if __name__ == "__main__":
    main()
