"""The speed of sampled training: against exact gradients and matrix products; and its memory."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from numerics.claims.integrator_outlier import integrator_problem
from numerics.evaluators import Moments, Sampled
from numerics.simulation import _cast, _stack
from numerics.training import advance, training_keys
from theory.derivation import derive

EXACT_WIDTH, WIDTH, BATCH, ACCURACY = 256, 1024, 64, 0.01
PROBLEM = integrator_problem(rate=0.2, scale=0.1)


def training(width: int, evaluator, precision: str):
    """The arguments of `advance` for one network and one step."""
    parts = (PROBLEM.architecture, PROBLEM.learning_rule, PROBLEM.teacher.time, _cast(evaluator, precision))
    weights = _cast(_stack([PROBLEM.draw(width, 0)]), precision)
    step = jnp.asarray(1e-3, precision)
    return *parts, (weights, ()), step, jnp.asarray(1), training_keys([0]), jnp.asarray(0)


def relative_errors(sampled: Sampled, width: int) -> tuple[float, float]:
    """Scatter and bias of a minibatch's gradient, relative to the exact one, where half of the loss is left.

    In the confined network of width two, which has the same gradients, sampled ones included. More trajectories
    lessen the scatter; the bias is that of the time bin.
    """
    dynamics = derive(PROBLEM)
    path = dynamics.solve(40.0, width, seed=0, records=401)
    half = int(np.argmax(path.loss.values < 0.5 * path.loss.values[0]))
    system = dynamics.reduction.matrices(PROBLEM, jnp.asarray(path["state"].values[half]))
    exact = ravel_pytree(Moments(PROBLEM.teacher).value_and_gradient(*system)[1])[0]
    slope = jax.jit(lambda key: ravel_pytree(sampled.value_and_gradient(*system, None, key)[1])[0])
    slopes = np.stack([slope(key) for key in jax.random.split(jax.random.key(1), 32)])
    size = np.linalg.norm(exact)
    scatter = np.sqrt(slopes.var(axis=0, ddof=1).sum())
    return float(scatter / size), float(np.linalg.norm(slopes.mean(axis=0) - exact) / size)


def rows(seconds, matrix_product_rate) -> list[tuple[str, ...]]:
    """Measure everything, with the functions that measure the other lines."""
    sampled = Sampled(PROBLEM.teacher, BATCH, duration=50.0)
    # both in the precision and with the rule of their own users: per gradient, four of them a step
    exact = training(EXACT_WIDTH, Moments(PROBLEM.teacher), "float64")
    rival = training(EXACT_WIDTH, sampled, "float32")
    for_exact, for_rival = (seconds(lambda a=a: advance(*a)) / 4 for a in (exact, rival))
    error, bias = relative_errors(sampled, EXACT_WIDTH)
    minibatches = (error / ACCURACY) ** 2
    table = [
        (
            f"gradient of one network of width {EXACT_WIDTH}, exact (float64)",
            f"{1e3 * for_exact:.2f} ms",
            "",
            "",
        ),
        (
            f"... from {BATCH} trajectories (float32), relative error {error:.2g}",
            f"{1e3 * for_rival:.0f} ms",
            f"{minibatches * BATCH:,.0f} trajectories for an error of {ACCURACY:.0%}, beside a bias of {bias:.2g}",
            f"exact is {for_rival / for_exact:.0f} times faster a gradient, "
            f"{minibatches * for_rival / for_exact:,.0f} times at {ACCURACY:.0%} (bar: 10)",
        ),
    ]

    short = Sampled(PROBLEM.teacher, BATCH, duration=10.0, warmup=0.0)
    arguments = training(WIDTH, short, "float32")
    before = matrix_product_rate(dtype="float32")
    taken = seconds(lambda: advance(*arguments)) / 4
    rate = (before + matrix_product_rate(dtype="float32")) / 2
    operations = 6.0 * WIDTH**2 * BATCH * short.scored
    table.append(
        (
            f"sampled gradient (float32), width {WIDTH}, {BATCH} trajectories of {short.scored} steps",
            f"{1e3 * taken:.0f} ms",
            f"{operations / 1e9:.0f} Gflop at {operations / taken / rate:.2f} of the machine's float32 "
            f"matrix-product rate, {rate / 1e9:.0f} Gflop/s (bar: 0.5)",
            "",
        )
    )
    memory = advance.lower(*arguments).compile().compiled.memory_analysis().temp_size_in_bytes
    stated = short.memory(WIDTH, "float32")
    table.append(
        (
            "its peak memory, for any number of training steps (an argument of the compiled program)",
            f"{memory / 2**20:.0f} MiB",
            f"2 x time x batch x width numbers: {stated / 2**20:.0f} MiB",
            f"{memory / stated:.2f} of what is stated",
        )
    )
    return table
