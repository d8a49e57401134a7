"""What is done to a recording before it is tested, each step with a sentence that says so."""

import numpy as np

from numerics.recordings.recording import Recording
from theory.errors import ProblemError

_TRIALS = 10
_SAMPLES_A_COMPONENT = 100
_NEGLIGIBLE = 1e-10
_LONGEST_RESPONSE = 50


def require_scale(recording: Recording) -> None:
    """Refuse activity so large or so small that products of it overflow or vanish.

    Args:
        recording: as it came.

    Raises:
        ProblemError: with what its neurons vary by.
    """
    largest = float(np.finfo(recording.activity.dtype).max) ** 0.4
    spread = np.ptp(recording.activity / 2, axis=(0, 1)).astype(float)
    if spread.max() > largest or spread.min() < 1 / largest:
        raise ProblemError(
            f"neurons vary by {2 * spread.min():.3g} to {2 * spread.max():.3g}: products of such numbers overflow or "
            "vanish. Take another unit of activity."
        )


def prepare(recording: Recording) -> tuple[Recording, tuple[str, ...]]:
    """A recording of few, standardised components, less what is locked to trials and inputs.

    - Ten trials or more: their average is subtracted at every time, what stays is scaled by sqrt(K / (K - 1)).
    - Inputs: what a linear response of up to 50 bins to them explains is subtracted.
    - Neurons are divided by their standard deviations; where there are more than one for every 100 samples, or some
      repeat others, the leading principal components stand for them.

    Args:
        recording: as it came.

    Returns:
        The prepared recording, and sentences on what was done.

    Raises:
        ProblemError: numbers too large or small to multiply;
            nothing varies once trials and inputs are accounted for, or too few samples.
    """
    require_scale(recording)
    activity, inputs, notes = recording.centred(), recording.inputs, []
    if recording.trials >= _TRIALS:
        share = activity.mean(axis=0).var() / activity.var()
        activity = (activity - activity.mean(axis=0)) * np.sqrt(recording.trials / (recording.trials - 1))
        notes.append(
            f"The average over {recording.trials} trials, {share:.0%} of the variance, was subtracted: what is "
            "locked to the trial cannot pass for memory."
        )
        if inputs is not None:  # what of them is the same in all trials has gone with the average
            inputs = inputs - inputs.mean(axis=0)
    if inputs is not None and np.ptp(inputs) > _NEGLIGIBLE * np.abs(recording.inputs).max():
        activity, note = _without_inputs(activity, inputs)
        notes.append(note)
    elif inputs is not None:
        notes.append("The inputs are the same at every time, or in every trial: nothing else was subtracted for them.")
    spread = activity.std(axis=(0, 1))
    if not np.all(spread > _NEGLIGIBLE * recording.activity.std(axis=(0, 1))):
        raise ProblemError(
            f"neuron {int(np.argmin(spread))} does not vary once trial average and inputs are subtracted: "
            "leave it out."
        )
    activity = activity / spread
    activity, note = _leading(activity)
    notes += [note] if note else []
    return Recording(activity, recording.bin_size), tuple(notes)


def _without_inputs(activity: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, str]:
    trials, samples, number = inputs.shape
    inputs = inputs - inputs.mean(axis=(0, 1))
    lags = max(1, min(_LONGEST_RESPONSE, samples // 4, trials * samples // (_SAMPLES_A_COMPONENT * number)))
    delayed = np.zeros((trials, samples, lags * number))
    for lag in range(lags):
        delayed[:, lag:, lag * number : (lag + 1) * number] = inputs[:, : samples - lag]
    rows, targets = delayed.reshape(-1, lags * number), activity.reshape(-1, activity.shape[2])
    response = np.linalg.lstsq(rows, targets, rcond=1e-10)[0]
    rest = (targets - rows @ response).reshape(activity.shape)
    explained = 1 - rest.var() / activity.var()
    return rest, (
        f"A linear response to the inputs of up to {lags} bins, {explained:.0%} of the variance, was subtracted. "
        "Slower effects of the inputs stay, and may look like memory."
    )


def _leading(activity: np.ndarray) -> tuple[np.ndarray, str]:
    trials, samples, neurons = activity.shape
    rows = activity.reshape(-1, neurons)
    values, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    independent = int(np.sum(values > _NEGLIGIBLE * values[-1]))
    kept = min(independent, max(1, trials * samples // _SAMPLES_A_COMPONENT))
    if kept == neurons:
        return activity, ""
    leading = vectors[:, ::-1][:, :kept]
    why = "some repeat others" if kept == independent else f"there are {trials * samples} samples only"
    share = values[::-1][:kept].sum() / values.sum()
    return activity @ leading, (
        f"{kept} principal components, {share:.1%} of the standardised variance, stand for {neurons} neurons: {why}."
    )
