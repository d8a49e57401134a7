"""The kind of attractor of a flow without noise, read off where it ends: for impostors, of which no truth is stored."""

from dataclasses import dataclass, field

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from theory.circuits import NonlinearCircuit, StochasticFlow, Truth
from theory.circuits.lyapunov import lyapunov_exponents
from theory.students.student import Fit
from theory.students.verdict import attractor_kind


@dataclass(frozen=True, eq=False, kw_only=True)
class ReadOff(Truth):
    """A kind that was read off the flow of an impostor, which is started from the law that it shares.

    Args:
        states: drawn from that law, (state, neuron).
    """

    states: np.ndarray = field(repr=False)

    def resting_states(self, neurons: int) -> np.ndarray:
        """States of the law: where there are several attractors, each with its share."""
        return self.states


_STEP, _DURATION = 0.2, 200.0  # in single-unit time constants
_MANY = 8  # stable states, from 48 starts: more are a ring


def kind_of_flow(circuit: NonlinearCircuit | StochasticFlow, starts: np.ndarray) -> str:
    """Where the flow without noise ends from many starts, as one of the benchmark's kinds.

    Those that come to rest are brought to fixed points by Newton's method, along which directions without slope are
    left alone, and counted: one is a point, or a line or plane where its slowest modes say so; more than 8 are a ring.
    If none rests, the leading Lyapunov exponent tells chaos from a cycle: 4 standard errors above zero. Where some rest
    and some do not, it is called by those that rest.

    Args:
        circuit: the flow.
        starts: states seen, (start, neuron).
    """
    starts = np.asarray(starts if circuit.readout is None else circuit.readout.inverse(starts))
    ends = np.asarray(_followed(circuit.flow, jnp.asarray(starts), round(_DURATION / _STEP)))
    scale = np.sqrt(np.mean(ends**2)) + starts.std()
    speeds = np.linalg.norm(np.asarray(circuit.flow(ends)), axis=1) / (scale * np.sqrt(circuit.neurons))
    if speeds.min() > 1e-3:
        exponents, errors = lyapunov_exponents(circuit.flow, ends[0], 1, duration=1000.0, transient=50.0)
        return "chaos" if exponents[0] > max(4 * errors[0], 0.005) else "cycle"
    found: list[np.ndarray] = []
    rests, growth = (np.asarray(x) for x in _polished(circuit.flow, jnp.asarray(ends[speeds < 1e-3])))
    # a start on its way past a saddle is polished to it: such count only if there is nothing else
    stable = growth < 1e-6
    for end in rests[stable] if stable.any() else rests:
        if all(np.linalg.norm(end - other) > 0.02 * scale * np.sqrt(circuit.neurons) for other in found):
            found.append(end)
    if len(found) > _MANY:
        return "ring"
    if len(found) > 1:
        return "points"
    jacobian = np.asarray(jax.jacobian(circuit.flow)(jnp.asarray(found[0])))
    kind = attractor_kind(Fit(scipy.linalg.expm(0.5 * jacobian), 0.5))
    return "point" if kind == "oscillation" else kind


@equinox.filter_jit
def _polished(flow, states):
    """Fixed points near states, and the largest growth rate at each."""

    def newton(u, _):
        # on a ring the slope along it is zero but for rounding, and a step there would lead anywhere
        return u - jnp.linalg.pinv(jax.jacobian(flow)(u), rtol=1e-4) @ flow(u), None

    def polish(u):
        u = jax.lax.scan(newton, u, None, length=10)[0]
        return u, jnp.linalg.eigvals(jax.jacobian(flow)(u)).real.max()

    return jax.lax.map(polish, states)


@equinox.filter_jit
def _followed(flow, states, steps):
    """The classical Runge-Kutta step."""

    def advance(u, _):
        one = flow(u)
        two = flow(u + _STEP / 2 * one)
        three = flow(u + _STEP / 2 * two)
        four = flow(u + _STEP * three)
        return flow.reset(u + _STEP / 6 * (one + 2 * two + 2 * three + four)), None

    return jax.lax.scan(advance, states, None, length=steps)[0]
