"""What is true of a nonlinear circuit's attractors, without noise: a small class a kind of attractor."""

from dataclasses import dataclass, field

import numpy as np

from theory.circuits.linear_circuit import Truth


@dataclass(frozen=True, eq=False, kw_only=True)
class FixedPoints(Truth):
    """All fixed points of a circuit without its noise.

    Args:
        states: (point, neuron).
        unstable_dimensions: of each point; 0 where it is stable.
        eigenvalues: of the recurrence linearised at each point, `B diag phi'(z)`, those that can differ from zero,
            (point, mode); perturbations along their modes grow at the eigenvalue less 1, any other decays at -1.
        barrier: of the potential between the stable points, where the circuit has one, in its latent variable.
    """

    kind: str = "points"
    states: np.ndarray = field(repr=False)
    unstable_dimensions: tuple[int, ...]
    eigenvalues: np.ndarray = field(repr=False)
    barrier: float | None = None

    def resting_states(self, neurons: int) -> np.ndarray:
        """The stable points, (point, neuron)."""
        return self.states[np.array(self.unstable_dimensions) == 0]


def fixed_points_truth(states: np.ndarray, growth_rates: np.ndarray, barrier: float | None = None) -> FixedPoints:
    """The truth of a circuit whose fixed points are all given, with the growth rates that can differ from -1.

    Args:
        states: (point, neuron).
        growth_rates: real parts of what perturbations grow at, in single-unit time constants, (point, mode).
        barrier: see `FixedPoints`.

    >>> fixed_points_truth(np.array([[-1.0], [0.0], [1.0]]), np.array([[-2.0], [1.0], [-2.0]])).timescales
    (1.0, 0.5)
    """
    unstable = np.sum(growth_rates > 0, axis=1)
    stable = growth_rates[unstable == 0]
    return FixedPoints(
        kind="points" if len(stable) > 1 else "point",
        timescales=tuple(sorted({*np.round(-1 / stable, 12).ravel().tolist(), 1.0}, reverse=True)),
        states=states,
        unstable_dimensions=tuple(unstable.tolist()),
        eigenvalues=1 + growth_rates,
        barrier=barrier,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Ring(Truth):
    """A ring of fixed points, or of states so near to it that they hardly move; times are in time constants.

    Args:
        states: once around at equal angles, (angle, neuron); the first is not repeated.
        amplitude: of what a neuron goes through on the way around.
        drift: the largest angular speed along the ring, in radians.
        transverse_exponent: rate at which a perturbation of the amplitude changes.
    """

    kind: str = "ring"
    states: np.ndarray = field(repr=False)
    amplitude: float
    drift: float
    transverse_exponent: float

    @property
    def relaxation(self) -> float:
        """Time in which the amplitude settles."""
        return max(1.0, -1 / self.transverse_exponent)

    def resting_states(self, neurons: int) -> np.ndarray:
        """The states around the ring."""
        return self.states


@dataclass(frozen=True, eq=False, kw_only=True)
class LimitCycle(Truth):
    """The stable limit cycle of a circuit without its noise; times are in single-unit time constants.

    Args:
        states: once around, at equal steps of time, (phase, neuron); the first is not repeated.
        period: time for a turn.
        radius: root mean square over a turn of |k|, where `z = M k` in the circuit's two loadings M.
        floquet_exponent: rate at which a perturbation within the plane of the cycle changes; outside it is -1.
        rests: the circuit's fixed points, none of them stable.
    """

    kind: str = "cycle"
    states: np.ndarray = field(repr=False)
    period: float
    radius: float
    floquet_exponent: float
    rests: FixedPoints = field(repr=False)

    @property
    def speed(self) -> float:
        """Mean angular speed, `2 pi / period`."""
        return 2 * np.pi / self.period

    @property
    def relaxation(self) -> float:
        """Time in which the radius settles."""
        return max(1.0, -1 / self.floquet_exponent)

    def resting_states(self, neurons: int) -> np.ndarray:
        """The states around the cycle."""
        return self.states


@dataclass(frozen=True, eq=False, kw_only=True)
class Ghost(Truth):
    """No fixed point, only a slow passage where one was, and a return by a jump; times are in time constants.

    Without noise the circuit repeats itself, so the kind is a cycle: it is neither a point nor a line.

    Args:
        states: once around, at equal steps of time, (phase, neuron).
        passage_time: from one jump to the next.
        least_speed: of the latent variable, at the bottleneck.
    """

    kind: str = "cycle"
    states: np.ndarray = field(repr=False)
    passage_time: float
    least_speed: float

    @property
    def relaxation(self) -> float:
        """A passage."""
        return max(1.0, self.passage_time)

    def resting_states(self, neurons: int) -> np.ndarray:
        """The states of a passage."""
        return self.states


@dataclass(frozen=True, eq=False, kw_only=True)
class Chaos(Truth):
    """A chaotic attractor, known by numbers; times are in single-unit time constants.

    Args:
        lyapunov_exponents: the largest ones, in descending order.
        standard_errors: of each.
        states: some of the attractor's, (state, neuron).
        rests: the circuit's fixed points where all are known, none of them stable; otherwise None.
    """

    kind: str = "chaos"
    lyapunov_exponents: tuple[float, ...]
    standard_errors: tuple[float, ...]
    states: np.ndarray = field(repr=False)
    rests: FixedPoints | None = field(default=None, repr=False)

    @property
    def relaxation(self) -> float:
        """Time in which two copies part by a factor e."""
        return max(1.0, 1 / self.lyapunov_exponents[0])

    def resting_states(self, neurons: int) -> np.ndarray:
        """Some states of the attractor."""
        return self.states


def fixed_points_of(circuit) -> FixedPoints | None:
    """All fixed points of a circuit without its noise, none for a ghost; None where they are a continuum or unknown.

    Args:
        circuit: with its truth.

    >>> from theory.circuits import feedforward_chain
    >>> fixed_points_of(feedforward_chain(3)).states
    array([[0., 0., 0.]])
    """
    truth = circuit.truth
    if isinstance(truth, FixedPoints):
        return truth
    if isinstance(truth, LimitCycle | Chaos):
        return truth.rests
    if isinstance(truth, Ghost):
        return FixedPoints(states=np.zeros((0, circuit.neurons)), unstable_dimensions=(), eigenvalues=np.zeros((0, 0)))
    if truth is not None and truth.kind in ("point", "line", "plane"):
        origin = np.zeros((1, circuit.neurons))
        return FixedPoints(kind="point", states=origin, unstable_dimensions=(0,), eigenvalues=np.zeros((1, 0)))
    return None
