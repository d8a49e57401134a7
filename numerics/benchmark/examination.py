"""An examination: one method in one setting of the benchmark, draw by draw, run once and found again."""

import dataclasses
import functools
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray

from numerics.benchmark.cell import Cell
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.outcomes import GHOST
from numerics.benchmark.running.answer import Answer, Limits
from numerics.benchmark.running.asking import answered
from numerics.benchmark.score import Evidence, Score
from numerics.benchmark.system import System
from numerics.checkpoint import Checkpoint
from numerics.computation import Computation
from numerics.fitting import matrix_product_rate
from numerics.progress import progress_bar
from numerics.provenance import SOURCE_PACKAGES, source_digest
from theory.checks import count, instance
from theory.circuits import uncoupled
from theory.circuits.nonlinear_truth import Ghost
from theory.configuration import configuration
from theory.errors import AttractoryError

REASON = 300  # characters of a failure's reason that are kept


@dataclass(frozen=True)
class Examination(Computation):
    """A method's scores in the cells of one setting: several circuits, recordings of each, and fits of each.

    Each row of the dataset is one fit. `failed` is the reason why there was no answer, or empty; `unmade` why there was
    no circuit or recording to ask about. What is computed is filed under the settings and the code of this system,
    observation, method and scores alone: a mended system leaves the others' results where they are.

    Args:
        method: what is put to the test, plain data; see `numerics.benchmark.method`.
        setting: the cell, but for its draw and its recording.
        scores: what is asked of every answer.
        first: number of the first draw.
        draws: how many circuits.
        recordings: how many of each circuit.
        fits: how many of each recording, by their seeds.
        part: what the rows are for, such as "test" or "calibration".
        limits: of a method that is not ours, in every cell.
    """

    label: ClassVar[str] = "examination"
    entry: ClassVar[str] = "numerics.benchmark.examination"

    method: object
    setting: Cell
    scores: tuple[Score, ...]
    first: int = 0
    draws: int = 8
    recordings: int = 1
    fits: int = 1
    part: str = "test"
    limits: Limits = Limits()

    def __post_init__(self):
        instance(self.setting, Cell, "setting")
        count(self.first, "first", least=0)
        for name in ("draws", "recordings", "fits"):
            count(getattr(self, name), name)

    def configuration(self) -> dict:
        """As of `Computation`, with the digests of the code of the parts."""
        setting = {f.name: configuration(getattr(self.setting, f.name)) for f in dataclasses.fields(self.setting)}
        parts = (self.method, self.setting.system, self.setting.observation, *self.scores)
        mine = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in ("setting", "scores")}
        return {
            "name": self.label,
            **configuration(mine),
            "setting": setting,
            "scores": [type(score).__name__ for score in self.scores],
            "code": {type(part).__module__: _digest(type(part).__module__) for part in parts},
        }

    @property
    def rows(self) -> int:
        """Number of fits."""
        return self.draws * self.recordings * self.fits

    def cells(self) -> list[tuple[Cell, int]]:
        """Every cell with the seed of its fit, in the order of the rows."""
        return [
            (dataclasses.replace(self.setting, draw=self.first + draw, data=data), fit)
            for draw in range(self.draws)
            for data in range(self.recordings)
            for fit in range(self.fits)
        ]

    def operations(self) -> float:
        """Floating-point operations of recording twice and of a one-step fit: an order, the same on every machine."""
        neurons, samples = 100.0, self.setting.samples * self.setting.trials
        channels = max(1.0, self.setting.fraction * neurons)
        return self.rows * (80 * neurons**3 + 4 * samples * neurons**2 + 1e5 * channels**2 + 2e8)

    def seconds(self) -> float:
        """What it will roughly take on this machine, from how long the method took in a cell of its own."""
        asking = self.rows * _pilot_seconds(self.method, self.limits)
        return 1.0 + asking + 2 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path):
        """Record, fit, ask and score, cell by cell; goes on after the last row that was kept."""
        keeper = Checkpoint(checkpoint, {**self.configuration(), "source_digest": source_digest(self.entry)})
        found = keeper.load({})
        rows = [] if found is None else found[1]
        cells = self.cells()
        with progress_bar(len(cells), "cells", progress) as bar:
            bar.advance(len(rows))
            for cell, fit in cells[len(rows) :]:
                rows.append(self._row(cell, fit))
                keeper.offer({}, rows)
                bar.advance()
        return xarray.Dataset({name: ("row", np.array([row[name] for row in rows])) for name in rows[0]})

    def _row(self, cell: Cell, fit: int) -> dict:
        row = {"draw": cell.draw, "data": cell.data, "fit": fit, **_UNKNOWN, **_nothing(self.scores)}
        begin = time.perf_counter()
        try:
            row |= _truth(cell)
            training, queries = cell.training(), cell.queries()
        except AttractoryError as error:  # a draw without a circuit is no failure of the method's
            return row | {"unmade": str(error)[:REASON]}
        row["seconds_recording"] = time.perf_counter() - begin
        answer = answered(self.method, training, queries, _seed(cell, fit), self.limits, cell)
        row |= {"failed": answer.failed[:REASON], "seconds": answer.seconds, "memory": float(answer.memory)}
        row["isolation"] = answer.isolation
        if not answer.failed:
            row |= self._scored(cell, queries, answer)
        return row

    def _scored(self, cell: Cell, queries, answer: Answer) -> dict:
        evidence = Evidence(cell, queries, answer.rollouts, answer.claim, answer.interval, answer.fitted)
        numbers = {}
        for score in self.scores:
            try:
                # an answer of finite numbers may still be too large to be squared
                with np.errstate(all="ignore"):
                    numbers |= {name: float(value) for name, value in score.of(evidence).items()}
            except (ArithmeticError, ValueError) as error:
                return {"failed": f"{score.id} cannot be told from the answer: {error}"[:REASON]}
        return numbers


_NAN = float("nan")
_UNKNOWN = {
    "unmade": "", "truth": "", "true_slowest": _NAN, "true_second": _NAN, "seconds_recording": _NAN, "failed": "",
    "seconds": _NAN, "memory": _NAN, "isolation": "",
}  # fmt: skip


def _nothing(scores: tuple[Score, ...]) -> dict:
    return {name: _NAN for score in scores for name in score.columns}


def _truth(cell: Cell) -> dict:
    truth = cell.circuit.truth
    slowest, second = (*truth.timescales, np.nan, np.nan)[:2]
    kind = GHOST if isinstance(truth, Ghost) else truth.kind
    return {"truth": kind, "true_slowest": float(slowest), "true_second": float(second)}


def _seed(cell: Cell, fit: int) -> int:
    return int(np.random.SeedSequence([cell.draw, cell.data, fit, 13]).generate_state(1, np.uint32)[0] // 2)


def _digest(module: str) -> str:
    return source_digest(module)[:16] if module.split(".")[0] in SOURCE_PACKAGES else ""


@dataclass(frozen=True)
class _Pilot(System):
    """Leaky neurons, for a first look at how long a method takes."""

    id: ClassVar[str] = "pilot"
    sentence: ClassVar[str] = "uncoupled neurons, to see how long a method takes"

    def draw(self, seed: int):
        """Always the same."""
        return uncoupled(100)

    def impostor(self, circuit, observed):
        """None."""
        return None


@functools.cache
def _pilot_seconds(method, limits: Limits) -> float:
    """How long a method takes to fit and answer in a small cell."""
    cell = Cell(_Pilot(), RandomSubset(), fraction=0.2, duration=4000.0)
    begin = time.perf_counter()
    answered(method, cell.training(), cell.queries(), 0, limits, cell)
    return time.perf_counter() - begin
