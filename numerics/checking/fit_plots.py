"""The plots of the report on a fit; they draw what `check_fit` has computed."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from numerics.checking.fit import FitReport
from numerics.plot_style import COLUMN, PALETTE


def memory(report: FitReport) -> Figure:
    """The recording's autocorrelation along the slowest mode against the claim's.

    Args:
        report: of `check_fit`, with a slow mode.
    """
    found, bin_size = report.memory, report.bin_size
    figure = Figure(figsize=(1.5 * COLUMN, 0.8 * COLUMN))
    axes = figure.subplots()
    times = found.lags * bin_size
    fine = np.geomspace(times[0], times[-1], 200)
    share = 1.0 if found.too_short else found.share
    if not found.too_short:
        axes.fill_between(times, *found.band, color=PALETTE[0], alpha=0.2, lw=0)
    axes.plot(fine, share * np.exp(-fine / found.timescale), color=PALETTE[0], label="claimed by the fit")
    axes.plot(fine, share * np.exp(-2 * fine / found.timescale), ":", color=PALETTE[0], label="half that timescale")
    if report.impostors is not None:
        r = report.impostors.autocorrelation
        k = np.arange(1, min(r.size, found.lags[-1] + 1))
        label = f"impostor, {report.impostors.expected - 1} hidden neurons"
        axes.plot(k * bin_size, share * r[k], "--", color=PALETTE[1], label=label)
    axes.plot(times, found.recorded, "o", ms=3.5, mfc="white", color="black", label="recorded")
    axes.axhline(0.0, color="0.7", lw=0.6, zorder=0)
    axes.set(xscale="log", xlabel="lag (units of time)", ylabel="autocorrelation along the mode")
    axes.legend(loc="lower left")
    return figure


def sweep(report: FitReport) -> Figure:
    """The slowest timescale of regressions against their lag.

    Args:
        report: of `check_fit`.
    """
    figure = Figure(figsize=(1.5 * COLUMN, 0.8 * COLUMN))
    axes = figure.subplots()
    times = report.lags * report.bin_size
    names = ("whole recording", "first half", "second half")
    for values, name, marker, colour in zip(report.sweep, names, "o^v", ("black", *PALETTE[1:3]), strict=True):
        shown = np.where(np.isfinite(values), values, np.nan)
        axes.plot(times, shown, marker, ms=3.5, mfc="white", color=colour, label=name)
    axes.axhline(report.claimed, color=PALETTE[0], label="claimed by the fit")
    axes.axhline(report.unit, color="0.6", lw=0.8, ls=":", label="single neurons")
    axes.set(xscale="log", yscale="log", xlabel="lag of the fit (units of time)")
    axes.set_ylabel("slowest timescale (units of time)")
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.6)))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
