"""A recurrent network with hidden units, trained by back-propagation through time at several strengths of forcing."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from numerics.benchmark.models.network import NetworkModel
from numerics.students.training import trained
from theory.checks import count, positive
from theory.errors import ProblemError
from theory.students import Autoregression

_HELD_OUT = 0.2  # of every trial, from its end, by which the forcing is chosen
_AHEAD = 20  # bins over which networks run freely for it


@dataclass(frozen=True)
class ForcedNetwork:
    """`z_{n+1} = A z_n + W tanh(U z_n + b)`, its first states the channels, by generalised teacher forcing.

    In training the channels' states are moved towards the data before every step, by a share `forcing` of the way (see
    `numerics.students.InterpolatedForcing`); gradients are those of back-propagation through a window, steps are
    Adam's. One network is trained for every forcing; the one is kept whose free runs of 20 bins err least on the last
    fifth of the recording, which none of them is trained on. It starts as the regression of one bin, with small W:
    what it finds besides, it finds because it predicts better.

    Args:
        forcings: from 0, running freely, to 1, teacher forcing.
        hidden: states besides the channels, which start from zero.
        units: rows of U.
        window: steps, in bins, of back-propagation; fewer where trials are short.
        steps: of Adam.
        rate: its learning rate.
        batch: windows in a step.

    Source: Hess, Monfared, Brenner & Durstewitz, ICML 2023 (arXiv 2306.04406).
    """

    name: ClassVar[str] = "rnn"
    sentence: ClassVar[str] = "recurrent network by back-propagation through time, best of several teacher forcings"

    forcings: tuple[float, ...] = (1.0, 0.3, 0.1)
    hidden: int = 4
    units: int = 16
    window: int = 16
    steps: int = 800
    rate: float = 3e-3
    batch: int = 32

    def fit(self, data, seed: int) -> NetworkModel:
        """As of `numerics.benchmark.method.Method`."""
        if not self.forcings or not all(0 <= forcing <= 1 for forcing in self.forcings):
            raise ProblemError(f"forcings = {self.forcings}, but they must be from 0 to 1, and at least one.")
        mean, spread = data.activity.mean(axis=(0, 1)), data.activity.std(axis=(0, 1))
        x = (data.activity - mean) / spread
        until = x.shape[1] - int(_HELD_OUT * x.shape[1])
        starts = [self._start(data, spread, seed) | {"forcing": np.array(forcing)} for forcing in self.forcings]
        (found,) = trained(
            forced_loss,
            {name: jnp.stack([start[name] for start in starts]) for name in starts[0]},
            x[:, :until],
            min(count(self.window, "window"), until - 1),
            times=[count(self.steps, "steps")],
            batch=count(self.batch, "batch"),
            rate=positive(self.rate, "rate"),
            seeds=[seed] * len(self.forcings),
            progress=False,
        )
        models = [
            NetworkModel.fitted({name: found[name][k] for name in ("A", "W", "U", "b")}, data, mean, spread)
            for k in range(len(self.forcings))
        ]
        return min(models, key=lambda model: model.error(data.activity[:, until:], _AHEAD))

    def _start(self, data, spread, seed: int) -> dict:
        channels = data.neurons
        states, units = channels + count(self.hidden, "hidden", least=0), count(self.units, "units")
        random = np.random.default_rng([seed, 23])
        A = 0.5 * np.eye(states)
        seen = Autoregression(ridge=1e-6 * float(np.mean(spread**2))).fit(data).propagator
        A[:channels, :channels] = seen * spread / spread[:, None]
        return {
            "A": A,
            "W": 0.01 * random.normal(size=(states, units)),
            "U": random.normal(size=(units, states)) / np.sqrt(states),
            "b": np.zeros(units),
        }


def forced_loss(weights: dict, windows):
    """Mean squared error of prediction over windows, (batch, window + 1, channel), that start at the data.

    Args:
        weights: A, W, U, b and the forcing, which is not trained.
        windows: standardised activity.
    """
    A, W, U = weights["A"].T, weights["W"].T, weights["U"].T
    forcing, channels = jax.lax.stop_gradient(weights["forcing"]), windows.shape[2]

    def step(z, pair):
        given, target = pair
        z = z.at[:, :channels].set(forcing * given + (1 - forcing) * z[:, :channels])
        z = z @ A + jnp.tanh(z @ U + weights["b"]) @ W
        return z, jnp.mean((z[:, :channels] - target) ** 2)

    samples = jnp.swapaxes(windows, 0, 1)
    start = jnp.zeros((windows.shape[0], A.shape[0])).at[:, :channels].set(samples[0])
    return jnp.mean(jax.lax.scan(step, start, (samples[:-1], samples[1:]))[1])
