"""Pulsing: trials in which recorded neurons of a circuit are perturbed, draw by draw, run once and found again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray

from numerics.computation import Computation
from numerics.fitting import circuit_of, described, matrix_product_rate
from numerics.progress import progress_bar
from theory.checks import count, positive
from theory.circuits import LinearCircuit
from theory.circuits.covariance import symmetric_root
from theory.errors import ProblemError


@dataclass(frozen=True)
class Pulsing(Computation):
    """Trials from the stationary state: a pulse is added to the observed neurons, and read out after a time.

    The state at the readout is sampled exactly, `z(t) = exp(F t) z(0) + noise`. The dataset has the means over trials
    of the observed neurons right after the pulse, `before`, and at the readout, `after`, both (draw, neuron).

    Args:
        circuit, options: as of `numerics.fitting.Fitting`.
        observed: indices of the recorded neurons.
        pulse: what is added to each of them, (neuron,).
        time: of the readout, in units of time.
        trials: in each draw.
        draws: how many.

    Raises:
        ProblemError: a pulse that does not fit the observed neurons; no trials or draws.

    >>> from theory import circuits
    >>> pulsing = Pulsing(circuits.uncoupled, {"neurons": 3}, observed=(0,), pulse=(5.0,), time=1.0, trials=50)
    >>> pulsing.compute(progress=False, checkpoint=None).after.shape
    (16, 1)
    """

    label: ClassVar[str] = "pulses"
    entry: ClassVar[str] = "numerics.pulsing"

    circuit: Callable[..., LinearCircuit]
    options: dict = field(default_factory=dict)
    observed: tuple | range = (0,)
    pulse: tuple = (1.0,)
    time: float = 1.0
    trials: int = 100
    draws: int = 16

    def __post_init__(self):
        if len(self.pulse) != len(self.observed):
            raise ProblemError(
                f"the pulse has {len(self.pulse)} entries, but {len(self.observed)} neurons are observed."
            )
        positive(self.time, "time")
        count(self.trials, "trials")
        count(self.draws, "draws")

    def configuration(self) -> dict:
        """As of `Fitting`."""
        return {"name": self.label, **described(self)}

    def circuit_of(self, draw: int) -> LinearCircuit:
        """The circuit of a draw."""
        return circuit_of(self.circuit, draw, self.options)

    def operations(self) -> float:
        """Floating-point operations: about 40 products of matrices for a circuit, and three a trial."""
        neurons = self.circuit_of(0).neurons
        return self.draws * (80.0 * neurons**3 + self.trials * (6.0 * neurons**2 + 100.0 * neurons))

    def seconds(self) -> float:
        """What it will roughly take on this machine."""
        return 1.0 + 2.0 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path | None):
        """Run the trials; they take seconds, and no checkpoint is kept."""
        with progress_bar(self.draws, "pulses", progress) as bar:
            means = []
            for draw in range(self.draws):
                means.append(self._means(draw))
                bar.advance()
        before, after = np.swapaxes(means, 0, 1)
        variables = {"before": (("draw", "neuron"), before), "after": (("draw", "neuron"), after)}
        return xarray.Dataset(variables, coords={"draw": np.arange(self.draws)})

    def _means(self, draw: int) -> np.ndarray:
        circuit, observed = self.circuit_of(draw), np.asarray(self.observed)
        random = np.random.default_rng([draw, self.trials, 2])  # no circuit's own, whatever the trials
        propagator, noise = circuit.discretise(self.time)
        shape = (self.trials, circuit.neurons)
        start = random.normal(size=shape) @ symmetric_root(circuit.covariance())
        start[:, observed] += self.pulse
        end = start @ propagator.T + random.normal(size=shape) @ symmetric_root(noise)
        return np.stack([start[:, observed].mean(axis=0), end[:, observed].mean(axis=0)])
