"""How a method plugs in: what it must have, and what it may have."""

from typing import Protocol, runtime_checkable

import numpy as np

from numerics.recordings import Recording


@runtime_checkable
class Fitted(Protocol):
    """A fitted model. `simulate` is its only duty; verdict, timescales and responses are read from it alone.

    It may have more, and is then scored on it: `claim() -> {type: probability}` over `numerics.benchmark.system.TYPES`,
    `timescale_interval() -> (low, high)` of its slowest mode, and, for its fixed points, manifolds and orbits,
    `one_bin`, where a state of its own is a bin later without noise: a function that JAX can trace, perhaps with
    `lipschitz`, a bound on the slope of its Jacobian; or a matrix. With it go `encode(history)`, the state after a
    history, and `decode(z)`, the activity at a state.
    """

    def simulate(
        self,
        history: np.ndarray,
        steps: int,
        inputs: np.ndarray | None = None,
        pulse: np.ndarray | None = None,
        samples: int = 1,
        seed: int = 0,
    ) -> np.ndarray:
        """How the activity goes on after a history, (sample, step, channel); the first step is one bin after its end.

        Args:
            history: (time, channel), the last sample the latest.
            steps: how many bins.
            inputs: known inputs during them, (step, input), or None.
            pulse: added to the activity at the last sample of the history, (channel,), by an experimenter's hand:
                the model must go on from there; None for none.
            samples: how many continuations; those of a model without noise are all the same.
            seed: of the model's noise.
        """


@runtime_checkable
class Method(Protocol):
    """A method under test: anything with `fit`. It may have a `name`; else it is called by its class."""

    def fit(self, data: Recording, seed: int) -> Fitted:
        """The model fitted to a recording.

        Args:
            data: activity (trial, time, channel), with `bin_size` and perhaps `inputs`.
            seed: of all that is random in fitting.
        """
