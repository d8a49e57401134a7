"""Calcium fluorescence, whose decay is itself a fake slow mode."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.signal

from numerics.benchmark.observation import Observation
from theory.checks import positive


@dataclass(frozen=True)
class Calcium(Observation):
    """A first-order indicator driven by the signal, and white noise.

        c_n = g c_(n-1) + (1 - g) s_n,     g = exp(-bin / decay),     c_0 = s_0,

    so that a constant signal is shown as it is. White noise is added relative to the mean variance of c.

    Args:
        decay: of the indicator, in units of time.
    """

    id: ClassVar[str] = "calcium"
    sentence: ClassVar[str] = "calcium fluorescence of a random subset: an indicator's decay, and white noise"
    noise_unit: ClassVar[str] = "variance of the white noise over the mean variance of the fluorescence"

    decay: float = 10.0

    def measure(
        self, signal: np.ndarray, bin_size: float, noise: float, random: np.random.Generator
    ) -> np.ndarray:
        """Fluorescence, (trial, time, channel)."""
        g = np.exp(-bin_size / positive(self.decay, "decay"))
        shown, _ = scipy.signal.lfilter([1 - g], [1, -g], signal, axis=1, zi=g * signal[:, :1])
        return super().measure(shown, bin_size, noise, random)
