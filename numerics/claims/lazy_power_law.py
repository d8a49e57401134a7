"""The loss of lazy linear networks on both sides of what they can learn, against the spectrum of their kernel."""

import functools

import numpy as np

from numerics.claim import Claim, Trial
from numerics.reservoir_training import ReservoirTraining
from theory.kernels import LazySpectrum

GAIN, RATES = 0.7, (0.15, 0.3, 0.6)
TRAINING_TIMES = tuple(float(s) for s in np.geomspace(0.3, 30.0, 9))


class LazyPowerLaw(Claim):
    """Losses of trained readouts up to training time 30, for c* below, at and above 1 - sigma."""

    name = "lazy_power_law"
    sentence = (
        "The loss of a random linear network of gain .7 whose readout learns exp(-c* t), c* = .15, .3 and .6 on both "
        "sides of the threshold |1 - c*| = .7, tends to that of the Bessel kernel's spectrum, as 1/sqrt(width)."
    )
    kind = "asymptotic"
    parameter = "1/width"
    exponent = 0.5
    exponent_tolerance = 0.1
    control = "the kernel of a normal matrix of the same eigenvalues"
    headline = "loss at c* = .15, training time 30"
    reference = "derived here"

    def trials(self, scale: str) -> list[Trial]:
        """Widths 32 to 256 (quick), or 128 to 2048 (paper)."""
        widths, seeds = ((32, 64, 128, 256), 32) if scale == "quick" else ((128, 256, 512, 1024, 2048), 24)
        return [Trial(1.0 / n, ReservoirTraining(GAIN, n, RATES, TRAINING_TIMES, seeds)) for n in widths]

    def measured(self, experiment: ReservoirTraining, networks) -> np.ndarray:
        """(seed, rate, training time): losses over the initial ones."""
        return networks.loss.values * 4 * np.array(RATES)[:, None]

    def predicted(self, experiment: ReservoirTraining) -> np.ndarray:
        """By the spectrum."""
        losses = [LazySpectrum(GAIN).loss(rate, TRAINING_TIMES) * 4 * rate for rate in RATES]
        return np.broadcast_to(losses, (experiment.seeds, len(RATES), len(TRAINING_TIMES)))

    def rival(self, experiment: ReservoirTraining) -> np.ndarray:
        """By `tr(W^a W^aT)/N = 1/(a + 1)`, of the disk's eigenvalues, in place of 1."""
        losses = [normal_loss(rate) * 4 * rate for rate in RATES]
        return np.broadcast_to(losses, (experiment.seeds, len(RATES), len(TRAINING_TIMES)))

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(values[:, 0, -1].mean() / (4 * RATES[0]))


@functools.cache
def normal_loss(rate: float) -> np.ndarray:
    """Gradient flow with `k = sum_n sigma^2n/(n + 1) phi_n phi_n`, phi_n = e^-t t^n/n!, on Gauss-Legendre nodes."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    t, weights = 30 * (nodes + 1), 30 * weights
    term, kernel = np.exp(-t), np.zeros((400, 400))
    for n in range(150):
        kernel += GAIN ** (2 * n) / (n + 1) * np.outer(term, term)
        term = term * t / (n + 1)
    root = np.sqrt(weights)
    values, vectors = np.linalg.eigh(root[:, None] * kernel * root)
    squares = (vectors.T @ (root * np.exp(-rate * t))) ** 2
    return np.exp(-2 * np.outer(TRAINING_TIMES, np.maximum(values, 0.0))) @ squares / 2


lazy_power_law = LazyPowerLaw()
