"""The leaderboard: one page that compares methods, from the tables of finished runs."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas

from numerics.benchmark import outcomes, table
from numerics.benchmark.maps import edges, over_fraction_and_time
from numerics.benchmark.statistics import HALLUCINATION, MISS
from numerics.benchmark.words import interval, percent, rate, worst_sentence
from numerics.checking.page import Page, Section, Table, Tone, Verdict
from numerics.plot_style import PALETTE, style
from numerics.provenance import provenance
from theory.errors import ProblemError

COLUMNS = 4


def leaderboard(folders: tuple[Path, ...]) -> Page:
    """The page.

    Args:
        folders: of finished runs, of one method and seed each.

    Raises:
        ProblemError: no folders; runs that were not made on the same cells.
    """
    if not folders:
        raise ProblemError("a leaderboard needs the folder of at least one finished run.")
    runs = {}
    for folder in folders:
        rows, about = table.read(Path(folder))
        name = about["method"] if about["method"] not in runs else f"{about['method']} ({Path(folder).name})"
        runs[name] = outcomes.claims(rows)
    cells = {name: _cells(tested) for name, tested in runs.items()}
    first = next(iter(cells))
    for name, own in cells.items():
        if own != cells[first]:
            raise ProblemError(
                f"{name} and {first} were not run on the same families and settings ({len(own ^ cells[first])} of "
                f"one have no counterpart in the other): compare runs of the same scale and systems."
            )
    standings = sorted((standing(name, tested) for name, tested in runs.items()), key=lambda one: one["order"])
    best = standings[0]
    sentence = (
        f"{best['name']} comes first of {len(standings)}: valid in {percent(best['domain']['value'])} of settings "
        f"{interval(best['domain']['low'], best['domain']['high'])}."
    )
    words = (
        f"Valid is a setting in which no family without an attractor is hallucinated from in {HALLUCINATION:.0%} of "
        f"draws or more, and none with one missed in {MISS:.0%} or more. Methods are ordered by the share of "
        f"settings in which they are valid, then by the mean of their worst H and worst M. In brackets: 95% "
        f"intervals."
    )
    with style():
        sections = (
            _standings(standings),
            _families(runs, [one["name"] for one in standings]),
            _domains(runs, [one["name"] for one in standings]),
            _prediction(runs),
            Section("In words", "\n\n".join(worst_sentence(one["name"], runs[one["name"]]) for one in standings)),
        )
    made_from = provenance({"name": "leaderboard", "runs": [str(folder) for folder in folders]}, 0.0)
    return Page(
        "Which methods find the attractors that are there, and only those?",
        Verdict(Tone.DOUBT, sentence, words),
        tuple(section for section in sections if section is not None),
        made_from,
    )


def standing(name: str, tested: pandas.DataFrame) -> dict:
    """Where a method stands: its domain of validity, the worst of its rates, its cost and failures.

    Args:
        name: of the method.
        tested: as of `numerics.benchmark.outcomes.claims`.
    """
    by_family = outcomes.rates_by_family(tested)
    worst = {which: group.loc[group.value.idxmax()] for which, group in by_family.groupby("rate")}
    means = {which: float(group.value.mean()) for which, group in by_family.groupby("rate")}
    domain = outcomes.domain(outcomes.rates_by_setting(tested))
    return {
        "name": name,
        "domain": domain,
        "worst": worst,
        "means": means,
        "octaves": float(tested.timescale_error.abs().median()),
        "seconds": float(tested.seconds.median()),
        "failed": float((tested.failed != "").mean()),
        "order": (-domain["value"], float(np.mean([one.value for one in worst.values()])), name),
    }


def _cells(tested: pandas.DataFrame) -> set:
    columns = ["family", *outcomes.SETTING]
    return set(tested[columns].drop_duplicates().itertuples(index=False, name=None))


def _standings(standings: list[dict]) -> Section:
    rows = []
    for place, one in enumerate(standings, start=1):
        worst = [f"{rate(one['worst'][w])} ({one['worst'][w].family})" if w in one["worst"] else "–" for w in "HM"]
        domain = one["domain"]
        valid = f"{percent(domain['value'])}\N{NO-BREAK SPACE}{interval(domain['low'], domain['high'])}"
        rows.append(
            (str(place), one["name"], valid, *worst, f"{one['octaves']:.2g}", f"{one['seconds']:.2g}",
             percent(one["failed"]))
        )  # fmt: skip
    words = (
        "H and M are those of the worst family, over all settings; octaves off is the median distance between the "
        "logarithms to base 2 of the reported and the true slowest timescale."
    )
    heading = ("", "method", "valid in", "worst H", "worst M", "octaves off", "s a fit", "failed")
    return Section("Standings", words, table=Table(heading, tuple(rows)))


def _families(runs: dict, order: list[str]) -> Section:
    """H and M of every method and family, as a picture."""
    rates = {name: outcomes.rates_by_family(runs[name]).set_index(["rate", "family"]).value for name in order}
    rows = pandas.DataFrame(rates).sort_index()
    figure, axes = plt.subplots(figsize=(min(6.6, 2.4 + 0.55 * len(order)), 0.22 * len(rows) + 1.0))
    axes.imshow(rows.to_numpy(), aspect="auto", cmap="Greys", vmin=0, vmax=1.3)
    for (i, j), value in np.ndenumerate(rows.to_numpy()):
        text = "" if np.isnan(value) else f"{100 * value:.0f}"
        axes.text(j, i, text, ha="center", va="center", fontsize=6, color="white" if value > 0.7 else "black")
    axes.set_xticks(range(len(order)), order, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [f"{which}  {family}" for which, family in rows.index])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    plt.close(figure)
    words = "Error rates in percent, over all settings: H of families without an attractor, M of families with one."
    return Section("Families", words, figure=figure, caption="Darker is worse.")


def domain_map(axes, tested: pandas.DataFrame) -> None:
    """Where one method is valid, over observed fraction and recording time: its worst H and M in every cell.

    Args:
        axes: where to draw.
        tested: as of `numerics.benchmark.outcomes.claims`.
    """
    plain = over_fraction_and_time(outcomes.rates_by_setting(tested))
    worst = plain.groupby(["duration", "fraction", "rate"]).value.max().unstack("rate")
    fractions = np.array(sorted(plain.fraction.unique()))
    durations = np.array(sorted(plain.duration.unique()))
    x, y = edges(fractions), edges(durations)
    for (duration, fraction), row in worst.iterrows():
        H, M = (row.get(which, np.nan) for which in "HM")
        valid = not H >= HALLUCINATION and not M >= MISS
        colour = PALETTE[2] if valid else "0.93"
        i, j = np.searchsorted(fractions, fraction), np.searchsorted(durations, duration)
        axes.fill([x[i], x[i + 1], x[i + 1], x[i]], [y[j], y[j], y[j + 1], y[j + 1]], color=colour, lw=0)
        told = "\n".join(f"{which} {100 * value:.0f}%" for which, value in (("H", H), ("M", M)) if not np.isnan(value))
        axes.text(fraction, duration, told, ha="center", va="center", fontsize=7, color="white" if valid else "black")
    axes.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    axes.set_xticks(fractions, [f"{f:g}" for f in fractions])
    axes.set_yticks(durations, [f"{T:g}" for T in durations])
    axes.minorticks_off()


def _domains(runs: dict, order: list[str]) -> Section:
    rows = -(-len(order) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(6.6, 1.6 * rows + 0.4), squeeze=False, sharex=True, sharey=True)
    for place, name in zip(axes.flat, order, strict=False):
        domain_map(place, runs[name])
        place.set_title(name, fontsize=7)
    for place in axes.flat[len(order) :]:
        place.set_axis_off()
    for place in axes[:, 0]:
        place.set_ylabel("recording time\n(time constants)")
    figure.supxlabel("fraction observed", fontsize=8)
    plt.close(figure)
    words = "Green where the method is valid. Numbers: the worst family's hallucinations and misses, in percent."
    return Section("Domains of validity", words, figure=figure, caption="Random subsets, no observation noise.")


def _prediction(runs: dict) -> Section | None:
    """R^2 against the rate of hallucinations."""
    points = prediction_against_hallucination(runs)
    if not len(points):
        return None
    figure, axes = plt.subplots(figsize=(4.4, 3.0))
    scatter_of_prediction(axes, points)
    plt.close(figure)
    words = (
        "How much of the variance a method predicts says little about whether the mechanism that it reports is "
        "there: a dot is a method in a family without an attractor."
    )
    return Section("Prediction does not tell", words, figure=figure, caption="One dot a method and family.")


def prediction_against_hallucination(runs: dict) -> pandas.DataFrame:
    """Mean R^2 and H of every method and family without an attractor: columns `method`, `family`, `R2`, `H`.

    Args:
        runs: by method, as of `numerics.benchmark.outcomes.claims`.
    """
    rows = []
    for name, tested in runs.items():
        for family, group in tested[~tested.attractor].groupby("family"):
            if group.R2_1.notna().any() and group.claimed.notna().any():
                rows.append({"method": name, "family": family, "R2": group.R2_1.mean(), "H": group.claimed.mean()})
    return pandas.DataFrame(rows)


def scatter_of_prediction(axes, points: pandas.DataFrame) -> None:
    """A dot for every method and family, a colour for every method.

    Args:
        axes: where to draw.
        points: as of `prediction_against_hallucination`.
    """
    markers = "osD^vP*X<>"
    for number, (method, group) in enumerate(points.groupby("method")):
        axes.plot(
            group.R2, 100 * group.H, markers[number % len(markers)], ms=4, alpha=0.8,
            color=PALETTE[number % len(PALETTE)], label=method,
        )  # fmt: skip
    axes.set(xlabel="variance explained one bin ahead, R²", ylabel="hallucination rate (%)", ylim=(-4, 104))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
