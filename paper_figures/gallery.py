"""The gallery: every figure, drawn into a folder with a page to browse."""

import html
import importlib
import os
import pkgutil
import tempfile
import time
from pathlib import Path

import paper_figures
from numerics.claims import every_claim
from numerics.experiment import run_all
from numerics.ledger import ledger
from numerics.results import ResultStore
from numerics.validation import Report, validate
from paper_figures.figure import Figure
from paper_figures.style import style

OUTPUT = Path("paper_figures/output")


def every_figure() -> list[Figure]:
    """All figures, found as the modules of this package that hold one of the module's own name."""
    found = []
    for module in pkgutil.iter_modules(paper_figures.__path__):
        candidate = getattr(importlib.import_module(f"paper_figures.{module.name}"), module.name, None)
        if isinstance(candidate, Figure):
            found.append(candidate)
    return found


def make_figures(scale: str, output: Path = OUTPUT, names: tuple[str, ...] = (), report=print) -> Path:
    """Train what is missing, validate every claim, draw, and write the page; returns the page's path.

    Args:
        scale: "quick" or "paper".
        output: folder of the figures; results are kept in its `results`.
        names: only these figures.
        report: called with lines of text.
    """
    from theory.errors import ProblemError

    figures = every_figure()
    unknown = set(names) - {figure.name for figure in figures}
    if unknown:
        known = ", ".join(figure.name for figure in figures)
        raise ProblemError(f"no figure is called {', '.join(sorted(unknown))}; there are {known}.")
    figures = [figure for figure in figures if not names or figure.name in names]
    store = ResultStore(output / "results")
    claims = every_claim() if not names else []
    needed = [e for figure in figures for e in figure.experiments(scale)]
    needed += [trial.experiment for claim in claims for trial in claim.trials(scale)]
    run_all(needed, store, report)
    reports = [validate(claim, scale, store, report=lambda _: None) for claim in claims]
    if reports:
        ledger(reports)
    for figure in figures:
        begin = time.perf_counter()
        _draw(figure, scale, store, output)
        report(f"{figure.name}: drawn in {time.perf_counter() - begin:.0f} s")
    return _write_page(every_figure(), reports, output)


def _draw(figure: Figure, scale: str, store: ResultStore, output: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with style():
        drawn = figure.draw(scale, store)
        for ending in ("png", "pdf"):
            target = output / f"{figure.name}.{ending}"
            # no dates inside, so that the same results give the same file
            metadata = {"Software": None} if ending == "png" else {"CreationDate": None}
            part = target.with_name(f".{target.name}.part")
            drawn.savefig(part, format=ending, metadata=metadata)
            os.replace(part, target)
        plt.close(drawn)


def _write_page(figures: list[Figure], reports: list[Report], output: Path) -> Path:
    sections = []
    for figure in figures:
        if not (output / f"{figure.name}.png").exists():
            continue
        sections.append(
            f"<section><h2>{html.escape(figure.title)}</h2>\n"
            f'<a href="{figure.name}.pdf"><img src="{figure.name}.png" alt="{html.escape(figure.title)}"></a>\n'
            f"<p>{html.escape(figure.caption)}</p>\n"
            f'<p class="paper">{html.escape(figure.paper)} &middot; '
            f"<code>attractory figures {figure.name}</code> &middot; "
            f'<a href="{figure.name}.pdf">PDF</a></p></section>'
        )
    if reports:
        verdicts = "\n\n".join(str(report) for report in reports)
        sections.append(f"<section><h2>Ledger of claims</h2><pre>{html.escape(verdicts)}</pre></section>")
    page = _PAGE.format(sections="\n".join(sections))
    with tempfile.NamedTemporaryFile("w", dir=output, delete=False, encoding="utf-8") as part:
        part.write(page)
    os.replace(part.name, output / "index.html")
    (output / "index.html").chmod(0o644)
    return output / "index.html"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>attractory: figures</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ margin: 3rem 0; }} img {{ max-width: 100%; height: auto; }} h2 {{ margin-bottom: .5rem; }}
.paper {{ color: #666; font-size: .9rem; }} pre {{ white-space: pre-wrap; font-size: .8rem; }}
code {{ background: #f3f3f3; padding: .1em .3em; }}
</style></head><body>
<h1>How recurrent networks learn</h1>
<p>Lines are theory, dots are trained networks.</p>
{sections}
</body></html>
"""
