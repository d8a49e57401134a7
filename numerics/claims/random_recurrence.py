"""Networks with a random initial recurrence, against their infinitely wide limit."""

import functools

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from theory.derivation import derive
from theory.reductions import InfiniteWidth


class RandomRecurrence(Claim):
    """The impulse response along training at gain 0.3, as the width grows."""

    name = "random_recurrence"
    sentence = (
        "With a random initial recurrence of gain 0.3, the impulse response along training tends to that of "
        "the free-probability limit, with fluctuations of order 1/sqrt(width)."
    )
    kind = "asymptotic"
    parameter = "1/width"
    exponent = 0.5
    control = "the same limit without the initial recurrence (gain 0)"
    headline = "impulse response at lag 5, training time 4.5"
    reference = "infinite width (derived here); setting of Bordelon et al., arXiv 2503.18754"
    cites = ("bordelon2025integrate",)

    def trials(self, scale: str) -> list[Trial]:
        """Four widths, 24 to 192 (quick) or 64 to 1024 (paper)."""
        widths = (24, 48, 96, 192) if scale == "quick" else (64, 128, 256, 512, 1024)
        return [
            Trial(
                1.0 / width,
                Experiment(
                    integrator_problem(0.2, 1e-1, recurrent_gain=0.3),
                    width,
                    seeds=32 if width < 192 else 16,
                    training_time=10.0,
                    records=21,
                    step_size=0.05,
                ),
            )
            for width in widths
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record, lag)."""
        return networks.impulse_response.values[..., 0, 0]

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The infinitely wide network, the same for every seed."""
        return _limit(experiment, experiment.problem.initialisation.recurrent_gain)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The infinitely wide network without initial recurrence."""
        return _limit(experiment, 0.0)

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds of the response at the tenth lag and the tenth record."""
        return float(values[:, 9, 10].mean())


def _limit(experiment: Experiment, gain: float) -> np.ndarray:
    problem = experiment.problem
    rate = -problem.teacher.modes.poles[0]
    response = _response(
        rate, problem.initialisation.input, gain, experiment.training_time, experiment.records
    )
    return np.broadcast_to(response, (experiment.seeds, *response.shape))


@functools.lru_cache(maxsize=4)  # the limit is the same for all widths
def _response(rate: float, scale: float, gain: float, training_time: float, records: int) -> np.ndarray:
    limit = derive(integrator_problem(rate, scale, recurrent_gain=gain), InfiniteWidth())
    return limit.solve(training_time, records=records).impulse_response.values[..., 0, 0]


random_recurrence = RandomRecurrence()
