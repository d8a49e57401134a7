"""Stochastic flows: circuits of any velocity, with a jump or a curved readout where they have one."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox
import jax
import jax.numpy as jnp
import numpy as np

from theory.checks import count, instance, positive, real_array
from theory.circuits.flow import Flow
from theory.circuits.linear_circuit import Truth
from theory.circuits.noise import noise_covariance
from theory.errors import ProblemError


@dataclass(frozen=True)
class Readout:
    """Neurons that show `x = h(u)` of their state u, each its own: a diffeomorphism, by the two functions.

    Args:
        function: h, in JAX, of an array.
        inverse: h^-1, likewise.
    """

    function: Callable
    inverse: Callable


@dataclass(frozen=True, eq=False)
class StochasticFlow:
    """D neurons with `tau du = F(u) dt + sqrt(2 tau) dW_Q`, seen as `x = h(u)`, neuron by neuron.

    h is the identity unless stated. Without noise `tau dx/dt = h'(u) F(u)`: fixed points, their stability and all
    topology are F's own; distances and the law of the noise, which depends on the state, are not.

    Args:
        flow: F.
        neurons: D.
        noise: Q, its covariance in u, (neuron, neuron), or a number that multiplies the identity.
        time_constant: tau, in the user's unit of time.
        truth: what is known of its attractors without noise, its states in x; or None.
        readout: h, or None.
        name: what to call it in print.

    Raises:
        ProblemError: a noise that is no covariance.

    >>> class Cubic(Flow):
    ...     def __call__(self, states):
    ...         return states - states**3
    >>> circuit = StochasticFlow(Cubic(), neurons=1)
    >>> circuit.velocity([2.0]), circuit.jacobian([2.0])
    (array([-6.]), array([[-11.]]))
    """

    flow: Flow
    neurons: int
    noise: np.ndarray | float = 1.0
    time_constant: float = 1.0
    truth: Truth | None = None
    readout: Readout | None = None
    name: str = "stochastic flow"

    def __post_init__(self):
        instance(self.flow, Flow, "flow")
        object.__setattr__(self, "neurons", count(self.neurons, "neurons"))
        object.__setattr__(self, "time_constant", positive(self.time_constant, "time_constant"))
        if np.ndim(self.noise) == 0:
            object.__setattr__(self, "noise", positive(self.noise, "noise"))
        else:
            object.__setattr__(self, "noise", noise_covariance(self.noise, self.neurons))
        if self.truth is not None:
            instance(self.truth, Truth, "truth")
        if self.readout is not None:
            instance(self.readout, Readout, "readout")

    @property
    def diffusion(self) -> np.ndarray:
        """`2 Q / tau`: the covariance that noise adds to u per unit of time, (neuron, neuron)."""
        return 2.0 * noise_covariance(self.noise, self.neurons) / self.time_constant

    def velocity(self, states) -> np.ndarray:
        """`h'(u) F(u) / tau`, dx/dt without noise.

        Args:
            states: x, (..., neuron).
        """
        states = jnp.asarray(states, dtype=float)
        if states.shape[-1] != self.neurons:
            raise ProblemError(f"states have {states.shape[-1]} entries, but the circuit has {self.neurons} neurons.")
        return np.asarray(_velocity(self.flow, self.readout, states)) / self.time_constant

    def jacobian(self, state) -> np.ndarray:
        """The derivative of the velocity, by JAX, (neuron, neuron).

        Args:
            state: x, (neuron,).
        """
        state = real_array(state, "state", 1)
        return np.asarray(_jacobian(self.flow, self.readout, state)) / self.time_constant

    def curvature_bound(self, state, radius: float) -> float | None:
        """At least |f''| of the velocity f in a ball, or None where no bound is known.

        Args:
            state: x, its centre, (neuron,).
            radius: of the ball.
        """
        bound = None if self.readout is not None else self.flow.curvature(np.asarray(state, dtype=float), radius)
        return None if bound is None else bound / self.time_constant

    def seen(self, states):
        """`x = h(u)`, in JAX."""
        return states if self.readout is None else self.readout.function(states)

    def hidden(self, states):
        """`u = h^-1(x)`, in JAX."""
        return states if self.readout is None else self.readout.inverse(states)

    def __str__(self) -> str:
        truth = "" if self.truth is None else f"; attractor: {self.truth.kind}"
        return f"{self.name}: {self.neurons} neurons, time constant {self.time_constant:g}{truth}"


@equinox.filter_jit
def _velocity(flow: Flow, readout: Readout | None, states):
    if readout is None:
        return flow(states)
    u = readout.inverse(states)
    return jax.jvp(readout.function, (u,), (flow(u),))[1]


@equinox.filter_jit
def _jacobian(flow: Flow, readout: Readout | None, state):
    return jax.jacobian(lambda x: _velocity(flow, readout, x))(state)


COMPRESSED = Readout(jnp.arcsinh, jnp.sinh)
"""Neurons that show the inverse hyperbolic sine of their state: straight near zero, logarithmic far out."""
