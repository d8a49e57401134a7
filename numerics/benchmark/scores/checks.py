"""Checks that need no truth, and so can be made of real recordings: of what the method was given."""

import functools
from typing import ClassVar

import numpy as np

from numerics.benchmark.cell import Cell
from numerics.benchmark.reading.modes import slowest_directions
from numerics.benchmark.score import Evidence, Score
from numerics.checking.reversibility import reversibility
from numerics.checking.sweeps import lag_sweep, order_sweep
from theory.errors import ProblemError

_LONGEST = 20  # time constants: a line attractor's memory is longer


class Checks(Score):
    """What sweeps and symmetries say of the recording that the method was fitted to.

    A true timescale is flat over the lag and the order of a fit, an invented one falls. Log-convexity of the
    autocovariance and real cross-spectra cannot be violated in detailed balance (R9). How far fits of other seeds agree
    is no score of one cell: the report card counts it.
    """

    id: ClassVar[str] = "checks"
    sentence: ClassVar[str] = "checks without truth: the slow mode over lag and order, and reversibility"
    columns: ClassVar[dict[str, str]] = {
        "lag_fall": "log2 of the autoregression's slowest timescale over 20 time constants, over that over one bin",
        "order_fall": "log2 of the slowest timescale of the largest latent model over that of one state",
        "convexity_p": "p value of log-convexity along the slowest direction",
        "coherency_p": "p value of real cross-spectra",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        return dict(of_cell(evidence.cell))


@functools.lru_cache(maxsize=256)
def of_cell(cell: Cell) -> tuple[tuple[str, float], ...]:
    """The columns of a cell, which all its methods share."""
    recording, longest = cell.training(), max(2.0, _LONGEST / cell.bin_size)
    found = dict.fromkeys(Checks.columns, float("nan"))
    sweeps = {"lag_fall": lambda: lag_sweep(recording, longest), "order_fall": lambda: order_sweep(recording)}
    for name, sweep in sweeps.items():
        try:
            times = sweep().timescales
        except ProblemError:
            continue
        times = times[np.isfinite(times) & (times > 0)]
        if times.size > 1:
            found[name] = float(np.log2(times[-1] / times[0]))
    signal = slowest_directions(recording.activity, 1)[:, :, 0]
    tested = reversibility(recording.centred(), signal, min(longest, recording.samples / 4))
    found["convexity_p"], found["coherency_p"] = tested.convexity_p_value, tested.coherency_p_value
    return tuple(found.items())
