"""A fitting: students fitted to recordings of circuits, draw by draw, run once and found again."""

import functools
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import ClassVar

import numpy as np
import xarray

from numerics.checkpoint import Checkpoint
from numerics.computation import Computation
from numerics.progress import progress_bar
from numerics.provenance import source_digest
from numerics.recordings import record
from theory.checks import count
from theory.circuits import LinearCircuit
from theory.configuration import configuration
from theory.errors import ProblemError
from theory.partial_observation import RecordedCircuit
from theory.students import Autoregression, Fit, Student


@dataclass(frozen=True)
class Fitting(Computation):
    """One family of circuits, recorded and fitted in several draws; with `samples=None`, as from endless recordings.

    A draw has its own circuit, observed neurons and noise, all of them following from its number. A claim about fits is
    a `Claim` whose trials hold a `Fitting` each, with draws where training has seeds:

    - `measured(fitting, fits)` takes what it needs from the dataset below, with draws as the first axis;
    - `predicted(fitting)` and `rival(fitting)` ask theory about the same draws: `fitting.circuit_of(draw)`,
      `fitting.observed_of(draw)`, `fitting.endless(draw)`, `fitting.of_each(function)`;
    - the small parameter is 1/samples (exponent 1/2) for what only a finite recording blurs, or 1/neurons for means
      over draws; the kind is "asymptotic", or "exact" where three fittings halve a bin or a time without noise.

    `numerics.claims.markov_limit` is an example. The dataset has, where the student gives them, `propagator` (draw,
    state, state), `readout` (draw, neuron, state), `eigenvalue` and `timescale` (draw, mode), `observed`
    (draw, neuron), and with `lags` the `autocovariance` (draw, lag, neuron) of every recorded neuron.

    Args:
        circuit: function that makes a circuit, such as `theory.circuits.feedforward_chain`. If it takes a seed, it is
            given the draw's number, unless `options` has one.
        options: its arguments, by name.
        observed: indices of the recorded neurons, the same in all draws; or else
        fraction: of the neurons that are recorded, chosen at random in every draw.
        bin_size: in units of time.
        samples: in each trial; None fits what an endless recording would show.
        trials: how many.
        observation_noise: variance of the white noise added to every sample.
        student: what is fitted.
        draws: how many.
        lags: the autocovariances are kept up to this lag, in bins; 0 keeps none.

    Raises:
        ProblemError: both or neither of observed neurons and fraction; what is no student; when computed, draws whose
            fits differ in their number of states.

    >>> from theory import circuits
    >>> fitting = Fitting(circuits.feedforward_chain, {"neurons": 100}, observed=(0,), samples=None, draws=1)
    >>> from numerics.results import ResultStore
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fits = fitting.run(ResultStore(folder))
    >>> fits.timescale.values.round(2)
    array([[11.09]])
    """

    label: ClassVar[str] = "fits"
    entry: ClassVar[str] = "numerics.fitting"

    circuit: Callable[..., LinearCircuit]
    options: dict = field(default_factory=dict)
    observed: tuple | range | None = None
    fraction: float | None = None
    bin_size: float = 1.0
    samples: int | None = 10_000
    trials: int = 1
    observation_noise: float = 0.0
    student: Student = Autoregression()
    draws: int = 8
    lags: int = 0

    def __post_init__(self):
        if (self.observed is None) == (self.fraction is None):
            raise ProblemError("say which neurons are recorded: either observed=indices or fraction=number.")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise ProblemError(f"fraction = {self.fraction:g}, but it must be above 0 and at most 1.")
        if not isinstance(self.student, Student):
            raise ProblemError(f"student must be one of theory.students, as Autoregression() is; got {self.student!r}.")
        count(self.draws, "draws")
        count(self.lags, "lags", least=0)

    def configuration(self) -> dict:
        """As of `Computation`; a circuit function of your own needs a `version`, see `described`."""
        return {"name": self.label, **described(self)}

    def circuit_of(self, draw: int) -> LinearCircuit:
        """The circuit of a draw."""
        return circuit_of(self.circuit, draw, self.options)

    def observed_of(self, draw: int) -> np.ndarray:
        """Indices of the neurons recorded in a draw, (neuron,)."""
        if self.observed is not None:
            return np.asarray(self.observed)
        neurons = self.circuit_of(draw).neurons
        number = max(1, round(self.fraction * neurons))
        return np.sort(np.random.default_rng([draw, neurons, number]).permutation(neurons)[:number])

    def endless(self, draw: int) -> RecordedCircuit:
        """What an endless recording would show in a draw."""
        return RecordedCircuit(
            self.circuit_of(draw), self.observed_of(draw), self.bin_size, self.observation_noise
        )

    def of_each(self, function: Callable) -> np.ndarray:
        """`function(circuit, observed)` for every draw, stacked: (draw, ...)."""
        return np.stack([function(self.circuit_of(draw), self.observed_of(draw)) for draw in range(self.draws)])

    def operations(self) -> float:
        """Floating-point operations: about 40 products of matrices for a circuit, and two products a sample."""
        neurons = self.circuit_of(0).neurons
        samples = 0 if self.samples is None else self.samples * self.trials
        return self.draws * (80.0 * neurons**3 + 8.0 * samples * neurons**2 + 100.0 * samples * neurons)

    def seconds(self) -> float:
        """What it will roughly take on this machine."""
        return 1.0 + 2.0 * self.operations() / matrix_product_rate()

    def compute(self, progress: bool, checkpoint: Path):
        """Record and fit one draw after the other; goes on after the last draw that was kept."""
        settings = {**self.configuration(), "source_digest": source_digest(self.entry)}
        keeper = Checkpoint(checkpoint, settings)
        found = keeper.load({})
        fits = [] if found is None else found[1]
        with progress_bar(self.draws, "recording and fitting", progress) as bar:
            bar.advance(len(fits))
            for draw in range(len(fits), self.draws):
                fits.append(self._fit(draw))
                keeper.offer({}, fits)
                bar.advance()
        states = sorted({len(fit["propagator"]) for fit in fits})
        if len(states) > 1:
            raise ProblemError(
                f"draws were fitted with {states[0]} to {states[-1]} states: where a recording has fewer than asked "
                f"for, {type(self.student).__name__} leaves the others out. Use an order of at most {states[0]}."
            )
        stacked = {name: (("draw", *_DIMENSIONS[name]), np.stack([fit[name] for fit in fits])) for name in fits[0]}
        return xarray.Dataset(stacked, coords={"draw": np.arange(self.draws)})

    def recorded(self, draw: int):
        """The recording of a draw; what an endless one would show, without samples."""
        if self.samples is None:
            return self.endless(draw)
        return record(
            self.circuit_of(draw),
            self.samples,
            self.bin_size,
            observed=self.observed_of(draw),
            trials=self.trials,
            observation_noise=self.observation_noise,
            seed=draw,
        )

    def _fit(self, draw: int) -> dict:
        recorded = self.recorded(draw)
        return self._kept(draw, recorded, self.student.fit(recorded))

    def _kept(self, draw: int, recorded, fit: Fit) -> dict:
        kept = {
            "observed": self.observed_of(draw),
            "propagator": fit.propagator,
            "eigenvalue": fit.eigenvalues(),
            "timescale": fit.timescales(),
        }
        if fit.readout is not None:
            kept["readout"] = fit.readout
        if self.lags:
            covariances = recorded.lagged_covariance(range(self.lags + 1))
            kept["autocovariance"] = np.diagonal(covariances, axis1=1, axis2=2)
        return kept


_DIMENSIONS = {
    "observed": ("neuron",),
    "propagator": ("state", "earlier_state"),
    "eigenvalue": ("mode",),
    "timescale": ("mode",),
    "readout": ("neuron", "state"),
    "autocovariance": ("lag", "neuron"),
    "slowest": ("step",),
}


def described(computation) -> dict:
    """A computation with a circuit family as plain data: the family by the name of its function, and its `version`.

    Raises:
        ProblemError: a function outside the toolkit without a version.

    >>> from theory import circuits
    >>> described(Fitting(circuits.uncoupled, {"neurons": 3}, observed=(0,)))["circuit"]
    {'function': 'theory.circuits.uncoupled.uncoupled'}
    """
    made = computation.circuit
    family = {"function": f"{made.__module__}.{made.__qualname__}"}
    if not made.__module__.startswith("theory."):
        if not hasattr(made, "version"):
            raise ProblemError(
                f"{made.__qualname__} is not part of the toolkit, so results made with it need to know which version "
                f"of it made them: set {made.__qualname__}.version = 1 and raise it when its code changes."
            )
        family["version"] = made.version
    settings = {f.name: getattr(computation, f.name) for f in fields(computation) if f.name != "circuit"}
    if isinstance(settings["observed"], range):
        settings["observed"] = list(settings["observed"])
    return {"class": type(computation).__name__, "circuit": family, **configuration(settings)}


def circuit_of(circuit: Callable, draw: int, options: dict) -> LinearCircuit:
    """The circuit of a draw: made with the draw's number as its seed, if it takes one and the options have none.

    >>> from theory import circuits
    >>> circuit_of(circuits.uncoupled, 7, {"neurons": 3}).neurons
    3
    """
    return _made(circuit, draw, tuple(sorted(options.items())))


@functools.lru_cache(maxsize=16)  # a circuit keeps its covariance, which theory and recording both need
def _made(circuit: Callable, draw: int, options: tuple) -> LinearCircuit:
    options = dict(options)
    if "seed" in inspect.signature(circuit).parameters:
        options = {"seed": draw, **options}
    return circuit(**options)


@functools.cache
def matrix_product_rate() -> float:
    """Measured operations per second of this machine's products of matrices.

    >>> matrix_product_rate() > 1e7
    True
    """
    matrix = np.full((400, 400), 1e-3)
    matrix @ matrix
    begin = time.perf_counter()
    for _ in range(5):
        matrix @ matrix
    return 5 * 2.0 * 400**3 / (time.perf_counter() - begin)
