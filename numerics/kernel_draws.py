"""Empirical kernels of random networks, draw by draw, computed once and found again."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray

from numerics.computation import Computation
from numerics.fitting import matrix_product_rate
from numerics.gated_networks import empirical_gated_kernels
from numerics.progress import progress_bar
from numerics.wide_networks import empirical_kernels
from theory.checks import count
from theory.kernels import GatedNetwork, RecurrentNetwork, all_pairs, gated_last_time


@dataclass(frozen=True)
class KernelDraws(Computation):
    """The kernels of several random networks of one width, on the same random inputs.

    The dataset has `nngp` and `ntk` (seed, output, other output), outputs being those at all times of all sequences, or
    of gated networks those at the last time; for these also `gradients` (seed, output, s), see `GatedKernels`.

    Args:
        network: a RecurrentNetwork or a GatedNetwork.
        width: N.
        seeds: how many networks.
        sequences: how many inputs.
        times: their length.
        inputs: m; all entries are standard Gaussian.
        scale: of the inputs.

    >>> from numerics.results import ResultStore
    >>> from theory.kernels import Erf, RecurrentLayer
    >>> import tempfile
    >>> draws = KernelDraws(RecurrentNetwork(RecurrentLayer(Erf(), 1.5)), width=16, seeds=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     draws.run(ResultStore(folder), progress=False).ntk.shape
    (2, 8, 8)
    """

    label: ClassVar[str] = "kernels"
    entry: ClassVar[str] = "numerics.kernel_draws"

    network: RecurrentNetwork | GatedNetwork
    width: int
    seeds: int = 8
    sequences: int = 2
    times: int = 4
    inputs: int = 2
    scale: float = 1.0

    def __post_init__(self):
        for name in ("width", "seeds", "sequences", "times", "inputs"):
            count(getattr(self, name), name)

    @property
    def gated(self) -> bool:
        """Whether the units are."""
        return isinstance(self.network, GatedNetwork)

    def values(self) -> np.ndarray:
        """The inputs, (sequence, time, input)."""
        shape = self.sequences, self.times, self.inputs
        return self.scale * np.random.default_rng([7, *shape]).normal(size=shape)

    def limit(self):
        """The kernels of infinitely wide networks: `Kernels`, or `GatedKernels`."""
        return limit(self.network, self.sequences, self.times, self.inputs, self.scale)

    def operations(self) -> float:
        """Drawing weights, and a forward and a backward pass for every output."""
        matrices = len(self.network.weights) if self.gated else len(self.network.layers)
        outputs = self.sequences * (1 if self.gated else self.times)
        return self.seeds * matrices * self.width**2 * (100.0 + 8.0 * outputs * self.times)

    def seconds(self) -> float:
        """What it will roughly take on this machine."""
        return 3.0 + 10.0 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path):
        """One network after the other."""
        del checkpoint  # seconds of work
        found = []
        with progress_bar(self.seeds, "drawing networks", progress) as bar:
            for seed in range(self.seeds):
                found.append(self._draw(seed))
                bar.advance()
        data = {
            name: (("seed", *_DIMENSIONS[name]), np.stack([each[name] for each in found])) for name in found[0]
        }
        return xarray.Dataset(data, coords={"seed": np.arange(self.seeds)})

    def _draw(self, seed: int) -> dict:
        if self.gated:
            found = empirical_gated_kernels(self.network, self.values(), self.width, seed)
            return dict(zip(_DIMENSIONS, found, strict=True))
        kernels = empirical_kernels(self.network, self.values(), self.width, seed).matrices()
        return {"nngp": kernels.nngp, "ntk": kernels.ntk}


_DIMENSIONS = {"nngp": ("output", "other"), "ntk": ("output", "other"), "gradients": ("output", "s")}


@functools.lru_cache(maxsize=64)
def limit(network, sequences: int, times: int, inputs: int, scale: float):
    """Of `KernelDraws.limit`, which is the same for all widths."""
    values = KernelDraws(network, 1, 1, sequences, times, inputs, scale).values()
    if isinstance(network, GatedNetwork):
        return gated_last_time(network, values)
    return all_pairs(network, values).matrices()
