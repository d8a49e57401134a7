"""Networks trained on recordings of circuits, draw by draw, and what they report along their training."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from numerics.fitting import Fitting
from numerics.students import WideNetwork
from theory.checks import instance


@dataclass(frozen=True)
class NetworkFitting(Fitting):
    """A `Fitting` whose student is trained by back-propagation through time; every draw has its own initial weights.

    The network of a draw has the draw's number as its seed, whatever the student's. Besides what a `Fitting` keeps of
    the trained networks, the dataset has `slowest` (draw, step): the slowest timescale that each reports after the
    numbers of steps asked for. Training that was killed goes on after the last draw that was finished.

    Args:
        student: a `numerics.students.WideNetwork`.
        steps: at which the slowest timescale is kept, ascending, at most the student's own; the end if empty.
        others: as of `Fitting`; `samples` is needed, for networks are trained on samples.

    Raises:
        ProblemError: a student that is not trained, or what `Fitting` refuses.

    >>> import tempfile
    >>> from numerics.results import ResultStore
    >>> from theory.circuits import uncoupled
    >>> student = WideNetwork(hidden=4, window=1, steps=5)
    >>> fitting = NetworkFitting(uncoupled, {"neurons": 3}, observed=(0,), samples=50, draws=2, student=student)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fitting.run(ResultStore(folder), progress=False).slowest.shape
    (2, 1)
    """

    label: ClassVar[str] = "trained"
    entry: ClassVar[str] = "numerics.network_fitting"

    student: WideNetwork = WideNetwork()
    steps: tuple = ()

    def __post_init__(self):
        super().__post_init__()
        instance(self.student, WideNetwork, "student")

    def operations(self) -> float:
        """Floating-point operations: those of `Fitting`, and six for each weight, sample and pass of a window."""
        student, neurons = self.student, len(self.observed_of(0))
        weights = student.hidden * (student.hidden + 2 * neurons + 20)  # a nonlinearity costs some 20
        return super().operations() + 6.0 * self.draws * student.steps * student.batch * student.window * weights

    def _fit(self, draw: int) -> dict:
        recorded, student = self.recorded(draw), dataclasses.replace(self.student, seed=draw)
        steps = list(self.steps) or [student.steps]
        times = steps if steps[-1] == student.steps else [*steps, student.steps]
        fits = [fit for (fit,) in student.along_training(recorded, times)]
        slowest = np.array([fit.slowest() for fit in fits[: len(steps)]])
        return {**self._kept(draw, recorded, fits[-1]), "slowest": slowest}
