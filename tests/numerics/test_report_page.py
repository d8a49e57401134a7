"""A report is one file that needs nothing else, shows text as it was given, and replaces nothing unasked."""

import base64
import re
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from numerics.checking.page import Page, Section, Table, Tone, Verdict
from theory.errors import ProblemError


class Reader(HTMLParser):
    """What a browser would load, and whether every element is closed."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self, text):
        super().__init__()
        self.open, self.loaded, self.names, self.text = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.loaded += [value for name, value in attributes if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page():
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    sections = (
        Section("A <title> & more", "One.\n\nTwo, in `code <b>`.", figure=figure, caption='A "line"'),
        Section("Numbers", "", table=Table(("mode", "a < b"), (("1", "2 & 3"),))),
    )
    return Page("Is 1 < 2?", Verdict(Tone.BAD, "<script>no</script>", "Why."), sections, {"file": "<day>.npz"})


def test_page_is_self_contained_and_well_formed(page):
    read = Reader(page.html())
    assert not read.open and "script" not in read.names and "link" not in read.names
    assert len(read.loaded) == 1 and read.loaded[0].startswith("data:image/png;base64,")
    assert base64.b64decode(read.loaded[0].split(",")[1]).startswith(b"\x89PNG")
    assert not re.search(r"url\(|@import|https?://", page.html())


def test_text_is_shown_as_it_was_given(page):
    read = Reader(page.html())
    for text in ("Is 1 < 2?", "<script>no</script>", "A <title> & more", "code <b>", "a < b", "2 & 3", "<day>.npz"):
        assert text in read.text
    assert read.names.count("p") == 4 and "✗" in read.text  # sentence, why, two paragraphs


def test_same_page_gives_the_same_file(page):
    assert page.html() == page.html()


def test_nothing_is_overwritten_unasked(page, tmp_path):
    path = page.write(tmp_path / "new" / "report.html")
    path.write_text("mine")
    with pytest.raises(ProblemError, match="--output"):
        page.write(path)
    assert path.read_text() == "mine"
    assert page.write(path, overwrite=True).read_text(encoding="utf-8") == page.html()
    with pytest.raises(ProblemError, match="folder"):
        page.write(tmp_path, overwrite=True)
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]


def test_ragged_table_is_refused():
    with pytest.raises(ProblemError, match="row 1 has 1"):
        Table(("a", "b"), (("1", "2"), ("3",)))
