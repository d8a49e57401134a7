"""The report on a fit: the verdict in plain words, sections with figures and tables, one page."""

from dataclasses import replace

import numpy as np

from numerics.checking import fit_plots
from numerics.checking.fit import Finding, FitReport
from numerics.checking.impostors import PULSE
from numerics.checking.modes import Mode
from numerics.checking.page import Page, Section, Table, Tone, Verdict
from numerics.checking.persistence import LEVEL
from numerics.plot_style import style

_LISTED = 8  # modes


def verdict(report: FitReport) -> Verdict:
    """The finding in one sentence, with its numbers, what to do, and what was guessed.

    Args:
        report: of `check_fit`.
    """
    found = _verdict(report)
    return found if report.unit_given else replace(found, words=f"{found.words}\n\n{_guessed(report)}")


def _guessed(report: FitReport) -> str:
    return (
        f"The time constant of single neurons was not given: the fit's median timescale, {report.unit:.3g}, stands for "
        "it, and with it what counts as slow and as fast. Give it with --time-constant."
    )


def _verdict(report: FitReport) -> Verdict:
    claimed, found = f"{report.claimed:.3g}", report.impostors
    if report.finding is None:
        return Verdict(
            Tone.GOOD,
            "The fit claims no slow mode.",
            f"Its slowest timescale, {claimed}, is below {report.slow:.3g}, from where on a mode is called slow here. "
            "A real slow mode can still be missed: with few neurons recorded a fit over one bin sees it faster than "
            "it is."
            + _missed(report),
        )
    if report.finding is Finding.SUPPORTED:
        return Verdict(
            Tone.GOOD,
            f"The fit may claim its slow mode ({claimed}).",
            "Along the mode the recording's memory lasts at least half as long as claimed, and looks like one "
            "persistent mode.\n\nOf one family of impostors, cascades of fast hidden neurons, those would have passed "
            f"unnoticed that have {found.unnoticed - 1} or more hidden neurons for each slow mode, which takes that "
            f"fewer than {found.fraction:.1%} of the circuit's neurons were recorded. {_vouched(report)} "
            "Impostors of other kinds, and drift, are not covered." + _missed(report),
        )
    if report.finding is Finding.EXPLAINED:
        return Verdict(
            Tone.BAD,
            f"The fit's slow mode ({claimed}) is explained by unobserved neurons.",
            "All covariances over one bin agree with the mode, and that is what made the fit report it. But the "
            f"memory does not last as a mode's would: {_evidence(report)}. Do not call it an attractor. Fast neurons "
            "that were not recorded, in a feedforward arrangement for instance, do this"
            + _stages_needed(report)
            + ".\n\n"
            "What to do: fit with hidden states (latent variables), compare fits over longer lags, or perturb "
            "the circuit.",
        )
    if report.finding is Finding.OVERSTATED:
        return Verdict(
            Tone.DOUBT,
            f"A slow mode is there, but not of {claimed}: rather {report.persistence.timescale:.3g}.",
            f"The recording's memory does not last even half as long as claimed ({_evidence(report)}), yet what there "
            "is looks like one persistent mode. Non-normal amplification makes fits of few neurons overstate a "
            "timescale.",
        )
    if report.finding is Finding.UNSUPPORTED:
        return Verdict(
            Tone.BAD,
            f"The recording does not support the fit's slow mode ({claimed}): the bound is violated.",
            f"Its covariances allow this mode at most {report.modes[0].supported:.3g} over one bin, and no mode of "
            f"any fit more than {report.bounds[1]:.3g}; and later memory does not make up for it: "
            f"{_evidence(report)}. The mode comes from the fit's training, from another recording, or from a mismatch "
            "of neurons or bins.",
        )
    return Verdict(Tone.DOUBT, f"Whether the fit's slow mode ({claimed}) is real cannot be told.", _undecided(report))


def _vouched(report: FitReport) -> str:
    return f"At least {report.vouched:.0%} of the circuit is taken to have been recorded (--fraction says how much)."


def _undecided(report: FitReport) -> str:
    found = report.impostors
    if report.memory.too_short:
        return (
            f"The recording has {report.recording}: too short to follow a memory of {report.claimed:.3g}. Record at "
            f"least {20 * report.claimed:.3g} in trials of at least {3 * report.claimed:.3g}."
        )
    if report.contradicted:
        return (
            f"The recording contradicts the mode as the fit has it: {_evidence(report)}. But along it the recording "
            f"remembers for {report.persistence.memory:.3g}, or {report.persistence.memory / report.unit:.0f} time "
            f"constants of single neurons: more than a feedforward chain of {report.stages} stages could. It may be "
            "several slow modes, a slow oscillation, drift, or a longer chain.\n\n"
            "What to do: fit with latent states, remove drift, or perturb the circuit."
        )
    if report.modes[0].supported < report.claimed / 2:
        return (
            f"The recording's covariances allow this mode at most {report.modes[0].supported:.3g} over one bin, yet "
            "its later memory does not contradict the claim. Observation noise that the fit models looks like this, "
            "and so does a recording that is too short to contradict anything.\n\n"
            f"What to do: record more than {report.duration:.3g}, average neurons or bins to lower the noise, or fit "
            "again."
        )
    if found is None:
        return f"The mode is no slower than single neurons ({report.unit:.3g}); there is nothing to explain away."
    return (
        "Nothing contradicts the mode, but an impostor would have passed as well: "
        f"{found.unnoticed - 1} hidden neurons, as fast as single ones ({report.unit:.3g}), would explain it away "
        f"unnoticed, that is if {found.fraction:.1%} of the circuit or less was recorded. "
        f"{_vouched(report)}\n\n"
        f"What to do: {_longer(found.time_needed, report.duration)}perturb: about "
        f"{max(1, np.ceil(found.pulse_trials)):.3g} pulses of {PULSE:g} standard deviations along the mode, read out "
        f"{found.pulse_time:.3g} later; or record more of the circuit, so that you can be sure of more than "
        f"{found.fraction:.1%}. All this is relative to one family of impostors, cascades of fast hidden neurons."
    )


def _longer(needed: float, recorded: float) -> str:
    if needed > recorded:
        return (
            f"record about {needed:.3g} (you have {recorded:.3g}), after which the best test can tell the mode from "
            "the impostor that this fraction allows; or "
        )
    return (
        f"a test that knew both candidates would need about {needed:.3g} of the {recorded:.3g} you have, but the "
        "impostor's connections are not known to this one; so "
    )


def _evidence(report: FitReport) -> str:
    memory, parts = report.memory, []
    if memory.rejected:
        p_value = min(memory.shape_p_value, memory.level_p_value if memory.gone else 1.0)
        parts.append(f"a mode of even half that timescale would decline as fast with probability {p_value:.2g} or less")
    if report.persistence is not None and report.persistence.rejected:
        parts.append(
            "no one persistent mode, of any timescale, has its spectrum "
            f"(p = {report.persistence.p_value:.2g}, rejected at {LEVEL:g})"
        )
    return ", and ".join(parts)


def _stages_needed(report: FitReport) -> str:
    if report.persistence is None:
        return ""
    needed = max(1, np.ceil(report.persistence.memory / report.unit))
    return f"; memory of {report.persistence.memory:.3g} takes a chain of about {needed:.0f} stages"


def _missed(report: FitReport) -> str:
    if report.persistence is None or report.persistence.timescale < 2 * report.claimed:
        return ""
    return (
        f" Along the slowest mode the recording remembers for {report.persistence.timescale:.3g}: the fit understates "
        "it, as fits of few neurons do."
    )


def page(report: FitReport, provenance: dict[str, str]) -> Page:
    """The report as a page, figures drawn.

    Args:
        report: of `check_fit`.
        provenance: what was computed, for its foot.
    """
    with style():
        sections = (_memory(report), _bounds(report), _impostors(report), _refits(report))
        made = Page(
            "May this fitted network claim its slow modes?", verdict(report), tuple(filter(None, sections)), provenance
        )
    return made


def _memory(report: FitReport) -> Section | None:
    if report.memory is None:
        return None
    impostor = "" if report.impostors is None else ", and an impostor of fast hidden neurons (dashed)"
    return Section(
        "Does the memory last?",
        "The recording is projected on the fit's slowest mode. If the mode is real, its autocorrelation declines as "
        "the claimed timescale says, within the shaded band (95% of recordings of this length in which the claim is "
        "true). All times are in the unit of the recording's bin size. If hidden neurons made it, it follows the "
        "claim over one bin, and then falls sooner.\n\nSlower than "
        "claimed is no objection: with few neurons recorded a real mode is understated.",
        figure=fit_plots.memory(report),
        caption="Autocorrelation of the recording along the slowest mode (dots), the claim (line and band), half the "
        f"claimed timescale (dotted){impostor}, against the lag.",
    )


def _bounds(report: FitReport) -> Section:
    rows = tuple(
        (
            str(number + 1),
            f"{mode.timescale:.4g}" + ("" if np.isinf(mode.period) else f" (period {mode.period:.3g})"),
            f"{mode.supported:.4g}",
            _within(mode),
            f"{mode.condition:.3g}",
        )
        for number, mode in enumerate(report.modes[:_LISTED])
    )
    return Section(
        "What the covariances allow",
        "In a stationary network a mode that lasts must vary much and change little. Along each mode, what the "
        "recording varies and changes from bin to bin bounds the timescale: `1 - |l|^2 = u*Qu / u*Su`, with l "
        "the mode's eigenvalue over a bin, u its left eigenvector, S the covariance of the activity and Q that of what "
        "the fit leaves unexplained. Over all modes of any fit of these neurons the bound is "
        f"{report.bounds[1]:.4g} (and a regression's modes are no "
        f"faster than {report.bounds[0]:.3g}). Observation noise lowers the bound; a fit that models it may exceed "
        "it.\n\nA mode within its bound may still be false: to be allowed is not to be true.",
        table=Table(("mode", "claimed timescale", "allowed at most", "within?", "sensitivity |u||v|/|u.v|"), rows),
    )


def _within(mode: Mode) -> str:
    if np.isnan(mode.supported):
        return "not seen"
    if mode.supported >= 0.9 * mode.timescale:
        return "yes"
    return "not quite" if mode.supported >= 0.5 * mode.timescale else "no"


def _impostors(report: FitReport) -> Section | None:
    if not report.slow_modes:
        return None
    ratio, found = report.claimed / report.unit, report.impostors
    rows = [
        ("feedforward chain, its last neuron recorded", f"{min(1.0, 4 / (np.pi * ratio**2)):.2%}"),
        ("strong null low-rank recurrence, on average", f"{2 / (ratio + 1):.2%}"),
    ]
    if found is not None:
        rows.append(
            (f"cascades: {found.fewest - 1} hidden neurons for each slow mode", _fraction(report, found.fewest))
        )
        rows.append((f"cascades unnoticed by this recording: {found.unnoticed - 1}", f"{found.fraction:.2%}"))
    return Section(
        "Who else would look like this?",
        "Circuits without any slow mode, of which a fit over one bin reports this one, and the fraction of neurons "
        f"that may be observed for that (with a time constant of single neurons of {report.unit:.3g}).",
        table=Table(("circuit", "fraction of neurons observed"), tuple(rows)),
    )


def _fraction(report: FitReport, cascade: int) -> str:
    recorded = len(report.modes[0].direction)
    return f"{recorded / (recorded + report.slow_modes * (cascade - 1)):.2%}"


def _refits(report: FitReport) -> Section:
    rows = [("this fit", f"{report.claimed:.4g}")]
    rows += [(refit.name, f"{refit.timescale:.4g}" if np.isfinite(refit.timescale) else "-") for refit in report.refits]
    return Section(
        "Do other fits agree?",
        "The same recording, fitted over longer lags, in halves, and with latent states. A true timescale is flat in "
        "the lag, or rises where few neurons are seen; an invented one falls. At lags beyond the memory a regression "
        "fits noise, and reports anything.\n\nThe fit's own covariances depart from the recording's by "
        f"{report.covariance_errors[0]:.1%} at one bin and {report.covariance_errors.max():.1%} at most (of the "
        "equal-time covariance).",
        figure=fit_plots.sweep(report),
        table=Table(("fit", "slowest timescale"), tuple(rows)),
        caption="Slowest timescale of regressions over increasing lags, for the whole recording and its halves, "
        "with the claim as a line.",
    )
