"""Figure: phase diagram of slow modes found, missed and invented, over fraction, non-normality and lag."""

import numpy as np

from paper_figures.figure import Figure
from paper_figures.style import COLUMN
from theory.partial_observation import matched_families, phase_diagram, rank_one_phase_diagram

_LAGS = (0.03, 1.0, 10.0)
_FRACTIONS = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
_STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
_SLOW = 200.0


class SlowModePhases(Figure):
    """Maps of the rate at which a slow mode is reported: for one circuit that has one, and two that have none."""

    name = "slow_mode_phases"
    title = "Where a slow mode is found, missed and invented: observed fraction, non-normality, and the lag fitted over"
    paper = "derived here; teachers after Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024"
    cites = ("qian2024partial",)
    caption = (
        "Rate, over draws of circuit and neurons, at which regression over a lag (columns) of an endless recording "
        "reports a slow mode: 20 single-unit time constants or more, and 10 times the next. Lags are in those "
        "units. Top: a line attractor of timescale 200, where blue is found and white missed. Below, two circuits "
        "without any slow mode whose recurrence is as strong, where orange is invented: null recurrence, and a "
        "chain with skips, turned. 100 neurons. Black: the boundary for many neurons in closed form, around which "
        "draws of so few scatter. Few neurons miss the true one, unless it is far from normal; a longer lag finds "
        "it and disowns what is invented. Null recurrence deceives only short bins of few neurons; the chain "
        "deceives by strong skips, less where many neurons are seen, since its next mode is slow as well."
    )
    runtime = "½ min"

    def experiments(self, scale: str) -> list:
        """None: recordings are endless."""
        return []

    def draw(self, scale: str, store):
        """Three by three panels: circuits by lags."""
        import matplotlib.pyplot as plt

        draws = 10 if scale == "quick" else 100
        found = phase_diagram(matched_families(100, _SLOW), _FRACTIONS, _STRENGTHS, _LAGS, draws)
        fine = (np.geomspace(0.014, 0.9, 60), np.geomspace(0.577, 173, 60))
        strengths = np.maximum(fine[1], 1.0)  # a line attractor has at least 1
        limit = rank_one_phase_diagram(fine[0], strengths, _LAGS, _SLOW)
        figure, panels = plt.subplots(3, 3, figsize=(2 * COLUMN, 5.2), sharex=True, sharey=True)
        images = {}
        for row, circuit in zip(panels, found.circuit.values, strict=True):
            true = found.truth.sel(circuit=circuit).item() == "line"
            colours = "Blues" if true else "Oranges"
            for axes, lag in zip(row, _LAGS, strict=True):
                rate = found.reported.sel(circuit=circuit, lag=lag).values
                images[true] = axes.pcolormesh(
                    _FRACTIONS, _STRENGTHS, rate, cmap=colours, vmin=0, vmax=1, shading="nearest", rasterized=True
                )
                if circuit in limit.circuit.values:
                    reported = limit.reported.sel(circuit=circuit, lag=lag).values.astype(float)
                    if 0 < reported.mean() < 1:
                        axes.contour(*fine, reported, [0.5], colors="black", linewidths=1.2)
                axes.set(xscale="log", yscale="log", xlim=(_FRACTIONS[0] / 1.4, 0.9))
                axes.set_xticks([0.02, 0.1, 0.5], ["0.02", "0.1", "0.5"])
                axes.minorticks_off()
            row[0].set_ylabel(f"{circuit}\nnon-normality |l||r|")
        for axes, lag in zip(panels[0], _LAGS, strict=True):
            axes.set_title(f"lag {lag:g}")
        for axes in panels[-1]:
            axes.set_xlabel("fraction of neurons observed")
        figure.colorbar(images[True], ax=panels[0], label="rate found", aspect=10)
        figure.colorbar(images[False], ax=panels[1:], label="rate invented", aspect=24)
        return figure


slow_mode_phases = SlowModePhases()
