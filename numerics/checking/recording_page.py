"""The report of `check_recording` as a page: its words, and plots of what they rest on."""

import matplotlib.pyplot as plt
import numpy as np

from numerics.checking.page import Page, Section, Table, Tone, Verdict
from numerics.checking.persistence import GAP
from numerics.checking.recording import RecordingReport
from numerics.checking.recording_verdict import Mode
from numerics.checking.reversibility import LEVEL
from numerics.plot_style import PALETTE, style

_WIDTH, _HEIGHT = 6.4, 2.5
_TONES = {Mode.REAL: Tone.GOOD, Mode.INVENTED: Tone.BAD, Mode.CANNOT_TELL: Tone.DOUBT, Mode.NONE: Tone.GOOD}
_SENTENCES = {
    Mode.REAL: "This recorded activity has a persistent mode.",
    Mode.INVENTED: "A persistent mode fitted to this recording would be invented.",
    Mode.CANNOT_TELL: "This recording cannot tell whether its memory is a persistent mode.",
    Mode.NONE: "No persistent mode is seen in this recording.",
}


def recording_page(report: RecordingReport, provenance: dict[str, str]) -> Page:
    """The page of a report.

    Args:
        report: of `check_recording`.
        provenance: what was computed, when and by what.
    """
    rejected = report.reversibility.rejected
    reversible = (
        "Separately: explanations by circuits in detailed balance, whose statistics look the same backwards in time "
        f"(symmetric line attractors among them), are {'' if rejected else 'not '}rejected (at {LEVEL:.0%})."
    )
    persistent = f"A persistent mode: {report.mode.value}."
    with style():
        sections = [
            Section("What was recorded", "\n\n".join((_facts(report), *report.notes))),
            _memory(report),
            *([_spectrum(report)] if report.persistence else []),
            _sweeps(report),
            _reversibility(report),
        ]
    words = "\n\n".join((persistent, *report.reasons, reversible))
    return Page(
        heading="Is there a persistent mode in this recording?",
        verdict=Verdict(_TONES[report.mode], _SENTENCES[report.mode], words),
        sections=tuple(sections),
        provenance=provenance,
    )


def _facts(report: RecordingReport) -> str:
    recording = report.recording
    trials = f"{recording.trials} trial{'s' if recording.trials > 1 else ''}"
    return (
        f"{trials} of {recording.samples} bins of {recording.bin_size:g}, as {recording.neurons} "
        f"standardised components. Time constant of a single unit: {report.time_constant:.3g}. All times on this "
        f"page are in the unit of the bin size. A mode counts as persistent from {report.least:.3g} on, if it is "
        f"{GAP:.0f} times slower than all others."
    )


def _memory(report: RecordingReport) -> Section:
    r, bin_size = report.autocorrelation, report.recording.bin_size
    lags = bin_size * np.arange(r.size)
    figure, axes = plt.subplots(figsize=(_WIDTH, _HEIGHT))
    axes.plot(lags[1:], r[1:], ".", ms=3, color="0.35", label="recording, slowest direction")
    caption = "Autocorrelation of the slowest direction over the lag."
    if report.persistence is not None:
        test = report.persistence
        axes.plot(lags[1:], r[1] * np.exp(-(lags[1:] - bin_size) / test.timescale), color=PALETTE[0],
                  label=f"one mode of timescale {test.timescale:.3g}")
        axes.axvline(test.memory, color=PALETTE[1], ls="--", lw=1, label=f"memory {test.memory:.3g}")
        axes.set_xlim(0, min(lags[-1], 4 * max(test.memory, 5 * bin_size)))
        caption += (
            " The memory ends where the autocorrelation first falls below three standard errors. A short recording "
            "of a slow mode ends sooner than the mode, because its mean is subtracted."
        )
    axes.axhline(0, color="0.8", lw=0.6, zorder=0)
    axes.set(xlabel="lag (units of time)", ylabel="autocorrelation", ylim=(min(-0.2, r.min()), 1.02))
    axes.legend()
    plt.close(figure)
    words = "How long the recording remembers, along the direction that a fitted network would call its slowest mode."
    return Section("Memory", words, figure=figure, caption=caption)


def _spectrum(report: RecordingReport) -> Section:
    test = report.persistence
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(_WIDTH, 1.5 * _HEIGHT), sharex=True, gridspec_kw={"height_ratios": (2, 1.2)}
    )
    above.loglog(test.frequencies, test.power, ".", ms=2.5, color="0.6", label="recording")
    above.loglog(test.frequencies, test.one_mode, color=PALETTE[0], label="one persistent mode")
    above.loglog(test.frequencies, test.alternative, color=PALETTE[1], ls="--", label="memory inside the gap")
    above.set(ylabel="power (bins)")
    above.legend()
    groups = np.array_split(np.arange(test.power.size), 25)
    middle = [np.exp(np.log(test.frequencies[group]).mean()) for group in groups]
    for fitted, colour in ((test.one_mode, PALETTE[0]), (test.alternative, PALETTE[1])):
        below.plot(middle, [np.mean(test.power[g] / fitted[g]) for g in groups], "o-", ms=2.5, lw=0.8, color=colour)
    below.axhline(1, color="0.8", lw=0.6, zorder=0)
    below.set(xscale="log", xlabel="frequency (radians per unit of time)", ylabel="recording / fit")
    plt.close(figure)
    words = (
        "One mode ten times slower than all others, against memory inside that gap: twice the logarithm of the "
        f"likelihood ratio is {test.statistic:.1f}, p = {test.p_value:.2g}. A feedforward chain remembers without "
        "such a mode: its memory "
        "ends sooner than an exponential, which shows at frequencies around one over its memory."
    )
    caption = "Spectrum of the slowest direction, and its ratio to the two fits."
    return Section("Spectrum", words, figure=figure, caption=caption)


def _sweeps(report: RecordingReport) -> Section:
    bin_size = report.recording.bin_size
    shown = [(report.lags, bin_size, "lag of the fit (units of time)")]
    if report.orders is not None:
        shown.append((report.orders, 1, "latent order"))
    figure, panels = plt.subplots(1, len(shown), figsize=(_WIDTH, _HEIGHT), sharey=True, squeeze=False)
    for axes, (sweep, scale, label) in zip(panels[0], shown, strict=True):
        for part in sweep.parts:
            axes.plot(scale * sweep.settings, part, ".", ms=3, color="0.7")
        axes.plot(scale * sweep.settings, sweep.timescales, "o-", ms=3, color=PALETTE[0])
        axes.axhline(report.least, color=PALETTE[1], ls="--", lw=0.8)
        axes.set(xlim=(scale * sweep.settings[0] / 1.3, scale * sweep.settings[-1] * 1.3), xscale="log", xlabel=label)
    reported = np.concatenate([np.append(sweep.parts, sweep.timescales) for sweep, _, _ in shown])
    seen = np.append(reported[reported > 0], report.least)
    panels[0, 0].set(ylim=(seen.min() / 1.5, seen.max() * 1.5), yscale="log")
    panels[0, 0].set_ylabel("slowest timescale\n(units of time)")
    plt.close(figure)
    rows = tuple(
        (f"{lag * bin_size:.4g}", _number(value), " ".join(map(_number, parts)))
        for lag, value, parts in zip(report.lags.settings, report.lags.timescales, report.lags.parts.T, strict=True)
        if np.isfinite([value, *parts]).any()
    )
    return Section(
        "Fits under other settings",
        "The slowest timescale that linear networks fitted to this recording report. A true one stays, or rises, "
        "with the lag "
        "over which the network is fitted; an invented one falls. Grey: quarters of the recording.",
        figure=figure,
        caption="Dashed: from where on a mode counts as persistent. Lags at which noise hides the mode are left out.",
        table=Table(("lag", "slowest timescale", "of each quarter"), rows),
    )


def _reversibility(report: RecordingReport) -> Section:
    found = report.reversibility
    figure, axes = plt.subplots(figsize=(_WIDTH, 0.8 * _HEIGHT))
    axes.axhspan(-2, 0, color="0.93", zorder=0)
    axes.plot(found.steps * report.recording.bin_size, found.convexity, "o-", ms=3, color=PALETTE[0])
    axes.set(xlabel="step (units of time)", ylabel="log-convexity\n(standard errors)")
    if found.steps.size:
        axes.set_xscale("log")
    plt.close(figure)
    words = (
        "Circuits with symmetric connections and equal noise are in detailed balance: then every cross-spectrum is "
        "real, and every autocovariance is log-convex. Imaginary parts: "
        f"p = {found.coherency_p_value:.2g}. Log-convexity: p = {found.convexity_p_value:.2g}. A rejection says that "
        "the circuit is not reversible, nothing about its memory: a non-normal line attractor is rejected too. "
        "Delays, calcium indicators that differ between neurons, and drift reject as well. That nothing is rejected "
        "proves nothing."
    )
    caption = "Well below zero: no reversible process does that. Grey: within two standard errors."
    return Section("Reversibility", words, figure=figure, caption=caption)


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3g}"
