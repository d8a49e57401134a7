"""Timescale: how far the slowest timescale is off, in octaves."""

from typing import ClassVar

import numpy as np

from numerics.benchmark.score import Evidence, Score

RECOVERED = float(np.log2(1.5))
"""Octaves within which the whole interval must lie."""


class Timescale(Score):
    """`log2(tau^ / tau)` of the slowest mode, of circuits whose modes are known: points, lines and planes.

    Recovered only if the whole interval, the method's own or that of the reading, lies inside +- log2 1.5: a wide
    interval around the truth recovers nothing. A timescale of nothing counts as a thousandth of a bin, one that is
    infinite as a million times the truth, so that means exist.
    """

    id: ClassVar[str] = "timescale"
    sentence: ClassVar[str] = "how far the slowest timescale is off, in octaves; recovered only with its whole interval"
    columns: ClassVar[dict[str, str]] = {
        "timescale": "slowest, in single-unit time constants",
        "timescale_low": "lower end of its 95% interval",
        "timescale_high": "upper end, infinite where nothing bounds it",
        "timescale_error": "log2 of the slowest timescale over the true one",
        "timescale_recovered": "1 where its interval lies within a factor of 1.5 of the truth",
        "second_error": "log2 of the next timescale over the true one",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        reading, circuit = evidence.reading, evidence.cell.circuit
        unit = circuit.time_constant
        low, high = (end / unit for end in (evidence.interval or reading.interval))
        slowest, second = reading.slowest / unit, reading.second / unit
        found = {"timescale": slowest, "timescale_low": low, "timescale_high": high}
        known = circuit.truth is not None and circuit.truth.kind in ("point", "line", "plane")
        true = circuit.truth.timescales if known else ()
        off = [octaves(value, one, evidence.cell.bin_size) for value, one in zip((slowest, second), true, strict=False)]
        off += [float("nan")] * (2 - len(off))
        ends = [octaves(end, true[0], evidence.cell.bin_size) for end in (low, high)] if true else []
        inside = float(all(abs(end) <= RECOVERED for end in ends)) if true else float("nan")
        return found | {"timescale_error": off[0], "timescale_recovered": inside, "second_error": off[1]}


def octaves(timescale: float, true: float, bin_size: float) -> float:
    """`log2(timescale / true)`, between that of a thousandth of a bin and 20.

    >>> octaves(3.0, 1.5, 1.0), octaves(float("inf"), 1.0, 1.0)
    (1.0, 20.0)
    """
    return float(min(np.log2(max(timescale, 1e-3 * bin_size) / true), 20.0))
