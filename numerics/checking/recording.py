"""Is the memory in a recording a persistent mode? Checks that need no truth."""

import functools
from dataclasses import dataclass

import numpy as np

from numerics.checking.persistence import GAP, Persistence, longest_timescale, persistence
from numerics.checking.preparation import prepare
from numerics.checking.recording_verdict import CAVEATS, Mode, drift_warning, swing_warning, verdict_of
from numerics.checking.reversibility import Reversibility, reversibility
from numerics.checking.spectrum import autocorrelation
from numerics.checking.sweeps import Sweep, lag_sweep, order_sweep
from numerics.recordings.blocks import Blocks, WeightedBlocks
from numerics.recordings.recording import Recording
from theory.checks import count, instance, positive
from theory.circuits.timescales import persistent_from
from theory.errors import ProblemError
from theory.students import Autoregression
from theory.students.student import regression

_FEWEST = 16


@dataclass(frozen=True, eq=False)
class RecordingReport:
    """What a recording says about persistent modes, with the numbers it rests on.

    Args:
        mode: whether a persistent mode is real, invented, or one cannot tell; or no fit claims one.
        reasons: sentences behind it.
        notes: what was done to the recording, and what might mislead.
        claimed: the slowest timescale that a fit of the recording reports, at any lag, in units of time.
        time_constant: of a single unit, given or estimated, in units of time.
        least: timescale from which on a mode counts as persistent, in units of time.
        time_needed: recording time at which to expect an answer where there is none; nan where there is one.
        reversibility: whether reversible explanations are rejected.
        persistence: the test of one persistent mode, or None where the recording is too short for it.
        lags: the slowest timescale over lags.
        autocorrelation: of the slowest direction, (lag,).
        recording: as it was tested, in components.
    """

    mode: Mode
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    claimed: float
    time_constant: float
    least: float
    time_needed: float
    reversibility: Reversibility
    persistence: Persistence | None
    lags: Sweep
    autocorrelation: np.ndarray
    recording: Recording

    @functools.cached_property
    def orders(self) -> Sweep | None:
        """The slowest timescale over latent orders, which decides nothing; None where the recording is too short."""
        return order_sweep(self.recording) if self.recording.samples >= 64 else None

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
    test, and nothing is asked if no fit reports a persistent mode, 20 times slower than a single unit
    (`theory.circuits.timescales.persistent_from`). Otherwise the slowest direction's spectrum is tested for one mode a
    factor of ten above all others (`persistence`), and its memory is measured:

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
    least = persistent_from(time_constant, indicator_decay)
    lags = lag_sweep(prepared, longest)
    try:
        test, why = persistence(signal, bin_size, least), ""
    except ProblemError as error:
        test, why = None, str(error)
    claimed = lags.slowest
    mode, reasons, needed = verdict_of(test, why, claimed, least, time_constant, stages, indicator_decay, prepared)
    remembered = autocorrelation(signal, int(longest))
    doubt = drift_warning(signal) if mode is not Mode.INVENTED else swing_warning(remembered, signal.size, bin_size)
    if doubt and mode is not Mode.NONE:
        mode, reasons, needed = Mode.CANNOT_TELL, (*reasons, doubt), np.nan
    if mode in CAVEATS:
        reasons = (*reasons, CAVEATS[mode])
    return RecordingReport(
        mode,
        reasons,
        notes,
        claimed,
        time_constant,
        least,
        needed,
        reversibility(prepared.activity, signal, longest, seed),
        test,
        lags,
        remembered,
        prepared,
    )


def _slowest_direction(recording: Recording) -> tuple[np.ndarray, float, str]:
    """The activity along the slowest mode of a one-bin fit; the other modes' median timescale; a note.

    The projection on the left eigenvector of a real mode is that mode's own activity. The direction is found in one
    half of the recording and applied to the other, each way round, so that it is not fitted to the noise it meets.

    Returns:
        The signal, (trial, time): two halves of time count as trials where there is one trial only.
    """
    cut = Blocks(recording, 2)
    halves = [cut.weighted(weights) for weights in np.eye(2)]
    pieces = [part @ _slowest(one) for one, other in (halves, halves[::-1]) for part in other.stretches()]
    samples = min(map(len, pieces))  # an odd one out of a single trial
    signal = np.stack([piece[:samples] for piece in pieces])
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


def _slowest(half: WeightedBlocks) -> np.ndarray:
    """Left eigenvector of the slowest mode, or the direction of largest autocorrelation at one bin where it turns.

    Of unit variance in the half it comes from, and zero for neurons that are silent there.
    """
    now, later = half.lagged_covariance([0, 1])
    varies = np.diagonal(now) > 1e-10
    if not varies.any():
        raise ProblemError("nothing varies in one half of the recording: leave that half out.")
    now, later = (C[np.ix_(varies, varies)] for C in (now, later))
    values, vectors = np.linalg.eig(regression(later, now, 0.0).T)
    slowest = int(np.argmax(np.abs(values)))
    direction = vectors[:, slowest].real
    if abs(values[slowest].imag) > 1e-9 or values[slowest].real < 0:
        whitening = np.linalg.inv(np.linalg.cholesky(now))
        direction = whitening.T @ np.linalg.eigh(whitening @ (later + later.T) @ whitening.T)[1][:, -1]
    whole = np.zeros(varies.size)
    whole[varies] = direction / np.sqrt(direction @ now @ direction)
    return whole
