"""Kernel ridge regression on draws of sequences: what a lazy network gets wrong, directly."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray

from numerics.computation import Computation
from numerics.fitting import matrix_product_rate
from numerics.progress import progress_bar
from theory.checks import count, positive
from theory.kernels import RecurrentNetwork, all_pairs


@dataclass(frozen=True)
class SequenceRegression(Computation):
    """Regression with the neural tangent kernel on n sequences of a pool, drawn with repetition; error over the pool.

    Inputs are standard Gaussian; the target is a leaky integrator (rate .3 a step) of tanh of the first input, at every
    time. The dataset has `loss` (draw, number), `1/(2T)` of the mean squared error.

    Args:
        network: whose kernel.
        numbers: of sequences trained on.
        ridge: added to the kernel's diagonal.
        pool: number of sequences.
        times: their length.
        inputs: m.
        draws: how many.

    >>> from numerics.results import ResultStore
    >>> from theory.kernels import Erf, RecurrentLayer
    >>> import tempfile
    >>> network = RecurrentNetwork(RecurrentLayer(Erf(), 1.2))
    >>> regression = SequenceRegression(network, (1, 4), 0.3, pool=20, draws=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     regression.run(ResultStore(folder), progress=False).loss.shape
    (3, 2)
    """

    label: ClassVar[str] = "regression"
    entry: ClassVar[str] = "numerics.sequence_regression"

    network: RecurrentNetwork
    numbers: tuple
    ridge: float
    pool: int = 240
    times: int = 4
    inputs: int = 2
    draws: int = 60

    def __post_init__(self):
        for name in ("pool", "times", "inputs", "draws"):
            count(getattr(self, name), name)
        positive(self.ridge, "ridge")

    def kernel_and_targets(self) -> tuple[np.ndarray, np.ndarray]:
        """Over the pool: (sequence, time, sequence, time), and (sequence, time)."""
        return _pool(self.network, self.pool, self.times, self.inputs)

    def operations(self) -> float:
        """Two duals a pair of points, and one solution and one product a draw."""
        points, trained = self.pool * self.times, self.times * np.array(self.numbers, float)
        return float(100.0 * points**2 + self.draws * np.sum(trained**3 + 2 * points * trained))

    def seconds(self) -> float:
        """What it will roughly take on this machine."""
        return 2.0 + 3.0 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path):
        """One draw after the other, the same for all numbers but for its length."""
        del checkpoint  # seconds of work
        kernel, targets = self.kernel_and_targets()
        loss = np.empty((self.draws, len(self.numbers)))
        with progress_bar(self.draws, "regression", progress) as bar:
            for draw, row in enumerate(loss):
                order = np.random.default_rng([11, draw]).integers(0, self.pool, max(self.numbers))
                for k, n in enumerate(self.numbers):
                    chosen = order[:n]
                    own = kernel[chosen][:, :, chosen].reshape(n * self.times, -1)
                    weights = np.linalg.solve(own + self.ridge * np.eye(len(own)), targets[chosen].ravel())
                    learned = kernel[:, :, chosen].reshape(targets.size, -1) @ weights
                    row[k] = np.mean((learned - targets.ravel()) ** 2) / 2
                bar.advance()
        coordinates = {"draw": np.arange(self.draws), "number": list(self.numbers)}
        return xarray.Dataset({"loss": (("draw", "number"), loss)}, coords=coordinates)


@functools.lru_cache(maxsize=4)
def _pool(network, pool: int, times: int, inputs: int):
    values = np.random.default_rng([5, pool, times, inputs]).normal(size=(pool, times, inputs))
    targets, state = np.zeros((pool, times)), np.zeros(pool)
    for t in range(times):
        state = 0.7 * state + np.tanh(values[:, t, 0])
        targets[:, t] = state
    return all_pairs(network, values).ntk, targets
