"""Networks trained from two scales of the same initial weights: what a factor in the scale adds to training time."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from numerics.computation import Computation
from numerics.experiment import Experiment
from theory.initialisations import Gaussian
from theory.problem import Problem


@dataclass(frozen=True)
class ScalePair(Computation):
    """Two batches of networks, of which the second starts from the first's weights over a ratio.

    Args:
        problem: what is learned; its initialisation is Gaussian, and all its scales are divided.
        width: number of hidden units.
        fractions: of the initial loss, at whose crossings training times are read.
        ratio: of the scales.
        seeds, training_time, records, step_size: as of an `Experiment`.
    """

    label: ClassVar[str] = "scale-pair"
    entry: ClassVar[str] = "numerics.scale_pair"

    problem: Problem
    width: int
    fractions: tuple[float, ...]
    ratio: float = 2.0
    seeds: int = 6
    training_time: float = 20.0
    records: int = 81
    step_size: float | None = None

    def experiments(self) -> list[Experiment]:
        """The two batches."""
        found = []
        for ratio in (1.0, self.ratio):
            start = self.problem.initialisation
            scaled = Gaussian(start.input / ratio, start.readout / ratio, start.recurrent_gain / ratio)
            problem = dataclasses.replace(self.problem, initialisation=scaled)
            found.append(
                Experiment(problem, self.width, self.seeds, self.training_time, self.records, self.step_size)
            )
        return found

    def operations(self) -> float:
        """Those of both."""
        return sum(experiment.operations() for experiment in self.experiments())

    def seconds(self) -> float:
        """Those of both."""
        return sum(experiment.seconds() for experiment in self.experiments())

    def compute(self, progress: bool, checkpoint: Path):
        """Train both; returns the training times of the crossings, (seed, scale, fraction), nan where never reached."""
        import xarray

        times = []
        for number, experiment in enumerate(self.experiments()):
            networks = experiment.compute(progress, checkpoint.with_suffix(f".{number}"))
            checkpoint.with_suffix(f".{number}").unlink(missing_ok=True)
            times.append([crossing(networks, fraction) for fraction in self.fractions])
        values = np.moveaxis(np.array(times), -1, 0)
        return xarray.Dataset({"crossing": (("seed", "scale", "fraction"), values)})


def crossing(networks, fraction: float) -> np.ndarray:
    """The training time at which the loss has fallen to a fraction of its initial value, (seed,)."""
    from numerics.claims.integrator_half_time import half_time

    return half_time(networks.training_time.values, networks.loss.values, fraction)
