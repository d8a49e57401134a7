"""Runs are resumed after being killed with nothing lost and nothing counted twice, and depend on their seed alone."""

import dataclasses
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from numerics.benchmark import outcomes, suite, table
from numerics.benchmark.cell import Cell
from numerics.benchmark.examination import Examination
from numerics.benchmark.leaderboard import standing
from numerics.benchmark.methods import method
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.systems.feedforward_chain import FeedforwardChain
from numerics.benchmark.systems.line_attractor import LineAttractor
from numerics.benchmark.systems.stable_units import StableUnits
from numerics.computation import run_all, share
from numerics.results import ResultStore
from tests.numerics.benchmark.small import Uncoupled
from tests.numerics.benchmark.suite_parts import Chain, Line, Persistence, Regression
from theory.errors import ProblemError

GRID = suite.Grid((0.3,), (300.0,), (), (), (), draws=2, calibration=3)
SYSTEMS = [Uncoupled(), Line()]


def needed(seed: int = 0, method=None) -> list[Examination]:
    return suite.examinations(method or Regression(), GRID, seed, SYSTEMS, (Persistence(),))


def draws(examination: Examination) -> range:
    return range(examination.first, examination.first + examination.draws)


def quiet(_: str) -> None:
    """No report."""


def run(folder: Path, seed: int = 0, method=None):
    store = ResultStore(folder)
    run_all(needed(seed, method), store, quiet)
    rows = table.table(needed(seed, method), store)
    return rows.drop(columns=[name for name in rows if name.startswith(("seconds", "memory"))])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"))


class TestGrid:
    def test_every_scale_has_calibration_cells_of_n0_alone_with_draws_of_their_own(self):
        for grid in suite.GRIDS.values():
            found = suite.examinations(Regression(), grid, 3, SYSTEMS, ())
            calibrating = [each for each in found if each.part == "calibration"]
            assert {each.setting.system.id for each in calibrating} == {"N0"}
            tested = {draw for each in found if each.part == "test" for draw in draws(each)}
            assert not tested & {draw for each in calibrating for draw in draws(each)}
            # every setting that is tested is calibrated
            assert {dataclasses.replace(each.setting, system=Uncoupled(), impostor=False) for each in found} == {
                each.setting for each in calibrating
            }
            # a level of 5% is met exactly
            assert (grid.calibration + 1) % 20 == 0

    def test_runs_of_different_seeds_share_no_draw(self):
        of_seed = [{draw for each in needed(seed) for draw in draws(each)} for seed in range(3)]
        assert len(set.union(*of_seed)) == sum(map(len, of_seed))

    def test_cells_have_the_draws_that_are_said(self):
        for each in needed():
            assert {cell.draw for cell, _ in each.cells()} == set(draws(each)) and len(each.cells()) == each.rows

    def test_tasks_are_disjoint_and_complete(self):
        parts = [share(needed(), f"{part}/3") for part in (1, 2, 3)]
        keys = [str(each.configuration()) for part in parts for each in part]
        assert sorted(keys) == sorted(str(each.configuration()) for each in needed())

    def test_too_many_draws_are_refused(self):
        with pytest.raises(ProblemError, match="600"):
            suite.examinations(Regression(), dataclasses.replace(GRID, draws=600), 0, SYSTEMS, ())


class TestTable:
    def test_there_is_a_row_for_every_fit_and_once(self, whole):
        assert len(whole) == sum(len(each.cells()) for each in needed())
        assert not whole.duplicated().any()
        identity = ["part", "system", "impostor", "fraction", "duration", "bin_size", "noise", "draw", "data", "fit"]
        assert not whole.duplicated(identity).any()
        assert (whole.failed == "").all() and whole.persistence.between(-1, 1).all()

    def test_truth_is_that_of_what_was_recorded(self, whole):
        assert set(whole.truth[whole.system == "N0"]) == {"point"}
        line = whole[(whole.system == "L1") & ~whole.impostor]
        assert set(line.truth) == {"line"} and set(line.true_slowest) == {100.0}

    def test_same_seed_same_numbers_and_another_seed_others(self, whole, tmp_path):
        again, other = run(tmp_path / "again"), run(tmp_path / "other", seed=1)
        assert whole.equals(again)
        assert not np.isclose(whole.persistence, other.persistence, rtol=1e-9).any()

    def test_unfinished_runs_are_refused_with_what_is_left(self, tmp_path):
        store = ResultStore(tmp_path)
        run_all(needed()[:1], store, quiet)
        with pytest.raises(ProblemError, match=f"{len(needed()) - 1} of {len(needed())} examinations"):
            table.table(needed(), store)

    def test_table_survives_the_disk_in_both_forms(self, whole, tmp_path):
        import pandas

        table.write(whole, "regression", tmp_path, {"name": "benchmark"}, 1.0)
        back, about = table.read(tmp_path)
        assert whole.equals(back[whole.columns]) and about["method"] == "regression"
        csv = pandas.read_csv(tmp_path / table.NAMES[0], keep_default_na=False)
        np.testing.assert_array_equal(csv.persistence.astype(float), whole.persistence)
        with pytest.raises(ProblemError, match="no results"):
            table.read(tmp_path / "nowhere")


@dataclasses.dataclass(frozen=True)
class Raising(Regression):
    """Fails where the recording has an odd first number, in one way or another."""

    name: ClassVar[str] = "raising"

    def fit(self, data, seed):
        if data.activity[0, 0, 0] > 0:
            raise RuntimeError("lost its way" + 1000 * "!")
        return super().fit(data, seed)


class TestFailures:
    def test_failures_cost_their_own_rows_alone_and_say_why(self, whole, tmp_path):
        rows = run(tmp_path, method=Raising())
        failed = rows.failed != ""
        assert 0 < failed.sum() < len(rows)
        assert rows.failed[failed].str.contains("RuntimeError: lost its way").all()
        assert rows.failed.str.len().max() <= 300
        assert rows.persistence[failed].isna().all()
        assert rows[~failed].equals(whole[~failed.to_numpy()].astype(rows.dtypes.to_dict()))


def examine(folder: Path, log: Path) -> None:
    """In a process of its own: run the suite with a checkpoint after every row, and a line in the log for each."""
    from numerics import checkpoint
    from numerics.benchmark import examination

    examination._pilot_seconds = lambda method, limits: 0.1  # no estimate is asked for here
    checkpoint.INTERVAL, checkpoint.SHARE = 0.0, float("inf")
    row = Examination._row

    def noted(self, cell, fit):
        made = row(self, cell, fit)
        with open(log, "ab", buffering=0) as file:
            file.write(f"{cell.system.id} {cell.impostor} {cell.noise} {self.part} {cell.draw}\n".encode())
        time.sleep(0.05)
        return made

    Examination._row = noted
    run_all(needed(), ResultStore(folder), quiet)


class TestKilling:
    def test_killed_runs_go_on_to_the_same_table(self, whole, tmp_path):
        """Killed when a few more rows were made each time; at most the row at hand is made again."""
        # processes that begin where a server has imported everything, and has computed nothing that a fork would break
        context, log = multiprocessing.get_context("forkserver"), tmp_path / "log"
        context.set_forkserver_preload([__name__])
        log.touch()
        kills, made = 0, 0
        while True:
            process = context.Process(target=examine, args=(tmp_path / "results", log))
            process.start()
            goal = made + 3 + kills
            while process.is_alive() and len(log.read_bytes().splitlines()) < goal:
                time.sleep(0.005)
            if kills < 2:
                assert process.is_alive(), "the run was over before it was killed"
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            process.join(60)
            lines = log.read_text().splitlines()
            made = len(lines)
            if process.exitcode == 0:
                break
        assert kills == 2 and made >= len(whole)
        assert len(set(lines)) == len(whole)
        assert made - len(whole) <= kills  # nothing that was kept is made twice
        assert run(tmp_path / "results").equals(whole)
        leftovers = [path.name for path in (tmp_path / "results").iterdir() if path.suffix != ".nc"]
        assert leftovers == []


@pytest.mark.full
def test_rankings_of_real_methods_agree_within_intervals_between_seeds(tmp_path):
    """A chain and a line, by three methods and two seeds: one order, and rates whose intervals overlap."""
    grid = suite.Grid((0.05, 0.3), (2000.0,), (), (), (), draws=6, scores=suite.GRIDS["quick"].scores)
    systems = [StableUnits(), FeedforwardChain(), LineAttractor(slow=200.0)]
    stands = []
    for seed in (0, 1):
        store, found = ResultStore(tmp_path / str(seed)), []
        for name in ("leak", "ridge", "subspace"):
            needed = suite.examinations(method(name), grid, seed, systems)
            run_all(needed, store, quiet)
            found.append(standing(name, outcomes.claims(table.table(needed, store))))
        stands.append(found)
    for one, other in zip(*stands, strict=True):
        assert one["domain"]["low"] <= other["domain"]["high"] and other["domain"]["low"] <= one["domain"]["high"]
        for which in "HM":
            a, b = one["worst"][which], other["worst"][which]
            assert a.wilson_low <= b.wilson_high and b.wilson_low <= a.wilson_high
    best = [{name for name, rate in _worst(found) if rate == min(r for _, r in _worst(found))} for found in stands]
    assert best[0] & best[1]


def _worst(found: list[dict]) -> list[tuple[str, float]]:
    return [(one["name"], max(rate.value for rate in one["worst"].values())) for one in found]


class TestExaminations:
    def test_mended_systems_leave_others_results_where_they_are(self, monkeypatch):
        """A result is filed under the code of its own parts."""
        from numerics.benchmark import examination

        def keys():
            return [ResultStore("results").key(each.configuration(), each.entry) for each in (chain, own)]

        own = Examination(Regression(), Cell(Uncoupled(), RandomSubset()), ())
        chain = Examination(Regression(), Cell(Chain(), RandomSubset(), noise=0.5), ())
        before = keys()
        true = examination._digest
        monkeypatch.setattr(examination, "_digest", lambda module: true(module) + ("x" if "random" in module else ""))
        assert all(a != b for a, b in zip(before, keys(), strict=True))
        monkeypatch.setattr(examination, "_digest", lambda module: true(module) + ("x" if "ring" in module else ""))
        assert keys() == before

    def test_wrong_numbers_are_refused(self):
        with pytest.raises(ProblemError, match="draws = 0"):
            Examination(Regression(), Cell(Uncoupled(), RandomSubset()), (), draws=0)
        with pytest.raises(ProblemError, match="setting"):
            Examination(Regression(), "a cell", ())
