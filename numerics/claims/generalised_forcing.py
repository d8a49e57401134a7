"""Networks that back-propagation trains while they run, freely or pulled towards the data, and where they end."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.fitting import Fitting
from numerics.students import InterpolatedForcing
from theory import circuits
from theory.students import Autoregression, GeneralisedForcing

_GROUPS = {"forcing .2": 0.2, "running freely": 0.0}
_LONGEST = 27_000


class GeneralisedForcingEnds(Claim):
    """The propagator of networks trained over windows of 5 bins, as recordings grow.

    Theory is that of an endless recording; what the noise of a recording blurs falls as its square root. Training (2000
    steps, batches of 1000) leaves .004 of the propagator in the longest recordings, a quarter of what they blur. The
    circuit is a line attractor, in detailed balance: of a chain, whose responses grow before they fall, errors at
    second order are still seen in 27,000 samples.
    """

    name = "generalised_forcing"
    sentence = (
        "Networks that back-propagation trains on 2 of 10 neurons of a line attractor over windows of 5 bins, running "
        "freely or forced to a fifth, end at the minimum of the loss in lagged covariances as the recording grows."
    )
    kind = "asymptotic"
    parameter = "1/samples"
    exponent = 0.5
    exponent_tolerance = 0.1
    control = "where one-step teacher forcing ends"
    headline = "slowest timescale at forcing .2 (truth 20)"
    reference = "derived here; training of Hess, Monfared, Brenner & Durstewitz, ICML 2023"
    cites = ("hess2023generalized",)

    def trials(self, scale: str) -> list[Trial]:
        """Four recordings of 1,000 to 27,000 samples, 8 networks each and either way (quick); 24 networks (paper)."""
        draws = 8 if scale == "quick" else 24
        return [
            Trial(1.0 / samples, self._fitting(forcing, samples, draws), group)
            for group, forcing in _GROUPS.items()
            for samples in (_LONGEST // 3**k for k in (3, 2, 1, 0))
        ]

    def _fitting(self, forcing: float, samples: int, draws: int) -> Fitting:
        student = InterpolatedForcing(forcing=forcing, window=5, steps=2000, rate=5e-3, batch=1000)
        return Fitting(
            circuits.symmetric_line_attractor,
            {"neurons": 10, "slow": 20.0, "seed": 0},
            observed=(0, 1),
            samples=samples,
            student=student,
            draws=draws,
        )

    def measured(self, experiment: Fitting, networks) -> np.ndarray:
        """(draw, neuron, neuron)."""
        return networks.propagator.values

    def predicted(self, experiment: Fitting) -> np.ndarray:
        """The minimum of an endless recording."""
        student = experiment.student
        return self._of_endless(experiment, GeneralisedForcing(student.window, student.forcing))

    def rival(self, experiment: Fitting) -> np.ndarray:
        """The one-step network of an endless recording."""
        return self._of_endless(experiment, Autoregression())

    def _of_endless(self, experiment: Fitting, student) -> np.ndarray:
        return np.stack([student.fit(experiment.endless(draw)).propagator for draw in range(experiment.draws)])

    def summary(self, values: np.ndarray) -> float:
        """Of the mean propagator."""
        return float(-1 / np.log(np.abs(np.linalg.eigvals(values.mean(0))).max()))


generalised_forcing = GeneralisedForcingEnds()
