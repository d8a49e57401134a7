"""A recording: activity of some neurons in equal bins, in one or more trials."""

from dataclasses import dataclass

import numpy as np

from theory.checks import count, positive
from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class Recording:
    """Activity over trials, time and neurons.

    Args:
        activity: (trial, time, neuron), or (time, neuron) for a single trial; float64 or float32.
        bin_size: time between samples, in the user's unit of time.
        inputs: known inputs, (trial, time, input), or None.

    Raises:
        ProblemError: what is not finite, has no two samples, or does not vary at all (with the neuron's index).

    >>> recording = Recording(np.random.default_rng(0).normal(size=(100, 3)), bin_size=0.5)
    >>> recording.neurons, recording.duration
    (3, 50.0)
    """

    activity: np.ndarray
    bin_size: float
    inputs: np.ndarray | None = None

    def __post_init__(self):
        activity = _numbers(self.activity, "activity")
        if activity.shape[1] < 2:
            raise ProblemError(f"a recording needs at least two samples in time; this one has {activity.shape[1]}.")
        flat = np.flatnonzero(np.ptp(activity, axis=(0, 1)) == 0)
        if flat.size:
            others = f", as have {flat.size - 1} more" if flat.size > 1 else ""
            raise ProblemError(
                f"neuron {flat[0]} has the same value at every time ({activity[0, 0, flat[0]]:g}){others}: a constant "
                "neuron tells nothing. Leave it out."
            )
        object.__setattr__(self, "activity", activity)
        object.__setattr__(self, "bin_size", positive(self.bin_size, "bin_size"))
        if self.inputs is not None:
            inputs = _numbers(self.inputs, "inputs")
            if inputs.shape[:2] != activity.shape[:2]:
                raise ProblemError(
                    f"inputs have {inputs.shape[0]} trials of {inputs.shape[1]} samples, "
                    f"activity has {activity.shape[0]} of {activity.shape[1]}."
                )
            object.__setattr__(self, "inputs", inputs)

    @property
    def trials(self) -> int:
        """Number of trials."""
        return self.activity.shape[0]

    @property
    def samples(self) -> int:
        """Number of samples in a trial."""
        return self.activity.shape[1]

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return self.activity.shape[2]

    @property
    def duration(self) -> float:
        """Time recorded in all trials together."""
        return self.trials * self.samples * self.bin_size

    def centred(self) -> np.ndarray:
        """The activity less every neuron's mean over all trials and times."""
        return self.activity - self.activity.mean(axis=(0, 1))

    def stretches(self) -> list[np.ndarray]:
        """The centred activity of every trial, each (time, neuron), for fits that need more than covariances."""
        return list(self.centred())

    def lagged_covariance(self, lags) -> np.ndarray:
        """`C(k) = mean_n x_{n+k} x_n^T` of the centred activity, (lag, neuron, neuron); pairs within trials only.

        The mean is over the pairs that there are.

        Args:
            lags: k, in bins, each at least 0 and below the number of samples.
        """
        x = self.centred()
        lags = [count(k, "lag", least=0, most=self.samples - 1) for k in np.atleast_1d(lags)]
        return np.stack([_covariance(x[:, k:], x[:, : self.samples - k]) for k in lags])


def _covariance(late: np.ndarray, early: np.ndarray) -> np.ndarray:
    neurons = late.shape[2]
    late, early = np.ascontiguousarray(late).reshape(-1, neurons), np.ascontiguousarray(early).reshape(-1, neurons)
    return late.T @ early / len(late)


def _numbers(values, name: str) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise ProblemError(f"{name} must hold real numbers; it holds {values.dtype}.")
    if values.ndim == 2:
        values = values[None]
    if values.ndim != 3 or values.size == 0:
        raise ProblemError(
            f"{name} has shape {values.shape}; it must be (time, neuron) or (trial, time, neuron), and not empty."
        )
    values = values.astype(np.float32 if values.dtype == np.float32 else np.float64, copy=False)
    finite = np.isfinite(values)
    if not finite.all():
        trial, sample, column = (int(i) for i in np.argwhere(~finite)[0])
        raise ProblemError(
            f"{name} has {int((~finite).sum())} values that are not finite, the first in trial {trial}, "
            f"sample {sample}, column {column}. Leave out those trials or neurons, or fill the gaps."
        )
    return values
