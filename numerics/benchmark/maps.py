"""Maps of error rates over observed fraction and recording time, with the frontiers of theory drawn on top."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas

from numerics.benchmark.frontiers import Frontier
from numerics.plot_style import PALETTE

COLUMNS = 3
_LABELS = {"H": "claimed where there is none", "M": "denied where there is one"}
_COLOURS = {"H": "Oranges", "M": "Blues"}


def over_fraction_and_time(rates: pandas.DataFrame) -> pandas.DataFrame:
    """The rows of the plain settings: a random subset, no noise, the bin and the trials that most settings have."""
    plain = rates[(rates.observation == "random") & (rates.noise == 0)]
    for name in ("bin_size", "trials"):
        plain = plain[plain[name] == plain[name].mode().iloc[0]] if len(plain) else plain
    return plain


def rate_maps(rates: pandas.DataFrame, frontiers: Mapping[str, Frontier | None]):
    """A panel for every family and rate: its share of errors in every cell of fraction and time.

    Dashed: the time that the best test needs to tell the truth from its impostor (R6). Dotted: the fraction at which
    the Markov student of an endless recording begins or ceases to report a persistent mode (R2 to R4).

    Args:
        rates: as of `numerics.benchmark.outcomes.rates_by_setting`.
        frontiers: by family, where theory has one.
    """
    plain = over_fraction_and_time(rates)
    panels = list(plain.groupby(["rate", "family"], sort=True))
    rows = -(-len(panels) // COLUMNS)
    figure, axes = plt.subplots(
        rows, COLUMNS, figsize=(6.6, 1.75 * rows + 0.3), squeeze=False, sharex=True, sharey=True
    )
    for place, ((rate, family), group) in zip(axes.flat, panels, strict=False):
        rate_map(place, group, rate, frontiers.get(family))
        place.set_title(f"{rate}: {family}", fontsize=7)
    for place in axes.flat[len(panels) :]:
        place.set_axis_off()
    for place in axes[:, 0]:
        place.set_ylabel("recording time\n(time constants)")
    for number in range(COLUMNS):
        filled = [row for row in range(rows) if row * COLUMNS + number < len(panels)]
        if filled:
            axes[filled[-1], number].set_xlabel("fraction observed")
            axes[filled[-1], number].xaxis.set_tick_params(labelbottom=True)
    return figure


def rate_map(axes, group: pandas.DataFrame, rate: str, frontier: Frontier | None = None) -> None:
    """One family's panel; every cell says its rate in percent.

    Args:
        axes: where to draw.
        group: rows of one family and one rate.
        rate: "H" or "M".
        frontier: of theory, or None.
    """
    grid = group.pivot_table(index="duration", columns="fraction", values="value")
    x, y = edges(grid.columns.to_numpy(float)), edges(grid.index.to_numpy(float))
    axes.pcolormesh(x, y, grid.to_numpy(), cmap=_COLOURS[rate], vmin=0, vmax=1.15, rasterized=True)
    for duration, row in grid.iterrows():
        for fraction, value in row.items():
            if not np.isnan(value):
                colour = "white" if value > 0.75 else "black"
                axes.text(fraction, duration, f"{value:.0%}", ha="center", va="center", fontsize=7, color=colour)
    axes.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    axes.set_xticks(grid.columns, [f"{f:g}" for f in grid.columns])
    axes.set_yticks(grid.index, [f"{T:g}" for T in grid.index])
    axes.minorticks_off()
    if frontier is not None:
        finite = np.isfinite(frontier.time_needed)
        axes.plot(frontier.fractions[finite], frontier.time_needed[finite], color=PALETTE[2], ls="--", lw=1.2)
        for turn in frontier.turns():
            axes.axvline(turn, color="black", ls=":", lw=1.2)


def edges(values: np.ndarray) -> np.ndarray:
    """Edges of cells around values, half way between their logarithms.

    >>> edges(np.array([1.0, 4.0])).tolist()
    [0.5, 2.0, 8.0]
    """
    logs = np.log(values)
    if len(logs) == 1:
        return np.exp(logs[0] + np.array([-0.5, 0.5]))
    middle = (logs[1:] + logs[:-1]) / 2
    return np.exp(np.concatenate([[2 * logs[0] - middle[0]], middle, [2 * logs[-1] - middle[-1]]]))
