"""Baselines that drift."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.signal

from numerics.benchmark.observation import Observation
from theory.checks import positive


@dataclass(frozen=True)
class SlowDrift(Observation):
    """A baseline of every channel that wanders slowly, as electrodes do, besides the white noise of the cell's level.

    Each is an independent stationary Ornstein-Uhlenbeck process: autocovariance `share var exp(-t / timescale)`, with
    var the mean variance of the signal. A slow mode of the instrument, not of the circuit.

    Args:
        timescale: in units of time.
        share: variance of the drift over the mean variance of the signal.
    """

    id: ClassVar[str] = "drift"
    sentence: ClassVar[str] = "a random subset whose baselines wander slowly and independently, with white noise"

    timescale: float = 200.0
    share: float = 0.2

    def measure(
        self, signal: np.ndarray, bin_size: float, noise: float, random: np.random.Generator
    ) -> np.ndarray:
        """Signal, drift and noise."""
        g = np.exp(-bin_size / positive(self.timescale, "timescale"))
        kicks = random.normal(size=signal.shape)
        kicks[:, 1:] *= np.sqrt(1 - g**2)  # the first is drawn from the stationary law
        drift = scipy.signal.lfilter([1.0], [1.0, -g], kicks, axis=1)
        level = np.sqrt(positive(self.share, "share") * signal.var(axis=(0, 1)).mean())
        return super().measure(signal, bin_size, noise, random) + level * drift
