"""Readouts of random linear networks in continuous time, trained by the exact gradient flow."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import scipy.linalg
import xarray

from numerics.computation import Computation
from numerics.fitting import matrix_product_rate
from numerics.progress import progress_bar
from theory.checks import count, positive


@dataclass(frozen=True)
class ReservoirTraining(Computation):
    """Loss of `exp(-c* t)`, learned by the readout v alone of `dh/dt = -h + sigma W h + u x`, |u| = 1, from v = 0.

    With A = sigma W - I, the Gramian P of (A, u) and `b = int e^{At} u e^{-c* t} = (c* - A)^-1 u`, the flow of
    `L = 1/2 int (v e^{At} u - e^{-c* t})^2` is `dv/ds = b - P v`: solved in the eigenvectors of P, without steps.

    The dataset has `loss` (seed, rate, training_time) and `eigenvalues` (seed, mode) of P, largest first, those of the
    kernel of impulse responses; and `patterns` (seed, mode, time), its first eigenfunctions.

    Args:
        gain: sigma, below 1.
        width: N.
        rates: c*.
        training_times: s.
        seeds: how many networks.
        modes: how many eigenfunctions are kept.
        times: where; in units of the leak's time constant.

    >>> from numerics.results import ResultStore
    >>> import tempfile
    >>> training = ReservoirTraining(0.7, 30, (0.5,), (0.0, 1.0), seeds=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     training.run(ResultStore(folder), progress=False).loss.values[:, 0, 0]
    array([0.5, 0.5])
    """

    label: ClassVar[str] = "reservoir"
    entry: ClassVar[str] = "numerics.reservoir_training"

    gain: float
    width: int
    rates: tuple
    training_times: tuple
    seeds: int = 8
    modes: int = 4
    times: tuple = tuple(0.1 * k for k in range(101))

    def __post_init__(self):
        positive(self.gain, "gain"), count(self.width, "width"), count(self.seeds, "seeds")

    def operations(self) -> float:
        """A Schur and two eigenvalue decompositions."""
        return self.seeds * 60.0 * self.width**3

    def seconds(self) -> float:
        """What it will roughly take on this machine."""
        return 1.0 + 8.0 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path):
        """One network after the other."""
        del checkpoint  # seconds of work
        found = []
        with progress_bar(self.seeds, "training readouts", progress) as bar:
            for seed in range(self.seeds):
                found.append(self._train(np.random.default_rng([seed, self.width])))
                bar.advance()
        names = {
            "loss": ("rate", "training_time"),
            "eigenvalues": ("mode",),
            "patterns": ("pattern", "time"),
        }
        stacked = [np.stack(values) for values in zip(*found, strict=True)]
        data = {name: (("seed", *axes), each) for (name, axes), each in zip(names.items(), stacked, strict=True)}
        coordinates = {"rate": list(self.rates), "training_time": list(self.training_times), "time": list(self.times)}
        return xarray.Dataset(data, coords=coordinates)

    def _train(self, random):
        W = random.normal(size=(self.width, self.width)) / np.sqrt(self.width)
        u = random.normal(size=self.width)
        u /= np.linalg.norm(u)
        A = self.gain * W - np.eye(self.width)
        P = scipy.linalg.solve_continuous_lyapunov(A, -np.outer(u, u))
        values, vectors = np.linalg.eigh((P + P.T) / 2)
        values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
        s = np.asarray(self.training_times)
        learned = np.where(values > 0, -np.expm1(-2 * np.outer(s, values)) / np.where(values > 0, values, 1.0), 0.0)
        losses = []
        for rate in self.rates:
            b = vectors.T @ np.linalg.solve(rate * np.eye(self.width) - A, u)
            losses.append((1 / (2 * rate) - learned @ b**2) / 2)
        step = scipy.linalg.expm(A * (self.times[1] - self.times[0]))
        states = [u]
        for _ in self.times[1:]:
            states.append(step @ states[-1])
        patterns = (vectors[:, : self.modes] / np.sqrt(values[: self.modes])).T @ np.array(states).T
        signs = np.sign(patterns[:, :1])  # an eigenfunction is defined up to its sign: start above 0, as Laguerre's do
        return np.array(losses), values, patterns * signs
