"""What the tests of a recording amount to: a persistent mode is real, invented, or one cannot tell."""

import enum

import numpy as np
from scipy.fft import dct

from numerics.checking.persistence import Persistence
from numerics.recordings import Recording

_MANY = 16
_STRAIGHT = 0.9
_JUMPS = 64
_SWING = 0.2


class Mode(enum.Enum):
    """What is said of a persistent mode."""

    REAL = "real"
    INVENTED = "invented"
    CANNOT_TELL = "cannot tell"
    NONE = "none claimed"


CAVEATS = {
    Mode.REAL: (
        "Real is said of the recorded activity. The circuit may make the mode or inherit it: a slow input that was "
        "not given, changes of behaviour or arousal, and the decay of a calcium indicator that was not given "
        "look the same."
    ),
    Mode.INVENTED: (
        "Feedforward memory does this: do not report a line attractor. Several slow modes of similar timescales, none "
        "ten times slower than the next, do it too."
    ),
}
"""What is added to a verdict."""


def verdict_of(
    test: Persistence | None,
    why: str,
    claimed: float,
    least: float,
    time_constant: float,
    stages: int,
    indicator_decay: float,
    prepared: Recording,
) -> tuple[Mode, tuple[str, ...], float]:
    """The verdict, its reasons in words, and the recording time needed; see `check_recording`.

    Args:
        test: of one persistent mode, or None.
        why: there is no test.
        claimed: the slowest timescale that a fit reports.
        least: from where on a mode is called persistent.
        time_constant: of single units.
        stages: of a chain that is thought possible.
        indicator_decay: of a calcium indicator, or 0.
        prepared: the recording as it was tested.
    """
    if test is None:
        return Mode.CANNOT_TELL, (why,), np.nan
    duration = prepared.duration
    if max(claimed, test.memory) < least:
        reason = (
            f"{_reported(claimed)}, and the memory ends after {test.memory:.3g}: both are less than {least:.3g}, from "
            "where on a mode is called persistent."
        )
        return Mode.NONE, (reason,), np.nan
    if claimed < least:
        claim = (
            f"{_reported(claimed)}, less than the {least:.3g} that count as persistent: observation noise can hide a "
            "slow mode from fits, not from its autocorrelation."
        )
    else:
        claim = f"Fits report a timescale of up to {claimed:.3g}, {claimed / time_constant:.0f} times a single unit's."
    own = indicator_decay * max(0.0, np.log(np.sqrt(prepared.trials * prepared.samples) / 3))
    long, p = test.memory >= stages * time_constant + own, f"p = {test.p_value:.2g}"
    one_mode = f"one mode of timescale {test.timescale:.3g}, ten times slower than all others"
    shape = f"The spectrum agrees with {one_mode} ({p})."
    if test.rejected:
        shape = f"The spectrum rejects any one mode that is ten times slower than all others ({p})."
    memory = (
        f"The slowest direction remembers for {test.memory:.3g}, or {test.memory / time_constant:.0f} time constants: "
        f"{'more than' if long else 'no more than'} a feedforward chain of {stages} stages could without any slow "
        f"mode{', seen through the indicator' if indicator_decay else ''}."
    )
    if test.rejected and max(claimed, 1.1 * test.timescale) > test.longest_timescale:
        limit = (
            f"But a mode slower than {test.longest_timescale:.3g}, a twentieth of the recording or a quarter of a "
            "trial, cannot be tried, and may be what is seen: as may drift, or levels that differ between trials. "
            "Record longer, in longer trials."
        )
        return Mode.CANNOT_TELL, (claim, shape, memory, limit), np.nan
    if long != test.rejected:
        return (Mode.REAL if long else Mode.INVENTED), (claim, shape, memory), np.nan
    if long:
        advice, needed = "It may be several slow modes, a slow oscillation, drift, or a longer chain.", np.nan
    elif np.isfinite(needed := test.time_needed(duration)):
        advice = (
            f"If the mode is not there, a recording of about {needed:.3g}, {needed / duration:.1f} times this one, "
            "would show it."
        )
    else:
        advice = "Nothing here speaks against one mode, so how much longer to record cannot be said."
    return Mode.CANNOT_TELL, (claim, shape, memory, advice), needed


def _reported(claimed: float) -> str:
    if claimed == 0:
        return "No fit over any lag reports a timescale above noise"
    return f"The slowest timescale that any fit over one lag reports is {claimed:.3g}"


def drift_warning(signal: np.ndarray) -> str:
    """A warning where a straight line or one jump explains nearly all that is slow; or nothing.

    Within trials, or over them. Of the ten slowest cosines of a random walk a line explains more than nine tenths in
    few draws, and so does the best jump.

    Args:
        signal: the slowest direction, centred, (trial, time).
    """
    series = [signal] if len(signal) < _MANY else [signal, signal.mean(axis=1)[None]]
    for values in series:
        samples = values.shape[1]
        slow = dct(values - values.mean(axis=1, keepdims=True), axis=1)[:, 1:11]
        line = np.arange(samples) - (samples - 1) / 2
        jumps = np.arange(samples) >= np.linspace(0, samples, min(_JUMPS, samples) + 1)[1:-1, None]
        for what, shapes in (("straight line in time", line[None]), ("single jump", jumps.astype(float))):
            templates = dct(shapes, axis=1)[:, 1:11]
            templates /= np.maximum(np.linalg.norm(templates, axis=1, keepdims=True), np.finfo(float).tiny)
            explained = ((slow @ templates.T) ** 2).max(axis=1).sum()
            share = explained / max(np.sum(slow**2), np.finfo(float).tiny)
            if share > _STRAIGHT:
                return (
                    f"But a {what} explains {share:.0%} of all that is slow: this may be drift of the recording, or "
                    "one event in it. Remove it, or cut the recording."
                )
    return ""


def swing_warning(autocorrelation: np.ndarray, number: int, bin_size: float) -> str:
    """A warning where the slowest direction swings back: what oscillates slowly is no chain's memory; or nothing.

    The autocorrelation of a feedforward chain falls below zero by no more than its errors (Bartlett's) and a tenth.

    Args:
        autocorrelation: of the slowest direction, (lag,).
        number: of samples.
        bin_size: in units of time.
    """
    lowest = int(np.argmin(autocorrelation))
    error = np.sqrt((2 * np.sum(autocorrelation[: lowest + 1] ** 2) - 1) / number)
    if autocorrelation[lowest] > -max(_SWING * autocorrelation[1], 4 * error):
        return ""
    return (
        f"But the slowest direction swings back: its autocorrelation falls to {autocorrelation[lowest]:.2g} at a lag "
        f"of {lowest * bin_size:.3g}. A slow oscillation does that, and its mode may well be real: the test is for "
        "modes that do not oscillate."
    )
