"""Wide networks trained by gradient descent on all their weights, and the kernels they began and ended with."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from numerics.computation import Computation
from numerics.fitting import matrix_product_rate
from numerics.progress import progress_bar
from numerics.wide_networks import draw_weights, kernels_at, outputs
from theory.checks import count, positive, real_array
from theory.errors import DivergedError, ProblemError
from theory.kernels import KernelFlow, RecurrentNetwork


@dataclass(frozen=True, eq=False)
class LazyTraining(Computation):
    """Networks in NTK parameterisation, trained by full-batch descent of `1/(2 n T) sum (f - y)^2`.

    Every group of weights learns at its rate; what the kernel flow says of it is exact in the step size
    (`KernelFlow.left_by_descent`), so only the width is left to be compared. The dataset has `outputs`
    (seed, record, point), points being (sequence, time); and `kernel`, `kernel_after` (seed, point, other), the neural
    tangent kernels at the first and the last record.

    Args:
        network: the network.
        width: N.
        inputs: (sequence, time, input).
        targets: (sequence, time).
        step_size: eta.
        records: numbers of steps at which outputs are kept, rising, the first 0.
        seeds: how many networks.

    Raises:
        ProblemError: shapes that do not fit, a step size beyond the kernel's limit; when computed, DivergedError.

    >>> from numerics.results import ResultStore
    >>> from theory.kernels import Erf, RecurrentLayer
    >>> import tempfile
    >>> network = RecurrentNetwork(RecurrentLayer(Erf(), 1.5))
    >>> training = LazyTraining(network, 16, np.ones((1, 3, 1)), np.ones((1, 3)), 0.1, (0, 10), seeds=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     training.run(ResultStore(folder), progress=False).outputs.shape
    (2, 2, 3)
    """

    label: ClassVar[str] = "lazy"
    entry: ClassVar[str] = "numerics.lazy_training"

    network: RecurrentNetwork
    width: int
    inputs: np.ndarray
    targets: np.ndarray
    step_size: float
    records: tuple
    seeds: int = 4

    def __post_init__(self):
        for name, axes in (("inputs", 3), ("targets", 2)):
            object.__setattr__(self, name, np.asarray(real_array(getattr(self, name), name, axes)))
        if self.inputs.shape[:2] != self.targets.shape:
            raise ProblemError(f"targets have shape {self.targets.shape}, inputs {self.inputs.shape}.")
        count(self.width, "width"), count(self.seeds, "seeds"), positive(self.step_size, "step_size")
        if list(self.records) != sorted(set(self.records)) or self.records[0] != 0:
            raise ProblemError(f"records must rise from 0; got {self.records}.")

    def flow_outputs(self, kernel, initial) -> np.ndarray:
        """What the kernel (point, other) makes of outputs that start at `initial`: (record, point)."""
        flow = KernelFlow(kernel, self.targets.ravel(), initial)
        return flow.outputs(flow.left_by_descent(self.records, self.step_size))

    def weights(self, seed: int):
        """The initial weights of a network."""
        number, times, inputs = self.inputs.shape
        return draw_weights(self.network, self.width, inputs, seed, times, number)

    def initial_outputs(self) -> np.ndarray:
        """(seed, point)."""
        return np.stack([np.asarray(_outputs(self.network, self.weights(s), self.inputs)) for s in range(self.seeds)])

    def initial_kernels(self) -> np.ndarray:
        """(seed, point, other)."""
        return np.stack([self._kernel(self.weights(seed)) for seed in range(self.seeds)])

    def _kernel(self, weights) -> np.ndarray:
        return np.asarray(kernels_at(self.network, weights, self.inputs)[1]).reshape(self.targets.size, -1)

    def operations(self) -> float:
        """Three products with every W for each time and step."""
        return self.seeds * 6.0 * self.targets.size * self.width**2 * len(self.network.layers) * (self.records[-1] + 10)

    def seconds(self) -> float:
        """What it will roughly take on this machine."""
        return 4.0 + 6.0 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path):
        """One network after the other."""
        del checkpoint  # a minute of work at most
        kept = {"outputs": [], "kernel": [], "kernel_after": []}
        with progress_bar(self.seeds, "training", progress) as bar:
            for seed in range(self.seeds):
                weights = self.weights(seed)
                kept["kernel"].append(self._kernel(weights))
                path = [np.asarray(_outputs(self.network, weights, self.inputs))]
                for before, after in zip(self.records, self.records[1:], strict=False):
                    arguments = self.inputs, self.targets.ravel(), self.step_size, after - before
                    weights = _descend(self.network, weights, *arguments)
                    path.append(np.asarray(_outputs(self.network, weights, self.inputs)))
                if not np.isfinite(path[-1]).all():
                    raise DivergedError(f"training diverged at step size {self.step_size:g}, width {self.width}.")
                kept["outputs"].append(path)
                kept["kernel_after"].append(self._kernel(weights))
                bar.advance()
        matrix = ("seed", "point", "other")
        dimensions = {"outputs": ("seed", "record", "point"), "kernel": matrix, "kernel_after": matrix}
        data = {name: (dimensions[name], np.stack(values)) for name, values in kept.items()}
        return xarray.Dataset(data, coords={"seed": np.arange(self.seeds), "record": np.asarray(self.records)})


@functools.partial(jax.jit, static_argnums=0)
def _outputs(network, weights, inputs):
    indices = jnp.arange(inputs.shape[0])
    return jax.vmap(lambda x, i: outputs(network, weights, x, i))(jnp.asarray(inputs), indices).ravel()


@functools.partial(jax.jit, static_argnums=0)
def _descend(network, weights, inputs, targets, step_size, steps):
    rates = {
        "layers": [
            {
                "recurrent": layer.rates.recurrent,
                "input": layer.rates.input,
                "bias": layer.rates.bias,
                "initial": layer.rates.initial_state,
            }
            for layer in network.layers
        ],
        "readout": network.readout_rate,
    }

    def loss(weights):
        return jnp.mean((_outputs(network, weights, inputs) - targets) ** 2) / 2

    def step(_, weights):
        return jax.tree.map(lambda w, g, rate: w - step_size * rate * g, weights, jax.grad(loss)(weights), rates)

    return jax.lax.fori_loop(0, steps, step, weights)
