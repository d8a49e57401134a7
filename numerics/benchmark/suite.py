"""The grid of cells: which systems are seen how, for how long and how often, at scale "quick" and "paper"."""

import dataclasses
import functools
from dataclasses import dataclass

from numerics.benchmark import registry
from numerics.benchmark.cell import Cell
from numerics.benchmark.examination import Examination
from numerics.benchmark.observations.mixing import Mixing
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.running.answer import Limits
from numerics.benchmark.table import family
from theory.checks import count
from theory.circuits import LinearCircuit
from theory.errors import ProblemError

APART = 1000  # draws between the seeds of two runs
CALIBRATION = 500  # the first draw of calibration cells, after the run's own first
MOST = 1000  # seeds of runs: systems tell draws apart below a million
LIMITS = Limits()


@dataclass(frozen=True)
class Grid:
    """What is varied: every fraction at every duration, and one at a time of the rest at the last of both.

    Args:
        fractions: channels over neurons.
        durations: recorded time in single-unit time constants.
        noises: besides none.
        bin_sizes: besides 1.
        observations: ids of observation models besides the random subset, and the noise of each.
        draws: circuits of each family in each cell.
        recordings: of each circuit.
        fits: of each recording.
        calibration: draws of N0 from which thresholds are taken, in each cell; the first number at which a threshold of
            5% is exact is 19.
        variants: of systems besides their usual settings: pairs of an id and settings by name.
        nonlinear_too: nonlinear systems, which take long to simulate, are recorded with noise, other bins and other
            observation models too, and have their impostors regressed on long simulations.
        scores: ids; all that there are if none is given.
    """

    fractions: tuple[float, ...]
    durations: tuple[float, ...]
    noises: tuple[float, ...]
    bin_sizes: tuple[float, ...]
    observations: tuple[tuple[str, float], ...]
    draws: int
    recordings: int = 1
    fits: int = 1
    calibration: int = 19
    variants: tuple[tuple[str, dict], ...] = ()
    nonlinear_too: bool = True
    scores: tuple[str, ...] = ()


GRIDS = {
    "quick": Grid(
        (0.05, 0.2),
        (1000.0, 5000.0),
        (0.5,),
        (4.0,),
        (),
        draws=6,
        variants=(("L1", {"slow": 200.0}),),
        nonlinear_too=False,
        scores=("verdict", "timescale", "comparison", "fixed-points", "manifold", "orbits"),
    ),
    "paper": Grid(
        (0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
        (1000.0, 3000.0, 10_000.0, 30_000.0, 100_000.0),
        (0.1, 0.5, 2.0),
        (0.25, 4.0),
        (
            ("localised", 0.0),
            ("tuned", 0.0),
            ("mixing", 0.0),
            ("poisson", 0.2),
            ("negative-binomial", 0.2),
            ("calcium", 0.1),
            ("drift", 0.0),
            ("unknown-input", 0.0),
            ("few-starts", 0.0),
        ),
        draws=40,
        recordings=2,
        fits=2,
        calibration=199,
        variants=(
            ("N0", {"gain": 0.5}),
            *(("F1", {"skip": skip, "rotated": turned}) for skip in (0.0, 0.25, 1.0) for turned in (False, True)),
            ("L1", {"slow": 200.0}),
            ("L1", {"non_normality": 10.0}),
            ("Pn", {"copies": 3}),
        ),
    ),
}


def settings(grid: Grid, system) -> list[Cell]:
    """The settings of a grid in which a system is recorded."""
    seen = RandomSubset()
    cells = [Cell(system, seen, fraction=f, duration=T) for T in grid.durations for f in grid.fractions]
    if not (grid.nonlinear_too or is_linear(system)):
        return cells
    usual = dataclasses.replace(cells[-1], fraction=grid.fractions[len(grid.fractions) // 2])
    cells += [dataclasses.replace(usual, noise=noise) for noise in grid.noises]
    cells += [dataclasses.replace(usual, bin_size=bin_size) for bin_size in grid.bin_sizes]
    for name, noise in grid.observations:
        trials = 20 if name == "few-starts" else 1
        watched = registry.named(registry.observations(), name, "observation model")
        cells.append(dataclasses.replace(usual, observation=watched, noise=noise, trials=trials))
    return cells


def examinations(
    method, grid: Grid, seed: int = 0, systems=None, scores=None, limits: Limits = LIMITS
) -> list[Examination]:
    """All that a run consists of: every family and its impostor in every setting, and N0 again to calibrate.

    N0's own impostor is N0 again: it is left out.

    Draws of calibration cells, and those of runs with different seeds, are disjoint.

    Args:
        method: what is put to the test.
        grid: such as `GRIDS["quick"]`.
        seed: of the run.
        systems: of the zoo; all of it if None.
        scores: all that there are if None.
        limits: of a method that is not ours.
    """
    count(seed, "seed", least=0, most=MOST - 1)
    if grid.draws > CALIBRATION or grid.calibration > APART - CALIBRATION:
        raise ProblemError(f"{grid.draws} and {grid.calibration} draws: at most {CALIBRATION} keep seeds disjoint.")
    systems = zoo(grid) if systems is None else systems
    if scores is None:
        scores = [registry.named(registry.scores(), name, "score") for name in grid.scores or registry.scores()]
    scores = tuple(scores)
    every = dict(scores=scores, limits=limits)
    repeats = dict(recordings=grid.recordings, fits=grid.fits)
    found = []
    for system in systems:
        for cell in settings(grid, system):
            test = dict(first=seed * APART, draws=grid.draws, **repeats, **every)
            found.append(Examination(method, cell, **test))
            wanted = sees_neurons(cell) and (grid.nonlinear_too or is_linear(system))
            if wanted and system.has_impostor:
                found.append(Examination(method, dataclasses.replace(cell, impostor=True), **test))
            if family(system) == "N0":
                other = dict(first=seed * APART + CALIBRATION, draws=grid.calibration, part="calibration")
                found.append(Examination(method, cell, **other, **every))
    return found


def zoo(grid: Grid) -> list:
    """Every system, as it usually is and in the variants of a grid."""
    known = registry.systems()
    usual = [kind() for kind in known.values()]
    return usual + [known[name](**settings) for name, settings in grid.variants if name in known]


@functools.cache
def is_linear(system) -> bool:
    """Whether its circuits are linear, and so recorded exactly and fast."""
    return isinstance(system.draw(0), LinearCircuit)


def sees_neurons(cell: Cell) -> bool:
    """Whether every channel is a neuron of its own, as those of an impostor must be."""
    return not isinstance(cell.observation, Mixing)
