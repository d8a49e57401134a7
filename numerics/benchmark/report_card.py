"""The report card: one page about one method."""

import pandas

from numerics.checking.page import Page, Section, Table, Tone, Verdict


def report_card(method: str, rows: pandas.DataFrame, provenance: dict[str, str]) -> Page:
    """The page of a run.

    Args:
        method: its name.
        rows: as of `numerics.benchmark.table.table`.
        provenance: what was run, when and by what.
    """
    return Page(
        heading=f"Does {method} find the attractors that are there?",
        verdict=Verdict(Tone.DOUBT, f"{len(rows)} fits of {method}, {int((rows.failed != '').sum())} of which failed."),
        sections=(_systems(rows),),
        provenance=provenance,
    )


def _systems(rows: pandas.DataFrame) -> Section:
    lines = []
    for (system, impostor), group in rows.groupby(["system", "impostor"]):
        failures = int((group.failed != "").sum())
        name = system + (" (impostor)" if impostor else "")
        lines.append((name, str(len(group)), str(failures), f"{group.seconds.median():.2g}"))
    heading = ("system", "fits", "failed", "seconds a fit (median)")
    return Section("Systems", "What the method was fitted to.", table=Table(heading, tuple(lines)))
