"""What a fitted network may claim of the circuit it was fitted to: computed from the recording and its weights."""

import enum
from dataclasses import dataclass

import numpy as np

from numerics.checking.impostors import Impostors, impostors
from numerics.checking.mode_memory import Memory, MemoryTest, memory_along
from numerics.checking.modes import Mode, StationaryLaw, modes_of
from numerics.checking.persistence import Persistence, persistence
from numerics.checking.preparation import require_scale
from numerics.checking.refits import Refit, lag_refits, refits
from numerics.checking.weights import Weights
from numerics.recordings import Recording
from theory.checks import count, instance, positive
from theory.circuits.timescales import persistent_from
from theory.errors import ProblemError
from theory.partial_observation.expected_timescales import fraction_observed
from theory.partial_observation.supported_timescale import supported_timescales

SURROGATES = 200
FEWEST = 16
"""Samples in a trial."""
STAGES = 200
"""Of a feedforward chain that is thought possible, as in `check_recording`."""


class Finding(enum.Enum):
    """What is found about a slow mode."""

    SUPPORTED = "may be claimed"
    OVERSTATED = "is there, but shorter"
    EXPLAINED = "is explained by unobserved neurons"
    UNSUPPORTED = "is not supported by the recording"
    UNDECIDED = "cannot be told"


@dataclass(frozen=True, eq=False)
class FitReport:
    """What `check_fit` found. Timescales are in units of time.

    Args:
        finding: about the slowest mode; None where the fit claims no slow mode.
        modes: of the fit, slowest first.
        slow_modes: how many of them are slow (a pair that oscillates counts as two).
        unit: time constant of single neurons, as given or as the fit's median timescale.
        unit_given: whether it was given.
        slow: from where on a mode is called slow.
        bounds: R1's shortest and longest timescale for any fit of this recording over one bin.
        refits: by other procedures, or of parts of the recording.
        lags: of the sweep, in bins, (lag,).
        sweep: slowest timescale of regressions over these lags, for the whole recording and its halves, (3, lag).
        covariance_errors: `|C_fit(k) - C(k)| / |C(0)|` at these lags, (lag,); of the fit's own stationary law.
        memory: along the slowest mode, or None.
        persistence: of the recording along the slowest mode; None where it is too short, or the mode oscillates.
        impostors: of the slowest mode; None unless it stands, or might.
        stages: of a feedforward chain that are thought possible.
        vouched: fraction of the circuit that the user vouches for.
        recording: in words.
        duration: in units of time.
        bin_size: in units of time.
    """

    finding: Finding | None
    modes: tuple[Mode, ...]
    slow_modes: int
    unit: float
    unit_given: bool
    slow: float
    bounds: tuple[float, float]
    refits: tuple[Refit, ...]
    lags: np.ndarray
    sweep: np.ndarray
    covariance_errors: np.ndarray
    memory: Memory | None
    persistence: Persistence | None
    impostors: Impostors | None
    stages: int
    vouched: float
    recording: str
    duration: float
    bin_size: float

    @property
    def claimed(self) -> float:
        """The slowest timescale that the fit claims."""
        return self.modes[0].timescale

    @property
    def contradicted(self) -> bool:
        """Whether the recording rejects the slowest mode: even half its timescale, or any one persistent mode."""
        return self.memory is not None and _contradicted(self.memory, self.persistence)

    def __str__(self) -> str:
        from numerics.checking.fit_words import verdict

        found = verdict(self)
        return f"{found.sentence}\n{found.words}"


def check_fit(
    recording: Recording,
    weights: Weights,
    *,
    time_constant: float | None = None,
    slow: float | None = None,
    fraction: float = 0.1,
    stages: int = STAGES,
    surrogates: int = SURROGATES,
    seed: int = 0,
) -> FitReport:
    """Check the slow modes that a fitted network claims against the recording it was fitted to.

    1. *What covariances allow* (R1, `theory.partial_observation.supported_timescales`): in a stationary network
       `1 - |l|^2 = u^* Q u / u^* S u` for each left eigenvector u, so a mode can be no slower than the recording's
       covariance and one-bin changes along u permit.
    2. *Whether the memory lasts*: along u, the recording's autocorrelation must fall as the claimed timescale says,
       at lags up to twice that timescale. Where hidden neurons made the mode it falls sooner, though
       all covariances over one bin agree. See `MemoryTest`: even half of the claim is tested; and
       `numerics.checking.persistence`: whether any one persistent mode has the spectrum seen. A mode so refused is
       explained by hidden neurons only if the memory is one that `stages` of them can have; longer memory may
       be several slow modes, drift, or a longer chain, and nothing is decided.
    3. *Who else would have passed*: impostors of n fast hidden neurons (`theory.partial_observation.ModeImpostor`) for
       which a fit over one bin reports the same mode. The fewest that would not have been noticed give the
       fraction of neurons below which the mode can be explained away.

    Other fits of the same recording, and of its halves, are reported but decide nothing.

    Assumptions: the fit is linear, or linearised; activity is stationary and about Gaussian; bins are shorter than
    the claimed timescale. A drift of the recording looks like a slow mode. "Hidden neurons" have time constants no
    longer than `time_constant`; a circuit with slow cells needs none. The direction u comes with the fit, most often
    fitted to the recording it is tested on. For regressions over 20,000 bins that hardly shows: of 108 line attractors
    the test of persistence, at a nominal two percent, rejected 8 along u and 6 along a direction from the other half of
    the recording; it is now used at one percent. A fit with more parameters for its data might inflate it: better check
    it on a recording it was not fitted to.

    Args:
        recording: what was fitted, or another recording of the same neurons.
        weights: of the fit.
        time_constant: of single neurons, in units of time; None takes the weights', or the fit's median timescale.
        slow: from where on a mode is called slow, in units of time; None is 20 time constants.
        fraction: of the circuit that was recorded at least, as far as is known: a mode is supported only if smaller
            fractions are needed to explain it away.
        stages: of a feedforward chain that is thought possible: memory of more time constants is not put down to one.
        surrogates: how many are drawn.
        seed: of the draws.

    Raises:
        ProblemError: rows and neurons, or bins, that do not match; numbers out of range.
        UnstableSystemError: a mode of the fit does not decay.

    >>> from numerics.recordings import record
    >>> from theory import circuits, students
    >>> recording = record(circuits.feedforward_chain(60, skip=1.0, rotated=True), 20_000, 1.0, observed=range(12))
    >>> fit = students.Autoregression().fit(recording)
    >>> report = check_fit(recording, Weights(propagator=fit.propagator), time_constant=1.0)
    >>> report.finding.value, report.claimed > 20
    ('is explained by unobserved neurons', True)
    """
    instance(recording, Recording, "recording")
    instance(weights, Weights, "weights")
    vouched, surrogates = fraction_observed(fraction), count(surrogates, "surrogates", least=40)
    stages = count(stages, "stages")
    propagator = weights.over(recording.bin_size)
    rows, columns = weights.readout(recording.neurons)
    require_scale(recording)
    if recording.samples < FEWEST:
        raise ProblemError(f"the trials have {recording.samples} samples; to check a fit takes at least {FEWEST}.")
    recording = Recording(recording.activity[:, :, columns], recording.bin_size)
    law = StationaryLaw.of(weights, propagator, rows, recording)
    modes = modes_of(law, recording)
    given = time_constant if time_constant is not None else weights.time_constant
    unit = _unit(modes, recording, given)
    slow = persistent_from(unit) if slow is None else positive(slow, "slow")
    slow_modes = sum(mode.timescale >= slow for mode in modes)

    bins = recording.bin_size
    longest = max(2, min(recording.samples // 4, int(2 * modes[0].timescale / bins) + 1))
    lags = np.unique(np.round(np.geomspace(1, longest, 16)).astype(int))
    finding = memory = found = lasting = None
    if slow_modes:
        if np.isnan(modes[0].supported):
            raise ProblemError(
                f"the fit's slowest mode ({modes[0].timescale:.3g}) does not reach any recorded neuron, so no "
                "recording of them can say anything about it. Leave out the hidden rows that make it."
            )
        test = MemoryTest(modes[0].timescale, bins, recording.trials, recording.samples, surrogates, seed)
        memory = memory_along(test, modes[0], recording, lags)
        lasting = _persistence(recording, modes[0], slow)
        if not memory.too_short and not _contradicted(memory, lasting) and unit < modes[0].timescale:
            found = impostors(test, memory.share, bins, unit, recording.neurons, slow_modes, vouched)
        finding = _finding(memory, lasting, modes[0], slow, stages * unit, found, vouched)
    return FitReport(
        finding=finding,
        modes=modes,
        slow_modes=slow_modes,
        unit=unit,
        unit_given=given is not None,
        slow=slow,
        bounds=supported_timescales(recording),
        refits=refits(recording),
        lags=lags,
        sweep=lag_refits(recording, lags),
        covariance_errors=law.errors(recording, lags),
        memory=memory,
        persistence=lasting,
        impostors=found,
        stages=stages,
        vouched=vouched,
        recording=f"{recording.neurons} neurons, {recording.trials} trials of {recording.samples} bins of {bins:g}",
        duration=recording.duration,
        bin_size=bins,
    )


def _unit(modes, recording: Recording, given: float | None) -> float:
    """Time constant of single neurons: given, or the fit's median timescale where that is no hundredth of a bin."""
    least = recording.bin_size / 100
    if modes[0].timescale < least:
        raise ProblemError(
            f"the fit forgets everything within a bin (its slowest timescale is {modes[0].timescale:.3g}, the bin "
            f"{recording.bin_size:.3g}): there is no mode to check. Are its weights in another unit of time?"
        )
    if given is None:
        return max(least, float(np.median([mode.timescale for mode in modes])))
    if not recording.bin_size / 1e6 <= positive(given, "time_constant") <= recording.duration:
        raise ProblemError(
            f"time_constant = {given:.3g} of single neurons, but the recording lasts {recording.duration:.3g} in bins "
            f"of {recording.bin_size:.3g}: give it in the recording's unit of time."
        )
    return given


def _finding(memory, lasting, mode: Mode, slow: float, chain: float, found, vouched: float) -> Finding:
    """The tests in words; `chain` is how long the longest chain thought possible remembers."""
    if _contradicted(memory, lasting):
        if mode.supported < mode.timescale / 2:
            return Finding.UNSUPPORTED
        if lasting is not None and not lasting.rejected and lasting.timescale >= slow:
            return Finding.OVERSTATED
        return Finding.EXPLAINED if lasting is None or lasting.memory < chain else Finding.UNDECIDED
    if memory.too_short or found is None or found.fraction > vouched or mode.supported < mode.timescale / 2:
        return Finding.UNDECIDED
    return Finding.SUPPORTED


def _contradicted(memory: Memory, lasting: Persistence | None) -> bool:
    return memory.rejected or (lasting is not None and lasting.rejected)


def _persistence(recording: Recording, mode: Mode, slow: float) -> Persistence | None:
    if np.isfinite(mode.period):
        return None
    try:
        return persistence((recording.centred() @ mode.direction).real, recording.bin_size, slow)
    except ProblemError:  # too short for it
        return None
