"""Is the memory in a recording a persistent mode? Checks that need no truth."""

import enum
from dataclasses import dataclass

import numpy as np
from scipy.fft import dct

from numerics.checking.persistence import GAP, Persistence, longest_timescale, persistence
from numerics.checking.preparation import prepare
from numerics.checking.reversibility import Reversibility, reversibility
from numerics.checking.spectrum import autocorrelation
from numerics.checking.sweeps import Sweep, lag_sweep, order_sweep
from numerics.recordings.recording import Recording
from theory.checks import count, instance, positive
from theory.errors import ProblemError
from theory.students import Autoregression

_FEWEST = 16
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


_CAVEATS = {
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


@dataclass(frozen=True, eq=False)
class RecordingReport:
    """What a recording says about persistent modes, with the numbers it rests on.

    Args:
        mode: whether a persistent mode is real, invented, or one cannot tell; or no fit claims one.
        reasons: sentences behind it.
        notes: what was done to the recording, and what might mislead.
        claimed: the slowest timescale that a fit of the recording reports, at any lag, in units of time.
        time_constant: of a single unit, given or estimated, in units of time.
        time_needed: recording time at which to expect an answer where there is none; nan where there is one.
        reversibility: whether reversible explanations are rejected.
        persistence: the test of one persistent mode, or None where the recording is too short for it.
        lags: the slowest timescale over lags.
        orders: the slowest timescale over latent orders, or None where the recording is too short.
        autocorrelation: of the slowest direction, (lag,).
        recording: as it was tested, in components.
    """

    mode: Mode
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    claimed: float
    time_constant: float
    time_needed: float
    reversibility: Reversibility
    persistence: Persistence | None
    lags: Sweep
    orders: Sweep | None
    autocorrelation: np.ndarray
    recording: Recording

    def __str__(self) -> str:
        first = "are rejected" if self.reversibility.rejected else "are not rejected"
        lines = [f"(a) reversible explanations {first}", f"(b) a persistent mode: {self.mode.value}"]
        return "\n".join([*lines, "", *self.reasons, *self.notes])


def check_recording(
    recording: Recording,
    time_constant: float | None = None,
    stages: int = 200,
    seed: int = 0,
    indicator_decay: float = 0.0,
) -> RecordingReport:
    """Say whether a recording's memory is a persistent mode, without knowing the circuit.

    Networks fitted to some neurons of a circuit report slow modes where feedforward chains carry the memory. Two
    questions, answered separately:

    (a) *Are reversible explanations rejected?* (symmetric line attractors among them); see `reversibility`.

    (b) *A persistent mode is real, invented, or one cannot tell.* One cannot where the recording is too short for the
    test, and nothing is asked if no fit reports a timescale ten times the single unit's. Otherwise the slowest
    direction's spectrum is tested for one mode a factor of ten above all others (`persistence`), and its memory is
    measured:

        one mode is rejected, memory below `stages` time constants         invented: fits of such memory make slow modes
        one mode is not rejected, memory above `stages` time constants     real: a chain would need more stages
        anything else; a straight drift or one jump; a slow oscillation;
        or one mode is rejected, but a slower one than can be tried fits   cannot tell

    A chain of N stages remembers for at most about N time constants, so the second line says *how many neurons in a
    row* the rival would need; `stages` is how many the experimenter finds possible.

    *Real* is said of the recorded activity. Who makes the mode no recording of activity alone can say: the circuit, a
    slow input that was not given, or a calcium indicator (give its decay).

    Assumptions: stationary; near Gaussian; all neurons observed in the same way; time bins no longer than the memory.

    Args:
        recording: of some neurons.
        time_constant: of a single unit (membrane or synapse), in units of time; None takes the median of the
            timescales of a one-bin fit, the slowest left out, or the bin if that is longer.
        stages: of a feedforward chain that is thought possible.
        seed: of the draws behind the reversibility test.
        indicator_decay: time constant t of the decay of a calcium indicator, in units of time; 0 where signals are
            not filtered. A mode is then persistent if it is ten times slower than the indicator, too, and a chain is
            granted the indicator's own memory, `t ln(sqrt(samples) / 3)` until it is lost in noise.

    Raises:
        ProblemError: a recording too short to fit at all.

    >>> from numerics.recordings import record
    >>> from theory.circuits import feedforward_chain
    >>> chain = feedforward_chain(100, skip=0.5, rotated=True)
    >>> report = check_recording(record(chain, 20_000, 1.0, observed=range(10)), time_constant=1.0)
    >>> report.mode.value, report.reversibility.rejected
    ('invented', True)
    """
    recording, stages = instance(recording, Recording, "recording"), count(stages, "stages")
    if time_constant is not None:
        time_constant = positive(time_constant, "time_constant")
        if time_constant > recording.duration:
            raise ProblemError(
                f"time_constant = {time_constant:.3g} of single neurons, but the recording lasts "
                f"{recording.duration:.3g}: give it in the recording's unit of time."
            )
    indicator_decay = positive(indicator_decay, "indicator_decay", allow_zero=True)
    if recording.samples < _FEWEST:
        raise ProblemError(
            f"the trials have {recording.samples} samples; to look for memory takes at least {_FEWEST}: record longer."
        )
    prepared, notes = prepare(recording)
    signal, fast, oscillation = _slowest_direction(prepared)
    bin_size, longest = prepared.bin_size, longest_timescale(*signal.shape)
    if time_constant is None:
        time_constant = max(fast, bin_size)
        what = "the bin" if time_constant == bin_size else "the median timescale of a one-bin fit, the slowest left out"
        notes += (f"The time constant of a single unit was not given: {time_constant:.3g} is {what}.",)
    notes += (oscillation,) if oscillation else ()
    if indicator_decay:
        notes += (
            f"A calcium indicator's decay, {indicator_decay:.3g}, was given: a mode must be {GAP:.0f} times slower "
            "than that, too, and a chain is granted the indicator's memory beside its own.",
        )
    lags = lag_sweep(prepared, longest)
    try:
        test, why = persistence(signal, bin_size, max(time_constant, indicator_decay)), ""
    except ProblemError as error:
        test, why = None, str(error)
    claimed = lags.slowest
    mode, reasons, needed = _judge(
        test, why, claimed, time_constant, stages, indicator_decay, prepared
    )
    remembered = autocorrelation(signal, int(longest))
    doubt = _drift(signal) if mode is not Mode.INVENTED else _swing(remembered, signal.size, bin_size)
    if doubt and mode is not Mode.NONE:
        mode, reasons, needed = Mode.CANNOT_TELL, (*reasons, doubt), np.nan
    if mode in _CAVEATS:
        reasons = (*reasons, _CAVEATS[mode])
    return RecordingReport(
        mode,
        reasons,
        notes,
        claimed,
        time_constant,
        needed,
        reversibility(prepared.activity, signal, longest, seed),
        test,
        lags,
        order_sweep(prepared) if prepared.samples >= 64 else None,
        remembered,
        prepared,
    )


def _judge(test, why, claimed, time_constant, stages, indicator_decay, prepared) -> tuple[Mode, tuple[str, ...], float]:
    """The verdict, its reasons, and the recording time needed."""
    if test is None:
        return Mode.CANNOT_TELL, (why,), np.nan
    slower_than, duration = max(time_constant, indicator_decay), prepared.duration
    persistent, what = GAP * slower_than, "the single unit's" if slower_than == time_constant else "the indicator's"
    if max(claimed, test.memory) < persistent:
        reason = (
            f"{_reported(claimed)}, and the memory ends after {test.memory:.3g}: both are less than {GAP:.0f} times "
            f"{what} {slower_than:.3g}, and nobody would call that persistent."
        )
        return Mode.NONE, (reason,), np.nan
    if claimed < persistent:
        claim = f"{_reported(claimed)}: observation noise can hide a slow mode from fits, not from its autocorrelation."
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


def _slowest_direction(recording: Recording) -> tuple[np.ndarray, float, str]:
    """The activity along the slowest mode of a one-bin fit; the other modes' median timescale; a note.

    The projection on the left eigenvector of a real mode is that mode's own activity. The direction is found in one
    half of the recording and applied to the other, each way round, so that it is not fitted to the noise it meets.

    Returns:
        The signal, (trial, time): two halves of time count as trials where there is one trial only.
    """
    halves = np.array_split(recording.activity, 2) if recording.trials > 1 else np.array_split(
        recording.activity[:, : recording.samples // 2 * 2], 2, axis=1
    )
    one, other = (Recording(half, recording.bin_size) for half in halves)
    signal = np.concatenate([other.centred() @ _slowest(one), one.centred() @ _slowest(other)])
    fit = Autoregression().fit(recording)
    value = fit.eigenvalues()[0]
    others = fit.timescales()[1:] if recording.neurons > 1 else np.zeros(1)
    period = 2 * np.pi * recording.bin_size / max(abs(np.angle(value)), 1e-12)
    if period > 2 * np.pi * fit.slowest():
        return signal, float(np.median(others)), ""
    return signal, float(np.median(others)), (
        f"The slowest mode of a one-bin fit oscillates, with a period of {period:.3g}: a persistent mode is "
        "looked for along the direction that changes least from bin to bin."
    )


def _slowest(recording: Recording) -> np.ndarray:
    """Left eigenvector of the slowest mode, or the direction of largest autocorrelation at one bin where it turns.

    Of unit variance in the recording it comes from.
    """
    fit = Autoregression().fit(recording)
    values, vectors = np.linalg.eig(fit.propagator.T)
    slowest = int(np.argmax(np.abs(values)))
    direction = vectors[:, slowest].real
    if abs(values[slowest].imag) > 1e-9 or values[slowest].real < 0:
        now, later = recording.lagged_covariance([0, 1])
        whitening = np.linalg.inv(np.linalg.cholesky(now))
        direction = whitening.T @ np.linalg.eigh(whitening @ (later + later.T) @ whitening.T)[1][:, -1]
    return direction / np.sqrt(direction @ fit.covariance @ direction)


def _drift(signal: np.ndarray) -> str:
    """A warning where a straight line or one jump explains nearly all that is slow; or nothing.

    Within trials, or over them. Of the ten slowest cosines of a random walk a line explains more than nine tenths in
    few draws, and so does the best jump.
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


def _swing(autocorrelation: np.ndarray, number: int, bin_size: float) -> str:
    """A warning where the slowest direction swings back: what oscillates slowly is no chain's memory; or nothing.

    The autocorrelation of a feedforward chain falls below zero by no more than its errors (Bartlett's) and a tenth.
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
