"""A cell of the benchmark: one system, one way to observe it, one draw."""

import functools
from dataclasses import dataclass

import numpy as np

from numerics.benchmark.observation import Observation
from numerics.benchmark.queries import Queries, queries_of
from numerics.benchmark.system import System
from numerics.recordings import Recording, record
from theory.checks import count, positive
from theory.errors import ProblemError


@dataclass(frozen=True)
class Cell:
    """What a method is given, and what is true of it.

    Args:
        system: family of circuits.
        observation: how a circuit of it is recorded.
        fraction: channels over neurons.
        duration: recorded time in all, in single-unit time constants.
        bin_size: in single-unit time constants.
        noise: in the observation's `noise_unit`.
        trials: that the duration is divided into.
        draw: seed of the circuit and of what is observed.
        data: seed of the recording.
        impostor: record the impostor of what is observed instead of the circuit.

    Raises:
        ProblemError: numbers that make no recording; an impostor where there is none.
    """

    system: System
    observation: Observation
    fraction: float = 0.1
    duration: float = 5000.0
    bin_size: float = 1.0
    noise: float = 0.0
    trials: int = 1
    draw: int = 0
    data: int = 0
    impostor: bool = False

    def __post_init__(self):
        for name in ("duration", "bin_size"):
            positive(getattr(self, name), name)
        positive(self.noise, "noise", allow_zero=True)
        for name, least in (("trials", 1), ("draw", 0), ("data", 0)):
            count(getattr(self, name), name, least=least)
        if self.samples < 4:
            raise ProblemError(
                f"{self.duration:g} time constants in {self.trials} trials of bins of {self.bin_size:g} are "
                f"{self.samples} samples a trial; at least 4 are needed."
            )

    @property
    def samples(self) -> int:
        """In a trial."""
        return int(round(self.duration / self.bin_size / self.trials))

    @functools.cached_property
    def drawn(self):
        """The circuit that the system drew, also where its impostor is recorded."""
        return _drawn(self.system, self.draw)

    @functools.cached_property
    def channels(self) -> np.ndarray:
        """From states of the drawn circuit to channels, (channel, neuron)."""
        return self.observation.channels(self.drawn, self.fraction, np.random.default_rng([self.draw, 11]))

    @functools.cached_property
    def circuit(self):
        """What is recorded: the drawn circuit or its impostor."""
        if not self.impostor:
            return self.drawn
        if self.made_impostor is None:
            raise ProblemError(f"{self.system} has no impostor for {self.observation}.")
        return self.made_impostor

    @property
    def made_impostor(self):
        """The impostor of what is observed, also where the circuit itself is recorded; None where there is none.

        Raises:
            ProblemError: channels mix neurons.
        """
        return _impostor(self.system, self.draw, tuple(self.observed.tolist()))

    @property
    def observed(self) -> np.ndarray:
        """Indices of the neurons that are seen, where channels are single neurons.

        Raises:
            ProblemError: channels mix neurons.
        """
        R = self.channels
        if not (((R == 0) | (R == 1)).all() and (R.sum(axis=1) == 1).all()):
            raise ProblemError(f"{self.observation} mixes neurons: no channel is a neuron of its own.")
        return R.argmax(axis=1)

    @property
    def readout(self) -> np.ndarray:
        """From states of the recorded circuit to channels, (channel, neuron)."""
        return np.eye(self.circuit.neurons) if self.impostor else self.channels

    def training(self) -> Recording:
        """What the method is fitted to."""
        return self.recorded(0)

    def testing(self) -> Recording:
        """Another recording of the same circuit by the same instrument, that no method sees but for its histories."""
        return self.recorded(1)

    def queries(self) -> dict[str, Queries]:
        """What a fitted method is asked."""
        return queries_of(self.testing())

    def recorded(self, part: int) -> Recording:
        """The training (0) or the held-out (1) recording."""
        states, random = self._run(part)
        bin_size = self.bin_size * self.circuit.time_constant
        return Recording(self.observation.measure(states @ self.readout.T, bin_size, self.noise, random), bin_size)

    def states(self, part: int) -> np.ndarray:
        """States of the recorded circuit behind the training (0) or the held-out (1) recording, (trial, time, neuron).

        No method sees them.
        """
        return self._run(part)[0]

    def _run(self, part: int) -> tuple[np.ndarray, np.random.Generator]:
        """States, and what goes on to be random in observing them."""
        seeds = [self.draw, self.data, part]
        circuit, random = self.circuit, np.random.default_rng([*seeds, 12])
        bin_size = self.bin_size * circuit.time_constant
        start = self.observation.start(circuit, self.trials, random)
        inputs = self.observation.inputs(circuit, self.samples, bin_size, random)
        # trials that start from the same state are recorded together
        groups = [(None, np.arange(self.trials))] if start is None else _equal_rows(start)
        states = np.empty((self.trials, self.samples, circuit.neurons))
        for number, (state, trials) in enumerate(groups):
            seed = int(np.random.SeedSequence([*seeds, number]).generate_state(1, np.uint32)[0])
            states[trials] = record(
                circuit, self.samples, bin_size, trials=trials.size, start=state, inputs=inputs, seed=seed
            ).activity
        return states, random


# made once in a process for all cells that have them: some take seconds
@functools.lru_cache(maxsize=512)
def _drawn(system: System, draw: int):
    return system.draw(draw)


@functools.lru_cache(maxsize=512)
def _impostor(system: System, draw: int, observed: tuple[int, ...]):
    return system.impostor(_drawn(system, draw), np.array(observed))


def _equal_rows(starts: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """The different rows, each with the numbers of the rows that are like it."""
    rows, of_trial = np.unique(starts, axis=0, return_inverse=True)
    return [(row, np.flatnonzero(of_trial == number)) for number, row in enumerate(rows)]
