"""The report card: one page about one method."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas

from numerics.benchmark import outcomes, registry
from numerics.benchmark.frontiers import Frontier
from numerics.benchmark.maps import rate_maps
from numerics.benchmark.statistics import HALLUCINATION, MISS, wilson
from numerics.benchmark.words import interval, percent, rate, worst_sentence
from numerics.checking.page import Page, Section, Table, Tone, Verdict
from numerics.plot_style import PALETTE, style

RECOVERED = np.log2(1.5)  # octaves within which a timescale is recovered


def report_card(
    method: str, rows: pandas.DataFrame, provenance: dict[str, str], frontiers: Mapping[str, Frontier | None]
) -> Page:
    """The page of a run.

    Args:
        method: its name.
        rows: as of `numerics.benchmark.table.table`.
        provenance: what was run, when and by what.
        frontiers: of theory, by family.
    """
    tested = outcomes.claims(rows)
    by_setting = outcomes.rates_by_setting(tested)
    domain = outcomes.domain(by_setting)
    tone = Tone.GOOD if domain["value"] > 0.8 else Tone.DOUBT if domain["value"] > 0.2 else Tone.BAD
    valid = (
        f"It is valid (no family without an attractor hallucinated from in more than {HALLUCINATION:.0%} of draws, "
        f"none with one missed in more than {MISS:.0%}) in {percent(domain['value'])} of the settings tried; between "
        f"{percent(domain['low'])} and {percent(domain['high'])}, given how few draws there are."
    )
    with style():
        sections = [
            _by_family(tested),
            _maps(by_setting, frontiers),
            _calibration(rows, tested),
            _timescales(tested),
            _identifiability(tested),
            *_scores(tested),
            _agreement(tested),
            _cost(rows),
            _failures(rows),
            _unmade(rows),
        ]
    return Page(
        heading=f"Does {method} find the attractors that are there, and only those?",
        verdict=Verdict(tone, worst_sentence(method, tested), valid),
        sections=tuple(section for section in sections if section is not None),
        provenance=provenance,
    )


def _by_family(tested: pandas.DataFrame) -> Section:
    found = outcomes.rates_by_family(tested)
    alone = outcomes.rates_by_family(tested, "above").set_index(["family", "rate"]).value
    order = found.sort_values(["rate", "value"], ascending=[True, False])
    rows = tuple(
        (row.family, row.rate, rate(row), percent(alone[row.family, row.rate]), str(row.draws))
        for row in order.itertuples()
    )
    words = (
        "H, hallucination: an attractor is claimed of circuits that have none; of a ghost (G1), which passes slowly "
        "where it could rest, any but a cycle. M, miss: none is claimed of circuits that have one. Families are never "
        "pooled; an impostor is the Markov network of the recorded neurons that shares the circuit's stationary law, "
        "and has a truth of its own. In brackets: 95% intervals of the number of draws.\n\nAn attractor counts as "
        "claimed where the method's own probability of it exceeds one half or, if it has none, where the model that "
        "it fitted has one by the definition (a mode of 20 time constants, ten times slower than the next; several "
        "points; a ring; a cycle; chaos) and more of one than in 95% of calibration draws of N0. The last column "
        "drops the definition and keeps the calibration: the rate at which the model is told from N0 at all."
    )
    heading = ("family", "", "rate of errors", "calibrated alone", "draws")
    return Section("Error rates, family by family", words, table=Table(heading, rows))


def _maps(by_setting: pandas.DataFrame, frontiers: Mapping[str, Frontier | None]) -> Section:
    figure = rate_maps(by_setting, frontiers)
    plt.close(figure)
    words = (
        "Every cell is the share of draws in which the method errs, in percent. The dashed line is the time after "
        "which the best possible test, which knows both candidates, can tell the circuit from its Markov impostor: "
        "below it nobody can know. The dotted line is the fraction at which the network that one-step prediction "
        "makes of an *endless* recording begins or ceases to report a persistent mode: it is wrong on one side of "
        "it however long one records. Lines that are missing lie outside the panel, or there is no closed form."
    ).replace("*", "")
    caption = "Orange: hallucinations. Blue: misses. Random subsets, no observation noise."
    return Section("Over observed fraction and recording time", words, figure=figure, caption=caption)


def _calibration(rows: pandas.DataFrame, tested: pandas.DataFrame) -> Section:
    held_out = tested[(tested.family == "N0") & tested.above.notna()]
    hits = int(held_out.above.sum())
    low, high = wilson(hits, len(held_out))
    number = int((rows.part == "calibration").sum())
    words = (
        f"Thresholds come from {number} calibration fits of N0, setting by setting. Of {len(held_out)} other fits of "
        f"N0 {percent(hits / max(1, len(held_out)))} [{percent(low)}, {percent(high)}] pass them; 5% is nominal."
    )
    if tested.log_score.notna().any():
        words += (
            f" Mean log score of the probabilities read off the model: {tested.log_score.mean():.2f} nats; "
            f"{np.log(7):.2f} is that of knowing nothing."
        )
    return Section("Calibration", words)


def _timescales(tested: pandas.DataFrame) -> Section | None:
    known = [(family, group.timescale_error.dropna()) for family, group in tested.groupby("family")]
    known = [(family, values) for family, values in known if len(values)]
    if not known:
        return None
    figure, axes = plt.subplots(figsize=(6.2, 0.26 * len(known) + 0.8))
    axes.axvspan(-RECOVERED, RECOVERED, color="0.9", zorder=0)
    for place, (_, values) in enumerate(known):
        axes.plot(values, np.full(len(values), place), "|", color=PALETTE[0], alpha=0.35, ms=6)
        axes.plot(values.median(), place, "o", color=PALETTE[1], ms=4)
    axes.set_yticks(range(len(known)), [family for family, _ in known])
    axes.set(xlabel="log2 (reported / true slowest timescale)", ylim=(len(known) - 0.5, -0.5))
    plt.close(figure)
    recovered = tested.timescale_recovered.dropna()
    words = (
        "Octaves by which the slowest timescale of the fitted model differs from the true one, of circuits whose modes "
        "are known; 0 is right. Recovered is a timescale whose whole interval lies within the grey band, a factor of "
        f"1.5: {percent(recovered.mean())} of {len(recovered)} fits."
    )
    caption = "Ticks: fits. Orange dots: medians."
    return Section("Timescales", words, figure=figure, caption=caption)


def _identifiability(tested: pandas.DataFrame) -> Section | None:
    """H and M where anybody could know, by the simulated likelihood-ratio test."""
    if "identifiable" not in tested or not tested.identifiable.notna().any():
        return None
    lines = []
    for (family, there), group in tested.groupby(["family", "attractor"]):
        known = group[group.identifiable.notna()]
        could = known[known.identifiable == 1]
        wrong = (could.claimed != float(there)).mean()
        if len(known):
            own = percent(wrong) if len(could) else "–"
            lines.append((family, "M" if there else "H", percent(len(could) / len(known)), own, str(len(known))))
    words = (
        "Whether the best test that knows both candidates, the circuit and its Markov impostor, tells them apart with "
        "errors of 5%, under the bin, noise and trials of the cell; and how often the method errs where it does. "
        "Elsewhere an error is no failure: the data cannot tell."
    )
    heading = ("family", "", "identifiable", "errors there", "fits")
    return Section("What could be known at all", words, table=Table(heading, tuple(lines)))


_SHOWN = ("verdict", "timescale", "regret")  # scores that have sections of their own


def _scores(tested: pandas.DataFrame) -> list[Section]:
    """A table of medians for every other score that was asked for, or why it cannot be had."""
    sections = []
    known = registry.scores()
    for name in sorted(known, key=lambda name: (name == "comparison", name)):  # what is never ranked comes last
        kind = known[name]
        asked = [column for column in kind.columns if column in tested]
        columns = [column for column in asked if tested[column].notna().any()]
        title = name.replace("-", " ").capitalize()
        if name not in _SHOWN and asked and not columns and kind.needs:
            words = (
                f"{kind.sentence[0].upper()}{kind.sentence[1:]}. Cannot be scored: it needs a method with "
                f"{kind.needs.replace('`', '')}, and circuits of the kinds that it is about. One of both is not here."
            )
            sections.append(Section(title, words))
        if name in _SHOWN or not columns:
            continue
        rows = [
            (family, *(f"{group[column].median():.2g}" if group[column].notna().any() else "–" for column in columns))
            for family, group in tested.groupby("family")
            if group[columns].notna().any(axis=None)
        ]
        meanings = "\n\n".join(f"`{column}`: {kind.columns[column]}." for column in columns)
        words = f"{kind.sentence[0].upper()}{kind.sentence[1:]}. Medians over fits; – is not available.\n\n{meanings}"
        sections.append(Section(title, words, table=Table(("family", *map(_breakable, columns)), tuple(rows))))
    return sections


def _breakable(name: str) -> str:
    """A name that may be broken after its underscores, so that many columns find room."""
    return name.replace("_", "_\N{ZERO WIDTH SPACE}")


def _agreement(tested: pandas.DataFrame) -> Section:
    fits = ["family", *outcomes.SETTING, "draw", "data"]
    several = tested.groupby(fits).filter(lambda group: len(group) > 1)
    if not len(several):
        words = "Every recording was fitted once: nothing is known of it at this scale."
        return Section("Agreement of fit seeds", words)
    agree = several.groupby(fits).claimed.agg(lambda claims: claims.nunique(dropna=False) == 1)
    low, high = wilson(int(agree.sum()), len(agree))
    words = (
        f"Fits of the same recording from different seeds make the same claim in {percent(agree.mean())} "
        f"{interval(low, high)} of {len(agree)} recordings."
    )
    return Section("Agreement of fit seeds", words)


def _cost(rows: pandas.DataFrame) -> Section:
    lines = []
    for fraction, group in rows.groupby("fraction"):
        longest = group[group.duration == group.duration.max()]
        lines.append((f"{fraction:g}", f"{group.seconds.median():.2g}", f"{longest.seconds.median():.2g}"))
    words = f"Fitting and answering {len(rows)} times took {rows.seconds.sum() / 60:.1f} minutes of wall time in all."
    heading = ("fraction observed", "seconds a fit (median)", "of the longest recordings")
    return Section("Cost", words, table=Table(heading, tuple(lines)))


def _failures(rows: pandas.DataFrame) -> Section:
    rows = rows[rows.unmade == ""]
    failed = rows[rows.failed != ""]
    if not len(failed):
        return Section("Failures", f"None of {len(rows)} fits failed.")
    counts = failed.groupby(["failed", "system"]).size().sort_values(ascending=False)
    lines = tuple((system, str(number), reason) for (reason, system), number in counts.head(20).items())
    words = f"{len(failed)} of {len(rows)} fits failed. A failure counts as an error, whatever the truth is."
    return Section("Failures", words, table=Table(("system", "fits", "reason"), lines))


def _unmade(rows: pandas.DataFrame) -> Section | None:
    """What could not be asked: draws without a circuit or a recording."""
    unmade = rows[rows.unmade != ""]
    if not len(unmade):
        return None
    counts = unmade.groupby(["family", "unmade"]).size().sort_values(ascending=False)
    lines = tuple((family, str(number), reason) for (family, reason), number in counts.head(20).items())
    words = (
        f"{len(unmade)} of {len(rows)} cells have no circuit or no recording to ask about. That is the benchmark's "
        "failure and not the method's: they count in no rate."
    )
    return Section("Not asked", words, table=Table(("family", "cells", "reason"), lines))
