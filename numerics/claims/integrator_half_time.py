"""How long a network takes to learn to integrate, against the scale of its initial weights."""

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from theory.derivation import derive
from theory.reductions import AlignedPole


def half_time(training_time, loss, fraction: float = 0.5) -> np.ndarray:
    """The training time at which a loss has fallen to half (a fraction of) its initial value, by cubic interpolation.

    Args:
        training_time: recorded times, (record,).
        loss: (..., record).
        fraction: of the initial loss.

    >>> half_time(np.linspace(0, 2, 41), np.exp(-np.linspace(0, 2, 41)))
    array(0.69314...)
    """
    from scipy.interpolate import CubicSpline

    loss = np.asarray(loss)
    found = np.full(loss.shape[:-1], np.nan)
    for index in np.ndindex(found.shape):
        below = np.flatnonzero(loss[index] <= fraction * loss[index][0])
        if below.size and below[0] > 0:
            last = below[0] + 1
            curve = CubicSpline(training_time[: last + 1], loss[index][: last + 1] - fraction * loss[index][0])
            roots = curve.roots(extrapolate=False)
            found[index] = roots[(roots >= training_time[last - 2])][0]
    return found


class IntegratorHalfTime(Claim):
    """The half-time of the loss, draw by draw, as the initial scale goes to zero.

    The plane leaves out the decaying half y = u - v of a draw, which shifts the recurrent weight along u + v by
    a constant of order |y|^2, and with it the growth rate on the whole plateau: the half-time s moves by
    scale^2 (s - O(1)), a relative gap of order scale^2. The O(1) moves the exponent by about
    (1 + c*) |1/s - 1/(s - 1)|, which is 0.1 or less over the half-times of the trials (3 to 7).
    """

    name = "integrator_half_time"
    sentence = (
        "The training time at which the loss has halved tends to that of the aligned one-pole plane started "
        "from the network's own draw, and so grows as (1 + c*) ln(1/scale), as the initial scale vanishes."
    )
    kind = "asymptotic"
    parameter = "initial scale"
    exponent = 2.0
    exponent_tolerance = 0.1
    control = "the plane started from a(0) = |u||v|, as if all of the initial weights were aligned"
    headline = "half-time of the loss at the smallest scale (training time)"
    reference = "aligned one-pole plane (derived here); task of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Five initial scales, at width 32 (quick) or 256 (paper).

        Below 5e-3 the gap sinks into the step-size error of the networks (2e-6), and says nothing.
        """
        width = 32 if scale == "quick" else 256
        return [
            Trial(
                initial,
                Experiment(
                    integrator_problem(0.2, initial), width, training_time=16.0, records=161, step_size=0.025
                ),
            )
            for initial in (1e-1, 5e-2, 2e-2, 1e-2, 5e-3)
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, 1): half-times."""
        return half_time(networks.training_time.values, networks.loss.values)[:, None]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The plane's half-time, for each draw."""
        return self._solved(experiment, lambda start: start)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The same from a(0) = |u||v|, without imbalance."""

        def all_aligned(start):
            a, c, imbalance = (float(x) for x in start)
            total = np.sqrt(4 * a**2 + imbalance**2)  # |u|^2 + |v|^2
            return [total / 2, c, 0.0]

        return self._solved(experiment, all_aligned)

    def _solved(self, experiment: Experiment, adapt) -> np.ndarray:
        plane = derive(experiment.problem, AlignedPole())
        halves = []
        for seed in range(experiment.seeds):
            start = plane.reduction.start(experiment.problem, experiment.width, seed)
            path = plane.solve_from(adapt(start), experiment.training_time, experiment.records)
            halves.append(half_time(path.training_time.values, path.loss.values))
        return np.array(halves)[:, None]

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds."""
        return float(np.nanmean(values))


integrator_half_time = IntegratorHalfTime()
