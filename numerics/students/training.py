"""Training on windows of a recording, by Adam: several networks side by side in one compiled loop."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from numerics.progress import progress_bar
from theory.errors import DivergedError, ProblemError
from theory.learning_rules import Adam

_ADAM = Adam(step_size=1.0)  # of its running means; the step size is that of each step


def trained(
    loss: Callable,
    weights: dict,
    activity: np.ndarray,
    window: int,
    *,
    times: list[int],
    batch: int,
    rate: float,
    seeds: list[int],
    progress: bool = True,
) -> list[dict]:
    """The weights at given numbers of steps; every step takes a fresh batch of windows at random places.

    Args:
        loss: of (weights, windows), windows being (batch, window + 1, neuron); hashable, for it is compiled in.
        weights: at the start, by name, (seed, ...).
        activity: (trial, time, neuron).
        window: steps of prediction in a window, which has one sample more.
        times: numbers of steps, ascending, at which weights are returned.
        batch: windows in a step.
        rate: of Adam; it falls to zero along a quarter of a cosine, so that training comes to rest.
        seeds: of the windows of each network.
        progress: show a bar.

    Raises:
        ProblemError: trials shorter than the window.
        DivergedError: weights that are not finite.
    """
    if activity.shape[1] < window + 1:
        raise ProblemError(
            f"a window of {window} steps needs trials of {window + 1} samples; they have {activity.shape[1]}. "
            "Take a shorter window."
        )
    keys = jnp.stack([jax.random.fold_in(jax.random.key(seed), 1) for seed in seeds])
    activity, state, at, found = jnp.asarray(activity), jax.vmap(_ADAM.start)(weights), 0, []
    with progress_bar(times[-1], "training", progress) as bar:
        for time in times:
            weights, state = _advance(
                loss, window, batch, weights, state, activity, keys, rate, at, time - at, times[-1]
            )
            if not all(bool(jnp.isfinite(group).all()) for group in jax.tree.leaves(weights)):
                raise DivergedError(f"training diverged within {time} steps at learning rate {rate:g}: lower it.")
            bar.advance(time - at)
            at = time
            found.append(jax.tree.map(np.asarray, weights))
    return found


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _advance(loss, window, batch, weights, state, activity, keys, rate, first, steps, total):
    trials, samples, _ = activity.shape

    def train(weights, state, key):
        def step(number, carried):
            weights, state = carried
            of_trial, of_time = jax.random.split(jax.random.fold_in(key, number))
            trial = jax.random.randint(of_trial, (batch, 1), 0, trials)
            begin = jax.random.randint(of_time, (batch, 1), 0, samples - window)
            windows = activity[trial, begin + jnp.arange(window + 1)]
            slowed = rate * jnp.cos(jnp.pi / 2 * number / total)
            return _ADAM.step(weights, state, lambda weights: jax.grad(loss)(weights, windows), slowed)

        return jax.lax.fori_loop(first, first + steps, step, (weights, state))

    return jax.vmap(train)(weights, state, keys)
