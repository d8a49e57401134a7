"""The benchmark from the shell: what there is, what is refused, and what a hostile method costs."""

import pytest

from numerics.benchmark import registry, table
from numerics.benchmark import run as pages
from numerics.benchmark.cell import Cell
from numerics.benchmark.examination import Examination
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.running import FromFile, Limits
from numerics.benchmark.suite import Grid
from numerics.results import ResultStore
from paper_figures.program import main
from tests.numerics.benchmark.small import Uncoupled
from tests.numerics.benchmark.suite_parts import Persistence


def test_list_says_a_line_of_everything(capsys):
    assert main(["benchmark", "list"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for known in (registry.systems(), registry.observations(), registry.methods(), registry.scores()):
        for name, kind in known.items():
            assert name in printed and kind.sentence.split()[0] in printed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--method", "no_such_method"], "no_such_method"),
        (["run"], "--method"),
        (["run", "--method", "ridge", "--command", "perl"], "either"),
        (["run", "--method", "ridge", "--systems", "Z9"], "Z9"),
        (["compare"], "folders of finished runs"),
        (["compare", "nowhere"], "no results"),
    ],
)
def test_mistakes_are_refused_in_one_paragraph(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["benchmark", *arguments]) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


HOSTILE = """
import os, sys

class Hostile:
    def fit(self, data, seed):
        print("garbage" * 1000)
        if seed % 2:
            os._exit(1)
        return self

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
        return [[[float("nan")] * history.shape[1]] * steps] * samples
"""


def test_hostile_method_costs_its_own_rows_and_says_why(tmp_path):
    """One that dies or answers nan: every row is there, with its reason, and the truth is as ever."""
    path = tmp_path / "hostile.py"
    path.write_text(HOSTILE)
    cell = Cell(Uncoupled(), RandomSubset(), fraction=0.5, duration=200.0)
    examined = Examination(FromFile(str(path)), cell, (Persistence(),), draws=3, limits=Limits(seconds=120.0))
    rows = examined.run(ResultStore(tmp_path / "results"), progress=False)
    assert rows.draw.values.tolist() == [0, 1, 2] and (rows.truth.values == "point").all()
    assert all(str(reason) for reason in rows.failed.values) and (rows.unmade.values == "").all()
    assert rows.persistence.isnull().all()


def test_a_run_ends_in_a_table_and_a_card_and_runs_are_compared(tmp_path, monkeypatch, capsys):
    """By the shell, from the first cell to the leaderboard, with as few cells as can be."""
    monkeypatch.setattr(pages, "GRIDS", {"quick": Grid((0.05,), (300.0,), (), (), (), draws=2, calibration=3)})
    monkeypatch.chdir(tmp_path)
    for name in ["ridge"]:
        assert main(["benchmark", "run", "--method", name, "--systems", "F1", "--output", name]) == 0
        assert f"{name}/report_card.html" in capsys.readouterr().out
        rows, about = table.read(tmp_path / name)
        assert about["method"] == name and set(rows.family) == {"N0", "F1", "F1 impostor"}
        assert (rows.failed == "").all() and (rows.unmade == "").all()
        assert (rows[rows.family != "F1 impostor"].points_found == 1).all()  # of a linear model
        card = (tmp_path / name / "report_card.html").read_text(encoding="utf-8")
        assert f"Does {name} find the attractors" in card and "Fixed points" in card
    assert main(["benchmark", "compare", "ridge"]) == 0
    assert "ridge comes first of 1" in (tmp_path / "leaderboard.html").read_text(encoding="utf-8")
