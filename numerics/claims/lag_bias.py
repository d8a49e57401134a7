"""What lags a wide linear network learns first, beyond the turn of its bias."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.lazy_training import LazyTraining
from theory.kernels import Identity, RecurrentLayer, RecurrentNetwork, lag_rates

GAIN, LAGS = 0.9, 8


def pulse_task(gain: float, width: int, seeds: int, records: tuple) -> LazyTraining:
    """A pulse, whose every echo is to be 1: what white noise teaches of an impulse response."""
    inputs = np.zeros((1, LAGS, 1))
    inputs[0, 0] = 1.0
    network = RecurrentNetwork(RecurrentLayer(Identity(), gain))
    return LazyTraining(network, width, inputs, np.ones((1, LAGS)), 0.4, records, seeds)


class LagBias(Claim):
    """The impulse response at each lag along training, at s_w = .9."""

    name = "lag_bias"
    sentence = (
        "A wide linear network of s_w^2 = .81 > 2/3 learns each lag of an impulse response on its own, at the rate "
        "(j + 2) s_w^2j, lag 3 first: its distance from the target shrinks so, as 1/sqrt(width) accurately."
    )
    kind = "asymptotic"
    parameter = "1/width"
    exponent = 0.5
    exponent_tolerance = 0.1
    control = "the rates 2 s_w^2j of read-in and readout alone, which favour lag 0"
    headline = "impulse response at lag 3 after 20 steps"
    reference = "derived here; M. Emami et al., arXiv 2101.07833, for the kernel"
    cites = ("emami2021implicit",)

    def trials(self, scale: str) -> list[Trial]:
        """Widths 64 to 512 (quick), or 128 to 2048 (paper)."""
        widths, seeds = ((64, 128, 256, 512), 16) if scale == "quick" else ((128, 256, 512, 1024, 2048), 32)
        return [Trial(1.0 / n, pulse_task(GAIN, n, seeds, (0, 4, 8, 12, 16, 20))) for n in widths]

    def measured(self, experiment: LazyTraining, networks) -> np.ndarray:
        """(seed, record, lag)."""
        return networks.outputs.values

    def predicted(self, experiment: LazyTraining) -> np.ndarray:
        """Each lag at its own rate, by the same steps."""
        return self._by(experiment, lag_rates(np.arange(LAGS), GAIN))

    def rival(self, experiment: LazyTraining) -> np.ndarray:
        """At the rates of read-in and readout."""
        return self._by(experiment, 2 * GAIN ** (2.0 * np.arange(LAGS)))

    def _by(self, experiment: LazyTraining, rates) -> np.ndarray:
        flow = [experiment.flow_outputs(np.diag(rates), initial) for initial in experiment.initial_outputs()]
        return np.stack(flow)

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(values[:, -1, 3].mean())


lag_bias = LagBias()
