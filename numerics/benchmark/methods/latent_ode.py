"""A latent neural ordinary differential equation with an encoder of delays."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.students.training import trained
from theory.checks import count, positive

_FAR = 1e3  # standard deviations: what runs farther away has left everything that was recorded, and is kept there


@dataclass(frozen=True)
class LatentOde:
    """`dz/dt = F z + W tanh(U z + b)`, `x = C z`, with `z = E (x_n, ..., x_{n-h+1})` from the latest samples.

    E, F, W, U, b and C are trained together on the squared error of prediction over windows, by back-propagation
    through a Runge-Kutta step of order four a bin. They start as principal components of the delay vectors and the
    linear flow that carries these over a bin, to first order. The model is deterministic; a pulse is seen by the
    encoder.

    Args:
        order: number of latent states, as far as delays have so many dimensions.
        delays: h.
        units: rows of U.
        window: steps, in bins, that are predicted; fewer where trials are short.
        steps: of Adam.
        rate: its learning rate.
        batch: windows in a step.

    Source: Chen, Rubanova, Bettencourt & Duvenaud, NeurIPS 2018 (arXiv 1806.07366), with a linear encoder.
    """

    name: ClassVar[str] = "latent-ode"
    sentence: ClassVar[str] = "latent neural differential equation, its state encoded from delays, deterministic"

    order: int = 6
    delays: int = 5
    units: int = 16
    window: int = 16
    steps: int = 800
    rate: float = 3e-3
    batch: int = 32

    def fit(self, data, seed: int) -> "OdeModel":
        """As of `numerics.benchmark.method.Method`."""
        mean, spread = data.activity.mean(axis=(0, 1)), data.activity.std(axis=(0, 1))
        x = (data.activity - mean) / spread
        delays = min(count(self.delays, "delays"), data.samples // 3)
        window = min(count(self.window, "window"), data.samples - delays)
        start = self._start(x, delays, seed)
        (found,) = trained(
            ode_loss,
            {name: jnp.asarray(value)[None] for name, value in start.items()},
            x,
            delays + window - 1,
            times=[count(self.steps, "steps")],
            batch=count(self.batch, "batch"),
            rate=positive(self.rate, "rate"),
            seeds=[seed],
            progress=False,
        )
        return OdeModel(*(found[name][0] for name in "EFWUbC"), mean, spread, data.bin_size)

    def _start(self, x: np.ndarray, delays: int, seed: int) -> dict:
        """Time is in bins here, and in the training."""
        trials, samples, channels = x.shape
        stacked = np.concatenate([x[:, delays - 1 - j : samples - j] for j in range(delays)], axis=2)
        flat = stacked.reshape(-1, delays * channels)
        order = min(count(self.order, "order"), flat.shape[1])
        directions = np.linalg.svd(flat.T @ flat / len(flat))[0][:, :order]
        scale = (flat @ directions).std(axis=0)
        E = (directions / scale).T
        z = stacked @ E.T
        now, after, seen = (part.reshape(-1, part.shape[2]) for part in (z[:, :-1], z[:, 1:], x[:, delays - 1 :]))
        A = np.linalg.lstsq(now, after, rcond=None)[0].T
        C = np.linalg.lstsq(z.reshape(-1, order), seen, rcond=None)[0].T
        random, units = np.random.default_rng([seed, 23]), count(self.units, "units")
        return {
            "E": E,
            "F": A - np.eye(order),
            "W": 0.01 * random.normal(size=(order, units)),
            "U": random.normal(size=(units, order)) / np.sqrt(order),
            "b": np.zeros(units),
            "C": C,
        }


def ode_loss(weights: dict, windows):
    """Mean squared error over windows, (batch, delays + steps, channel), of what follows the delays.

    Args:
        weights: E, F, W, U, b and C, with time in bins.
        windows: standardised activity.
    """
    channels = windows.shape[2]
    delays = weights["E"].shape[1] // channels
    latest = windows[:, :delays][:, ::-1].reshape(windows.shape[0], -1)
    F, W, U, C = (weights[name].T for name in "FWUC")

    def drift(z):
        return z @ F + jnp.tanh(z @ U + weights["b"]) @ W

    def step(z, target):
        z = runge_kutta(drift, z)
        return z, jnp.mean((z @ C - target) ** 2)

    errors = jax.lax.scan(step, latest @ weights["E"].T, jnp.swapaxes(windows[:, delays:], 0, 1))[1]
    return jnp.mean(errors)


def runge_kutta(drift, z, time: float = 1.0):
    """One step of the classical method of order four.

    >>> float(round(runge_kutta(lambda z: -z, 1.0, 0.5), 4))  # exp(-1/2) = .6065
    0.6068
    """
    a = drift(z)
    b = drift(z + time / 2 * a)
    c = drift(z + time / 2 * b)
    return z + time / 6 * (a + 2 * b + 2 * c + drift(z + time * c))


@dataclass(frozen=True, eq=False)
class OdeModel:
    """As in `LatentOde`, with time in bins inside and in the user's unit outside.

    Args:
        E: (state, delays channel), the latest sample first.
        F: (state, state).
        W: (state, unit).
        U: (unit, state).
        b: (unit,).
        C: (channel, state).
        mean, spread: of the channels, (channel,).
        bin_size: in units of time.
    """

    E: np.ndarray
    F: np.ndarray
    W: np.ndarray
    U: np.ndarray
    b: np.ndarray
    C: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    bin_size: float

    def encode(self, history: np.ndarray) -> np.ndarray:
        """The state at the end of a history, (time, channel) to (state,)."""
        x, channels = (history[::-1] - self.mean) / self.spread, self.mean.size
        latest = x[: self.E.shape[1] // channels].ravel()
        return self.E[:, : latest.size] @ latest

    def decode(self, z: np.ndarray) -> np.ndarray:
        """The activity at states, (..., channel)."""
        return self.mean + self.spread * (z @ self.C.T)

    def drift(self, z: np.ndarray) -> np.ndarray:
        """dz/dt in units of time, (..., state)."""
        return (z @ self.F.T + np.tanh(z @ self.U.T + self.b) @ self.W.T) / self.bin_size

    @property
    def one_bin(self) -> "OdeMap":
        """As of `numerics.benchmark.method.Fitted`."""
        return OdeMap(self.F, self.W, self.U, self.b)

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`; without noise and inputs."""
        history = np.array(history, float)
        if pulse is not None:
            history[-1] += pulse
        z, path = self.encode(history), np.empty((steps, len(self.F)))
        for n in range(steps):
            z = path[n] = np.clip(runge_kutta(self.drift, z, self.bin_size), -_FAR, _FAR)
        return np.tile(self.decode(path), (samples, 1, 1))


class OdeMap(eqx.Module):
    """The Runge-Kutta step of a bin, in JAX. Its zeros of motion are the flow's; no bound on its slope is declared.

    Args:
        F, W, U, b: as of `OdeModel`.
    """

    F: np.ndarray
    W: np.ndarray
    U: np.ndarray
    b: np.ndarray

    def __call__(self, z):
        """One bin ahead, (state,)."""
        return runge_kutta(lambda z: self.F @ z + self.W @ jnp.tanh(self.U @ z + self.b), z)
