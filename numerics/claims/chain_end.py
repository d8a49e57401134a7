"""The slow mode that the last neuron of a feedforward chain seems to have."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.fitting import Fitting
from theory import circuits
from theory.partial_observation import chain_end_timescale


class ChainEnd(Claim):
    """The timescale fitted to the last neuron of a chain of 25, as recordings grow longer and their bins finer."""

    name = "chain_end"
    sentence = (
        "A network fitted to the last of D neurons of a feedforward chain, whose modes all have timescale 1, reports "
        "2 D binom(2D, D) / 4^D, as the recording grows longer and its bins finer."
    )
    kind = "asymptotic"
    parameter = "1/recording time"
    exponent = 0.5
    control = "the integral of the neuron's autocorrelation, the other timescale that is often quoted"
    headline = "timescale of the last of 25 neurons"
    reference = "R3 (derived here); teacher of Qian et al., NeurIPS 2024"
    cites = ("qian2024partial",)

    def trials(self, scale: str) -> list[Trial]:
        """Four durations of 500 to 13,500 time constants (quick), or six to 121,500 (paper)."""
        durations = [500 * 3**k for k in range(4 if scale == "quick" else 6)]
        return [Trial(1.0 / duration, self._fitting(duration)) for duration in durations]

    def _fitting(self, duration: float) -> Fitting:
        bin_size = 0.2 * (500 / duration) ** 0.5
        return Fitting(
            circuits.feedforward_chain,
            {"neurons": 25},
            observed=(0,),
            bin_size=bin_size,
            samples=round(duration / bin_size),
            draws=32,
        )

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, 1)."""
        return networks.timescale.values

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """The closed form, the same for every draw."""
        return np.full((experiment.draws, 1), chain_end_timescale(experiment.options["neurons"]))

    def rival(self, experiment: Fitting) -> np.ndarray:
        """Its spectrum at zero, 2 D, over twice its variance, which is the closed form."""
        neurons = experiment.options["neurons"]
        return np.full((experiment.draws, 1), neurons / chain_end_timescale(neurons))

    def summary(self, values: np.ndarray) -> float:
        """Mean over draws."""
        return float(values.mean())


chain_end = ChainEnd()
