"""Methods of the benchmark on a chain and a line attractor, seen in several ways: what four figures draw from."""

import numpy as np
import pandas
import scipy.linalg

from numerics.benchmark import table
from numerics.benchmark.cell import Cell
from numerics.benchmark.examination import Examination
from numerics.benchmark.methods import method
from numerics.benchmark.methods.oracle import known_fit
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.scores.comparison import Comparison
from numerics.benchmark.scores.perturbation import Perturbation
from numerics.benchmark.scores.verdict import Verdict
from numerics.benchmark.statistics import rates as rates_of
from numerics.benchmark.systems.feedforward_chain import FeedforwardChain
from numerics.benchmark.systems.line_attractor import LineAttractor
from theory.partial_observation import RecordedCircuit
from theory.students.kalman import LatentModel, filter_of
from theory.students.verdict import persistent

METHODS = ("leak", "phase-randomised", "ridge", "var", "subspace", "delay-dmd")
FAMILIES = (FeedforwardChain(), LineAttractor(slow=200.0))
FRACTIONS = {"quick": (0.05, 0.2), "paper": (0.02, 0.05, 0.1, 0.2, 0.5)}
DURATIONS = {"quick": (1000.0, 10_000.0), "paper": (1000.0, 3000.0, 10_000.0, 30_000.0)}
DRAWS = {"quick": 8, "paper": 60}
_HISTORY = 64  # bins that methods are given to go on from
SAID = (
    "100 neurons, of which a random fraction is seen without noise in bins of a time constant: a rotated feedforward "
    "chain with skips .5, which has no slow mode, and a symmetric line attractor of timescale 200. An attractor "
    "counts as claimed by definition: a mode of 20 time constants, ten times slower than the next, in the rollouts "
    "of the fitted model."
)
"""What the captions say of the circuits."""


def examinations(scale: str) -> list[Examination]:
    """Every method on both families in every setting."""
    cells = [
        Cell(system, RandomSubset(), fraction=fraction, duration=duration)
        for system in FAMILIES
        for duration in DURATIONS[scale]
        for fraction in FRACTIONS[scale]
    ]
    scores = (Verdict(), Comparison(), Perturbation())
    return [Examination(method(name), cell, scores, draws=DRAWS[scale]) for name in METHODS for cell in cells]


def rows(scale: str, store) -> pandas.DataFrame:
    """A row for every fit, with the columns of `numerics.benchmark.outcomes.claims` and the name of the method."""
    found = []
    for each in examinations(scale):
        one = table.table([each], store).assign(method=each.method.name)
        found.append(one.assign(attractor=one.truth != "point", claimed=one.claims.where(one.failed == "")))
    return pandas.concat(found, ignore_index=True)


def rates(found: pandas.DataFrame, by: tuple[str, ...] = ("method", "family")) -> pandas.DataFrame:
    """H of the chain and M of the line, with intervals; see `numerics.benchmark.statistics.rates`."""
    return rates_of(found, by=by)


def endless(system, fraction: float, draws: int = 4, steps: int = 64) -> dict[str, float]:
    """What theory says of the regression over one bin of an endless recording, mean over draws.

    Args:
        system: one of `FAMILIES`.
        fraction: observed.
        draws: of circuit and subset, those of the runs.
        steps: bins over which responses to pulses are compared.

    Returns:
        `R2` one bin ahead, and `best`, that of whoever knows the circuit and is given as long a history; `reported`,
        whether it has a persistent mode; `response`, error of its response to pulses of single channels over the size
        of the true ones, channels in their standard deviations.
    """
    found = {"R2": [], "best": [], "reported": [], "response": []}
    for draw in range(draws):
        cell = Cell(system, RandomSubset(), fraction=fraction, draw=draw)
        recorded = RecordedCircuit(cell.drawn, cell.observed, cell.bin_size)
        present, later = recorded.lagged_covariance([0, 1])
        student = np.linalg.solve(present.T, later.T).T
        # channels count in their standard deviations, as in the score
        left = np.diag(present - later @ student.T - student @ later.T + student @ present @ student.T)
        found["R2"].append(1 - np.mean(left / np.diag(present)))
        known = known_fit(cell.drawn, cell.channels, 0.0, cell.bin_size)
        parts = (known.propagator, known.readout, known.process_noise, known.observation_noise, known.covariance)
        unknown = np.diag(filter_of(LatentModel(*parts), _HISTORY).innovation[-1])
        found["best"].append(1 - np.mean(unknown / np.diag(present)))
        found["reported"].append(persistent(np.linalg.eigvals(student), span=1.0)[2])
        step, spread = scipy.linalg.expm(cell.drawn.drift * cell.bin_size), np.sqrt(np.diag(present))
        seen = np.ix_(cell.observed, cell.observed)
        truth = np.stack([np.linalg.matrix_power(step, n)[seen] for n in range(1, steps + 1)])
        mine = np.stack([np.linalg.matrix_power(student, n) for n in range(1, steps + 1)])
        weight = spread / spread[:, None]  # pulses and responses in standard deviations
        off, size = (np.sqrt(np.sum((weight * part) ** 2)) for part in (mine - truth, truth))
        found["response"].append(off / size)
    return {name: float(np.mean(values)) for name, values in found.items()}
