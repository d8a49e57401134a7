"""The smallest systems, methods and scores, for tests of whole runs."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.signal

from numerics.benchmark.score import Score
from numerics.benchmark.system import System
from theory import circuits
from theory.partial_observation import markov_impostor


@dataclass(frozen=True)
class Chain(System):
    """A short chain with skips."""

    id: ClassVar[str] = "F1"
    sentence: ClassVar[str] = "feedforward chain"
    version: ClassVar[int] = 1

    neurons: int = 10

    def draw(self, seed: int):
        return circuits.feedforward_chain(self.neurons, skip=0.5, rotated=True, seed=seed)

    def impostor(self, circuit, observed):
        return dataclasses.replace(markov_impostor(circuit, observed), truth=circuits.Truth("point"))


@dataclass(frozen=True)
class Line(Chain):
    """A symmetric line attractor."""

    id: ClassVar[str] = "L1"
    sentence: ClassVar[str] = "symmetric line attractor"

    slow: float = 100.0

    def draw(self, seed: int):
        return circuits.symmetric_line_attractor(self.neurons, slow=self.slow, seed=seed)


@dataclass(frozen=True)
class Regression:
    """One-step regression, channel by channel, with its own noise."""

    sentence: ClassVar[str] = "one-step regression, channel by channel"
    name: ClassVar[str] = "regression"
    version: ClassVar[int] = 1

    def fit(self, data, seed: int):
        present, later = (np.diag(covariance) for covariance in data.lagged_covariance([0, 1]))
        return _Leaky(later / present, np.sqrt(present - later**2 / present))


class _Leaky:
    def __init__(self, decay, noise):
        self.decay, self.noise = decay, noise

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
        start = history[-1] + (0 if pulse is None else pulse)
        kicks = self.noise * np.random.default_rng(seed).normal(size=(samples, steps, len(self.decay)))
        kicks[:, 0] += self.decay * start
        path = [scipy.signal.lfilter([1], [1, -a], kicks[..., k], axis=1) for k, a in enumerate(self.decay)]
        return np.stack(path, axis=-1)


class Persistence(Score):
    """How correlated the answer's long rollouts are from bin to bin."""

    id = "persistence"
    sentence = "largest correlation of a channel over one bin of the long rollouts"
    columns = {"persistence": "correlation"}

    def of(self, evidence):
        path = evidence.rollouts["long"].reshape(-1, *evidence.rollouts["long"].shape[2:])
        centred = path - path.mean(axis=1, keepdims=True)
        over = (centred[:, 1:] * centred[:, :-1]).mean(axis=(0, 1)) / (centred**2).mean(axis=(0, 1))
        return {"persistence": float(over.max())}
