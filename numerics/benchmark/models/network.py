"""Networks in bins whose first states are the channels, that simulate from a history."""

from dataclasses import dataclass

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from theory.circuits.covariance import symmetric_root

_FAR = 1e3  # standard deviations: what runs farther away has left everything that was recorded, and is kept there


@dataclass(frozen=True, eq=False)
class NetworkModel:
    """`z_{n+1} = A z_n + W tanh(U z_n + b) + noise`, `x_n = mean + spread z_n[:channels]`.

    The data give the first states directly. The hidden ones start from zero at the beginning of a history and are
    driven by it. A pulse moves the channel's own states. Noise is what one step leaves unexplained of the channels.

    Args:
        A: (state, state).
        W: (state, unit).
        U: (unit, state).
        b: (unit,).
        mean, spread: of the channels, (channel,).
        bin_size: in units of time.
        noise: a root of the covariance of what is left over, in units of spread, (channel, channel).
    """

    A: np.ndarray
    W: np.ndarray
    U: np.ndarray
    b: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    bin_size: float
    noise: np.ndarray

    @classmethod
    def fitted(cls, weights: dict, data, mean: np.ndarray, spread: np.ndarray) -> "NetworkModel":
        """With the noise that it leaves in a recording."""
        nothing = np.zeros((mean.size, mean.size))
        model = cls(**weights, mean=mean, spread=spread, bin_size=data.bin_size, noise=nothing)
        x = (data.activity - mean) / spread
        z, errors = np.zeros((data.trials, len(model.A))), []
        for now, after in zip(np.swapaxes(x, 0, 1)[:-1], np.swapaxes(x, 0, 1)[1:], strict=True):
            z[:, : mean.size] = now
            z = model.step(z)
            errors.append(after - z[:, : mean.size])
        errors = np.concatenate(errors)
        return cls(
            **weights, mean=mean, spread=spread, bin_size=data.bin_size, noise=symmetric_root(errors.T @ errors /
            len(errors))
        )

    def step(self, z: np.ndarray) -> np.ndarray:
        """One bin ahead without noise, (..., state)."""
        return np.clip(z @ self.A.T + np.tanh(z @ self.U.T + self.b) @ self.W.T, -_FAR, _FAR)

    def encode(self, history: np.ndarray) -> np.ndarray:
        """The state at the end of histories, (..., time, channel) to (..., state)."""
        x = (np.asarray(history, float) - self.mean) / self.spread
        z = np.zeros((*x.shape[:-2], len(self.A)))
        for n in range(x.shape[-2]):
            z = self.step(z) if n else z
            z[..., : self.mean.size] = x[..., n, :]
        return z

    def decode(self, z: np.ndarray) -> np.ndarray:
        """The activity at states, (..., channel)."""
        return self.mean + self.spread * z[..., : self.mean.size]

    @property
    def one_bin(self) -> "NetworkMap":
        """As of `numerics.benchmark.method.Fitted`."""
        return NetworkMap(self.A, self.W, self.U, self.b)

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`; inputs are not part of the model."""
        z, channels = self.encode(history), self.mean.size
        if pulse is not None:
            z[:channels] += pulse / self.spread
        z, path = np.tile(z, (samples, 1)), np.empty((samples, steps, channels))
        kicks = np.random.default_rng([seed, 21]).normal(size=(steps, samples, channels)) @ self.noise.T
        for n, kick in enumerate(kicks):
            z = self.step(z)
            z[:, :channels] += kick
            path[:, n] = z[:, :channels]
        return self.mean + self.spread * path

    def error(self, activity: np.ndarray, ahead: int, before: int = 20) -> float:
        """Mean square of what free runs without noise err by, in units of spread.

        Args:
            activity: (trial, time, channel).
            ahead: bins that they run.
            before: bins that they start from.
        """
        ahead = max(1, min(ahead, activity.shape[1] - 2))
        before = max(1, min(before, activity.shape[1] - ahead))
        starts = range(0, activity.shape[1] - before - ahead + 1, max(1, ahead // 2))
        z = self.encode(np.concatenate([activity[:, n : n + before] for n in starts]))
        target = np.concatenate([activity[:, n + before : n + before + ahead] for n in starts])
        total = 0.0
        for n in range(ahead):
            z = self.step(z)
            total += float(np.mean(((target[:, n] - self.decode(z)) / self.spread) ** 2))
        return total / ahead


class NetworkMap(eqx.Module):
    """`z' = A z + W tanh(U z + b)`, in JAX; far from all that was recorded a `NetworkModel` is held back besides.

    Args:
        A, W, U, b: as of `NetworkModel`.
    """

    A: np.ndarray
    W: np.ndarray
    U: np.ndarray
    b: np.ndarray

    def __call__(self, z):
        """One bin ahead without noise, (state,)."""
        return self.A @ z + self.W @ jnp.tanh(self.U @ z + self.b)

    def lipschitz(self, state, radius: float) -> float:
        """`max|tanh''| max_i |W e_i| |U|^2`: the products of two unit vectors' images under U sum to |U|^2 at most."""
        curvature = 4 / (3 * np.sqrt(3))
        columns = np.linalg.norm(np.asarray(self.W), axis=0).max()
        return float(curvature * columns * np.linalg.norm(np.asarray(self.U), 2) ** 2) * (1 + 1e-12)
