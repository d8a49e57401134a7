"""All fixed points that many starts lead to, each with its certificate and its stability."""

from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from numerics.dynamics.certificate import Certificate, bound, certify, evaluate, length
from numerics.dynamics.fields import Displacement, checked
from numerics.dynamics.inertia import inertia
from numerics.dynamics.newton import newton
from theory.checks import count
from theory.errors import ProblemError

_SAME = 1e-6
_POLISHING = 6
_ROUNDS, _BETWEEN = 4, 64
_PAIRS = 4


@dataclass(frozen=True, eq=False)
class FoundPoints:
    """Fixed points of a system.

    Args:
        states: (point, state).
        certified: whether its existence is proved, (point,).
        radius: the true point lies within this distance; infinite where nothing is proved.
        separation: and no other within this one.
        unstable_dimensions: of each point; -1 where it is not certain.
        eigenvalues: of the Jacobian at the states, (point, state).
        hits: how many starts led to it, those from between the points included.
        reasons: why it is not certified, or "".
        starts: how many there were; of them
        lost: left the finite numbers, and
        wandering: came to no rest.
    """

    states: np.ndarray = field(repr=False)
    certified: np.ndarray
    radius: np.ndarray
    separation: np.ndarray
    unstable_dimensions: np.ndarray
    eigenvalues: np.ndarray = field(repr=False)
    hits: np.ndarray
    reasons: tuple[str, ...]
    starts: int
    lost: int
    wandering: int

    @property
    def unseen(self) -> float:
        """Probability that one more start would lead to a point not among these (Good 1953): hit once / all hits."""
        return float((self.hits == 1).sum() / self.hits.sum()) if self.hits.size else 1.0

    def __str__(self) -> str:
        stable = int((self.unstable_dimensions[self.certified] == 0).sum())
        return (
            f"{int(self.certified.sum())} certified fixed points, {stable} of them stable, and "
            f"{int((~self.certified).sum())} uncertified, from {self.starts} starts ({self.lost} lost, "
            f"{self.wandering} wandering)"
        )


def fixed_points(velocity, starts, lipschitz=None, steps: int = 60, discrete: bool = False) -> FoundPoints:
    """Every fixed point that Newton's method reaches from the starts, once, with a proof where that is possible.

    What Newton's method converges to is polished and certified (`certify`); any other start whose zero must then be the
    same is counted with it. Then Newton's method starts again from between the points found, for as long as that finds
    more: there are saddles between stable points, often with narrow basins. Without a bound on the Jacobian's slope, or
    where the proof fails, a point is *found, uncertified*: Newton's method converged, and points within 1e-6 of the
    spread of the starts or of what was found are one. The unstable dimension is that of every matrix within reach of
    the true point's Jacobian (`inertia`).

    No number here has units: rescaling state or time gives the same points.

    Args:
        velocity: f of `dx/dt = f(x)`, or with `discrete` the map of `x -> f(x)`; traceable by JAX.
        starts: (start, state); see `spread_starts`.
        lipschitz: bound on the Lipschitz constant of the Jacobian, a number that holds everywhere or a function
            `lipschitz(state, radius)` that holds on the ball; zero for a linear system; None if none is known.
        steps: of Newton's method, from each start.
        discrete: whether it is a map.

    Raises:
        ProblemError: starts that are not finite, a system that is not autonomous or never finite, a bound that the
            Jacobians at the starts exceed.

    >>> double_well = lambda x: x - x**3
    >>> found = fixed_points(double_well, np.linspace(-3, 3, 40)[:, None], lambda x, r: 6 * (abs(x[0]) + r))
    >>> order = np.argsort(found.states[:, 0])
    >>> found.states[order, 0].round(12) + 0.0, found.unstable_dimensions[order], found.certified
    (array([-1.,  0.,  1.]), array([0, 1, 0]), array([ True,  True,  True]))
    """
    starts = checked(velocity, starts, "step" if discrete else "velocity")
    steps = count(steps, "steps")
    zero_of = Displacement(velocity) if discrete else velocity
    if lipschitz is not None:
        _falsify(velocity, starts, lipschitz)
    reached = newton(zero_of, starts, steps)
    if reached.lost == len(starts):
        raise ProblemError(
            f"all {len(starts)} starts led out of the finite numbers: the velocity, or its Jacobian, is not finite or "
            "singular at every one of them."
        )
    spread = _spread(starts)
    found = _accounted(zero_of, reached.states, lipschitz, [], spread)
    for again in range(_ROUNDS):
        known = len(found)
        if known < 2:
            break
        between = _between(np.array([state for state, _, _ in found]), seed=again)
        found = _accounted(zero_of, newton(zero_of, between, steps).states, lipschitz, found, spread)
        if len(found) == known:
            break
    # two balls that share a zero are one point; those that are apart are two
    found = _merged(found)
    spectra = [_spectrum(velocity, state, proof, lipschitz, discrete) for state, proof, _ in found]
    return FoundPoints(
        states=np.array([state for state, _, _ in found]).reshape(-1, starts.shape[1]),
        certified=np.array([proof.holds for _, proof, _ in found], dtype=bool),
        radius=np.array([proof.radius for _, proof, _ in found]),
        separation=np.array([proof.separation for _, proof, _ in found]),
        unstable_dimensions=np.array([-1 if s.unstable is None else s.unstable for s in spectra], dtype=int),
        eigenvalues=np.array([s.eigenvalues for s in spectra], dtype=complex).reshape(-1, starts.shape[1]),
        hits=np.array([hits for _, _, hits in found], dtype=int),
        reasons=tuple(proof.reason for _, proof, _ in found),
        starts=len(starts),
        lost=reached.lost,
        wandering=reached.wandering,
    )


def spread_starts(states, number: int, widen: float = 2.0, seed: int = 0) -> np.ndarray:
    """Starts in and around a cloud of states: half of them its states, half `a + widen (b - c)` for three of them.

    They have the cloud's own units and lie in its affine hull.

    Args:
        states: (sample, state), such as a recording.
        number: of starts.
        widen: how far out.
        seed: of the choice.

    >>> spread_starts(np.array([[0.0, 0.0], [1.0, 2.0]]), 5).shape
    (5, 2)
    """
    states, number = np.asarray(states, dtype=float), count(number, "number")
    random = np.random.default_rng(seed)
    a, b, c = (states[random.integers(len(states), size=number)] for _ in range(3))
    return a + np.where(np.arange(number) % 2, widen, 0.0)[:, None] * (b - c)


@eqx.filter_jit
def _jacobian(field, state):
    return jax.jacfwd(field)(jnp.asarray(state))


@eqx.filter_jit
def _value(field, state):
    return field(jnp.asarray(state))


def _between(states, seed: int) -> np.ndarray:
    """Starts among the points: their mean, and means with random weights."""
    weights = np.random.default_rng(seed).dirichlet(np.full(len(states), 0.5), _BETWEEN - 1)
    return np.concatenate([states.mean(axis=0, keepdims=True), weights @ states])


def _accounted(zero_of, states, lipschitz, found, spread):
    """The points that are known, with what further states add: to their hits, or points of their own."""
    remaining = _Remaining(zero_of, states, spread)
    found = [(state, proof, hits + remaining.absorb(state, proof)) for state, proof, hits in found]
    while remaining.states.size:
        state = remaining.polished()
        proof = (
            Certificate(False, np.inf, np.inf, 0.0, "no bound on the Jacobian's slope was declared")
            if lipschitz is None
            else certify(zero_of, state, lipschitz)
        )
        first, remaining.states = remaining.states[:1], remaining.states[1:]
        found.append((state, proof, len(first) + remaining.absorb(state, proof)))
    return found


def _lengths(rows):
    """`length` of each row, to rounding."""
    largest = np.abs(rows).max(axis=1)
    return largest * np.linalg.norm(rows / np.where(largest > 0, largest, 1.0)[:, None], axis=1)


def _spread(states) -> float:
    """The largest distance from their mean; zero of none."""
    return float(_lengths(states - states.mean(axis=0)).max()) if states.size else 0.0


class _Remaining:
    """What Newton's method converged to and is not yet accounted for."""

    def __init__(self, field, states, spread: float):
        self.field, self.states = field, states
        self.scale = max(spread, _spread(states))

    def polished(self):
        """The first of them, after steps with one inverse of its Jacobian for as long as they shorten."""
        x = self.states[0]
        J = np.asarray(_jacobian(self.field, x))
        try:
            R = np.linalg.inv(J)
        except np.linalg.LinAlgError:
            return x
        before = np.inf
        for _ in range(_POLISHING):
            change = R @ np.asarray(_value(self.field, x))
            if not length(change) < before:
                break
            x, before = x - change, length(change)
        return x

    def absorb(self, state, proof) -> int:
        """Take away all whose zero is this one; how many they were."""
        if not self.states.size:
            return 0
        distance = _lengths(self.states - state)
        same = distance <= (proof.separation if proof.holds else _SAME * max(self.scale, length(state)))
        self.states = self.states[~same]
        return int(same.sum())


def _merged(found):
    kept = []
    for state, proof, hits in sorted(found, key=lambda one: one[1].radius):
        for place, (other, its, counted) in enumerate(kept):
            if proof.holds and its.holds and length(state - other) <= proof.radius + its.radius:
                kept[place] = (other, its, counted + hits)
                break
        else:
            kept.append((state, proof, hits))
    return kept


def _spectrum(velocity, state, proof, lipschitz, discrete):
    evaluated = evaluate(velocity, state)
    if isinstance(evaluated, str):
        J, error = np.asarray(_jacobian(velocity, state)), np.inf
    else:
        _, _, J, J_error = evaluated
        error = length(J_error)
        if proof.holds:
            error += bound(lipschitz, state, proof.radius) * proof.radius
    if not np.isfinite(J).all():
        return inertia(np.full_like(J, 0.0), np.inf, discrete)
    return inertia(J, error, discrete)


def _falsify(velocity, starts, lipschitz) -> None:
    """Refuse a bound that the Jacobians at the starts disprove."""
    pairs = [(k, k + 1) for k in range(min(len(starts) - 1, _PAIRS))]
    if not pairs:
        return
    J = [np.asarray(_jacobian(velocity, start)) for start in starts[: pairs[-1][1] + 1]]
    for a, b in pairs:
        difference, apart = J[a] - J[b], length(starts[a] - starts[b])
        if apart == 0 or not np.isfinite(difference).all():
            continue
        declared = bound(lipschitz, (starts[a] + starts[b]) / 2, apart / 2)
        seen = max(length(column) for column in difference.T) / apart  # below the spectral norm
        if seen > declared * (1 + 1e-6) + 1e-10 * length(J[a]) / apart:
            raise ProblemError(
                f"the Jacobian's slope is said to be at most {declared:.6g}, but between two of the starts it is "
                f"{seen:.6g}: declare a larger bound, or None."
            )
