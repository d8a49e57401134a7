"""Rollout: trained on its own predictions over several steps."""

from dataclasses import dataclass

from theory.students.generalised_forcing import GeneralisedForcing
from theory.students.student import Fit, Student


@dataclass(frozen=True)
class Rollout(Student):
    """The minimum of `1/k sum_{j=1}^k <|x_{n+j} - A^j x_n|^2>`: the network predicts k steps from one observed state.

    With k = 1 it is teacher forcing (`Autoregression()`); as k grows, free running. It is generalised teacher forcing
    with no forcing at all. The j-th term is `tr C(0)` and

        |(A^j C(0) - C(j)) C(0)^(-1/2)|^2 - |C(j) C(0)^(-1/2)|^2 :

    so A is chosen such that a Markov process has as nearly as can be the recorded autocovariances at lags 1 to k, all
    lags alike. As k grows beyond every memory, A tends to the minimum of `sum_j |(A^j C(0) - C(j)) C(0)^(-1/2)|^2` over
    all lags: the H2-optimal model with as many states as neurons, its read-in and readout being given.

    Args:
        steps: k, in bins.

    Raises:
        DivergedError: descent ends where the gradient has not vanished.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> round(Rollout(steps=5).fit(RecordedCircuit(uncoupled(3), [0, 1], 0.5)).slowest(), 4)
    1.0
    """

    steps: int

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        return GeneralisedForcing(self.steps, 0.0).fit(recorded)
