"""The gallery: every figure, drawn into a folder with a page to browse."""

import functools
import hashlib
import html
import importlib
import io
import json
import operator
import os
import pkgutil
import time
from pathlib import Path

import paper_figures
from numerics.claims import every_claim
from numerics.computation import run_all
from numerics.ledger import ledger
from numerics.processes import in_processes, one_by_one
from numerics.progress import progress_bar
from numerics.provenance import source_digest
from numerics.results import ResultStore
from numerics.validation import validate
from paper_figures.figure import Figure
from paper_figures.index import index
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


def make_figures(
    scale: str, output: Path = OUTPUT, names: tuple[str, ...] = (), report=print, processes: int = 1
) -> Path:
    """Train what is missing, validate every claim, draw, and write the page; returns the page's path.

    Args:
        scale: "quick" or "paper".
        output: folder of the figures; results are kept in its `results`.
        names: only these figures.
        report: called with lines of text.
        processes: as of `numerics.computation.run_all`.
    """
    from theory.errors import ProblemError

    figures = every_figure()
    unknown = set(names) - {figure.name for figure in figures}
    if unknown:
        known = ", ".join(figure.name for figure in figures)
        raise ProblemError(f"no figure is called {', '.join(sorted(unknown))}; there are {known}.")
    figures = [figure for figure in figures if not names or figure.name in names]
    output.mkdir(parents=True, exist_ok=True)
    store = ResultStore(output / "results")
    claims = every_claim() if not names else []
    needed = {figure.name: figure.experiments(scale) for figure in figures}
    if claims:
        needed["ledger"] = [trial.experiment for claim in claims for trial in claim.trials(scale)]
    run_all([e for experiments in needed.values() for e in experiments], store, report, processes)

    fingerprints = _Fingerprints(output / "fingerprints.json")
    now = {name: _fingerprint(name, experiments, store) for name, experiments in needed.items()}
    makers = {"ledger": functools.partial(_write_ledger, claims, scale, store, output)} if claims else {}
    makers |= {figure.name: functools.partial(_draw, figure, scale, store, output) for figure in figures}
    stale = []
    for name in makers:
        if fingerprints.current(name, now, output / ("verdicts.json" if name == "ledger" else f"{name}.png")):
            report(f"{name}: up to date")
        else:
            stale.append(name)
    work = [makers[name] for name in stale]
    begin = time.perf_counter()
    with progress_bar(len(work), "ledger and figures") as bar:
        several = processes > 1 and len(work) > 1
        calls = in_processes(operator.call, work, processes) if several else one_by_one(operator.call, work)
        for number in calls:
            fingerprints.keep(stale[number], now)
            bar.advance()
            report(f"{stale[number]}: done, {time.perf_counter() - begin:.0f} s after the first was begun")
    if claims:
        report((output / "ledger.txt").read_text(encoding="utf-8"))
        verdicts = json.loads((output / "verdicts.json").read_text(encoding="utf-8"))
        _write(output / "README.md", index(every_figure(), verdicts))
    return _write_page(every_figure(), output)


def _write_ledger(claims: list, scale: str, store: ResultStore, output: Path) -> None:
    text = io.StringIO()
    reports = [validate(claim, scale, store, report=lambda _: None) for claim in claims]
    ledger(reports, text)
    _write(output / "ledger.txt", text.getvalue())
    _write(output / "verdicts.json", json.dumps({report.claim.name: report.verdict for report in reports}))


class _Fingerprints:
    """What each output was made from, kept beside the outputs."""

    def __init__(self, path: Path):
        self.path = path
        try:
            self.known = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            self.known = {}  # without them everything is drawn anew: nothing is lost

    def current(self, name: str, now: dict, product: Path) -> bool:
        return product.exists() and self.known.get(name) == now[name]

    def keep(self, name: str, now: dict) -> None:
        self.known[name] = now[name]
        _write(self.path, json.dumps(self.known, indent=1, sort_keys=True))


def _fingerprint(name: str, experiments: list, store: ResultStore) -> str:
    """A digest of the results an output is made from, and of the code that makes it."""
    digest = hashlib.sha256()
    for experiment in experiments:
        digest.update(store.key(experiment.configuration(), experiment.entry).encode())
    digest.update(source_digest("numerics.ledger").encode() + source_digest("numerics.claims").encode())
    here = Path(__file__).parent
    for module in (name, "gallery", "figure", "style"):
        source = here / f"{module}.py"
        digest.update(source.read_bytes() if source.exists() else b"")
    return digest.hexdigest()


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


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


def _write_page(figures: list[Figure], output: Path) -> Path:
    sections = []
    for figure in figures:
        if (output / f"{figure.name}.png").exists():
            title = html.escape(figure.title)
            sections.append(
                f"<section><h2>{title}</h2>\n"
                f'<a href="{figure.name}.pdf"><img src="{figure.name}.png" alt="{title}"></a>\n'
                f"<p>{html.escape(figure.caption)}</p>\n"
                f'<p class="paper">{html.escape(figure.paper)} &middot; '
                f"<code>attractory figures {figure.name}</code> &middot; "
                f'<a href="{figure.name}.pdf">PDF</a></p></section>'
            )
    if (output / "ledger.txt").exists():
        text = html.escape((output / "ledger.txt").read_text(encoding="utf-8"))
        sections.append(f"<section><h2>Ledger of claims</h2><pre>{text}</pre></section>")
    _write(output / "index.html", _PAGE.format(sections="\n".join(sections)))
    return output / "index.html"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>attractory: figures</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
section {{ margin: 3rem 0; }} img {{ max-width: 100%; height: auto; }} h2 {{ margin-bottom: .5rem; }}
.paper {{ color: #666; font-size: .9rem; }} pre {{ overflow-x: auto; font-size: .7rem; line-height: 1.25; }}
code {{ background: #f3f3f3; padding: .1em .3em; }}
</style></head><body>
<h1>How recurrent networks learn</h1>
<p>Lines are theory, dots are networks: trained, or fitted to recordings.</p>
{sections}
</body></html>
"""
