"""Reports of one page: a single HTML file that needs nothing else, to be mailed or opened in any browser.

A report is a heading, a verdict in a box, and sections of words with a figure or a table:

    page = Page(
        heading="Is this fit to be trusted?",
        verdict=Verdict(Tone.DOUBT, "The slow mode cannot be told from an impostor.", "Record 12 times longer."),
        sections=(
            Section("Timescales", "Paragraphs are parted by an empty line, `code` stands in backticks.",
                    figure=drawn, caption="What is seen, also for those who cannot see it."),
            Section("Numbers", "In a table.", table=Table(("mode", "timescale"), (("1", "31.6 s"),))),
        ),
        provenance=provenance({"recording": "day.npz"}, wall_time=2.0),
    )
    page.write(Path("report.html"))    # refuses to overwrite

All text is plain text: it is escaped here. Figures are matplotlib's, drawn within `numerics.plot_style.style()` and
closed by whoever made them.
"""

import base64
import enum
import html
import io
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from numerics.files import replacing
from theory.errors import ProblemError


class Tone(enum.Enum):
    """What a verdict amounts to, as a sign and a colour; the sign alone says it too."""

    GOOD = ("✓", "#009E73")
    DOUBT = ("?", "#E69F00")
    BAD = ("✗", "#D55E00")


@dataclass(frozen=True)
class Verdict:
    """What stands in the box: one sentence, and the numbers behind it or what to do.

    Args:
        tone: good, doubtful or bad news.
        sentence: the verdict.
        words: paragraphs below it, parted by empty lines.
    """

    tone: Tone
    sentence: str
    words: str = ""


@dataclass(frozen=True)
class Table:
    """A table of text.

    Args:
        heading: of the columns.
        rows: as long as the heading; numbers are the caller's to format.

    Raises:
        ProblemError: a row of another length.
    """

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self):
        for number, row in enumerate(self.rows):
            if len(row) != len(self.heading):
                raise ProblemError(f"row {number} has {len(row)} entries, the heading {len(self.heading)}.")


@dataclass(frozen=True)
class Section:
    """A section of a report.

    Args:
        title: in a few words.
        words: paragraphs, parted by empty lines.
        figure: a matplotlib figure, or None.
        table: or None.
        caption: of the figure, which also describes it to those who cannot see it.
    """

    title: str
    words: str
    figure: object = None
    table: Table | None = None
    caption: str = ""


@dataclass(frozen=True)
class Page:
    """A report of one page; see the module for an example.

    Args:
        heading: the question that is answered.
        verdict: the answer.
        sections: what it rests on, the most important first.
        provenance: what was computed, when, and by which versions; it is folded away at the foot.

    >>> page = Page("Is it?", Verdict(Tone.GOOD, "It is, if 1 < 2."), (Section("Why", "By `counting`."),))
    >>> "1 &lt; 2" in page.html() and "<code>counting</code>" in page.html()
    True
    """

    heading: str
    verdict: Verdict
    sections: tuple[Section, ...]
    provenance: dict[str, str] = field(default_factory=dict)

    def html(self) -> str:
        """The page as text."""
        sign, colour = self.verdict.tone.value
        return _PAGE.format(
            heading=html.escape(self.heading),
            sign=sign,
            colour=colour,
            sentence=_inline(self.verdict.sentence),
            words=_paragraphs(self.verdict.words),
            sections="\n".join(map(_section, self.sections)),
            provenance=_table(Table(("", ""), tuple(self.provenance.items()))) if self.provenance else "",
        )

    def write(self, path: Path, overwrite: bool = False) -> Path:
        """Write the page, whole or not at all; returns the path.

        Args:
            path: the file.
            overwrite: replace a file that is there.

        Raises:
            ProblemError: there is a file already, or a folder of that name; it cannot be written.
        """
        path = Path(path)
        require_free(path, overwrite)
        text = self.html()
        try:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ProblemError(f"{path} cannot be written: {error.strerror}. {_ELSEWHERE}") from error
        return path


_ELSEWHERE = "Name another file with --output."


def require_free(path: Path, overwrite: bool = False) -> None:
    """Refuse a path where something is already: ask before the computing, not after.

    Args:
        path: where a report is to be written.
        overwrite: a file that is there may be replaced.

    Raises:
        ProblemError: it is taken, or nothing can be written there.
    """
    try:
        is_folder, taken = path.is_dir(), path.exists()
    except OSError as error:  # a name that is too long, for instance
        raise ProblemError(f"{path} cannot be written: {error.strerror}. {_ELSEWHERE}") from error
    if is_folder:
        raise ProblemError(f"{path} is a folder; name a file, such as {path / 'report.html'}.")
    folder = next(each for each in path.absolute().parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        why = "nothing may be written there" if folder.is_dir() else "it is no folder"
        raise ProblemError(f"{path} cannot be written in {folder}: {why}. {_ELSEWHERE}")
    if taken and not overwrite:
        raise ProblemError(
            f"{path} is there already, and nothing is overwritten unasked: name another file with --output, or say "
            "--overwrite."
        )


def _section(section: Section) -> str:
    parts = [f"<section><h2>{html.escape(section.title)}</h2>", _paragraphs(section.words)]
    if section.figure is not None:
        alt = html.escape(section.caption or section.title, quote=True)
        parts.append(f'<figure><div class="drawing"><img src="{_inlined(section.figure)}" alt="{alt}"></div>')
        parts.append(f"<figcaption>{_inline(section.caption)}</figcaption></figure>")
    if section.table is not None:
        parts.append(_table(section.table))
    return "\n".join([*parts, "</section>"])


def _inlined(figure) -> str:
    """The figure as a data address; without dates inside, so that the same figure gives the same text."""
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=200, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(image.getvalue()).decode("ascii")


def _table(table: Table) -> str:
    def row(entries, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{_inline(str(entry))}</{tag}>" for entry in entries) + "</tr>"

    head = f"<thead>{row(table.heading, 'th')}</thead>" if any(table.heading) else ""
    body = "\n".join(row(entries, "td") for entries in table.rows)
    return f'<div class="table"><table>{head}<tbody>\n{body}\n</tbody></table></div>'


def _paragraphs(words: str) -> str:
    return "\n".join(f"<p>{_inline(part.strip())}</p>" for part in re.split(r"\n\s*\n", words) if part.strip())


def _inline(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{heading}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.6rem; line-height: 1.25; }} h2 {{ font-size: 1.15rem; margin: 2rem 0 .5rem; }}
.verdict {{ border: 1px solid {colour}; border-left: .6rem solid {colour}; border-radius: .3rem;
  padding: .4rem 1rem; margin: 1.5rem 0; }}
.verdict > p:first-child {{ font-size: 1.15rem; font-weight: 600; }} .sign {{ color: {colour}; font-weight: 700; }}
figure {{ margin: 1rem 0; }} .drawing {{ overflow-x: auto; }}
/* narrow screens scroll a figure rather than shrink its letters */
img {{ display: block; width: 100%; min-width: 34rem; height: auto; }} figcaption {{ color: #555; font-size: .9rem; }}
.table {{ overflow-x: auto; }} table {{ border-collapse: collapse; font-size: .92rem; }}
th, td {{ text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
code {{ background: #f3f3f3; padding: .1em .3em; overflow-wrap: anywhere; }}
details {{ margin-top: 3rem; color: #555; }} details td {{ font-size: .8rem; overflow-wrap: anywhere; }}
</style></head><body>
<h1>{heading}</h1>
<div class="verdict"><p><span class="sign">{sign}</span> {sentence}</p>
{words}
</div>
{sections}
<details><summary>What was computed, and by what</summary>
{provenance}
</details>
</body></html>
"""
