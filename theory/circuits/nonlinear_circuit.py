"""Nonlinear stochastic circuits: as the linear ones, with a nonlinearity in every neuron."""

from dataclasses import dataclass
from typing import ClassVar

import equinox
import jax.numpy as jnp
import numpy as np

from theory.checks import instance, positive, real_array
from theory.circuits.flow import Flow
from theory.circuits.gaussian_closure import gaussian_closure
from theory.circuits.linear_circuit import LinearCircuit, Truth
from theory.circuits.noise import noise_covariance
from theory.errors import ProblemError
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION


@dataclass(frozen=True, eq=False)
class NonlinearCircuit:
    """D neurons, `tau dz = (-z + B phi(z)) dt + sqrt(2 tau) dW_Q`, with noise as in `LinearCircuit`.

    What a linear circuit knows exactly of its stationary law this one does not: there is no closed form. It has the
    flow without noise, its linearisation, and a Gaussian closure, which are linear circuits and say what they assume;
    `numerics.recordings` samples it.

    Args:
        weights: the matrix B, (neuron, neuron), or two matrices (M, N), each (neuron, rank), whose product M N^T it is.
        nonlinearity: phi, see `theory.nonlinearities`.
        noise: its covariance Q, (neuron, neuron), or a number that multiplies the identity.
        time_constant: tau, the single-unit time constant, in the user's unit of time.
        truth: what is known of its attractors without noise, or None.
        name: what to call it in print.
        longest_step: see `Flow.longest_step`.

    Raises:
        ProblemError: matrices that do not fit, are not finite, or a noise that is no covariance.

    >>> circuit = NonlinearCircuit([[2.0]])
    >>> circuit.velocity([0.0]), circuit.jacobian([0.0])
    (array([0.]), array([[1.]]))

    Source: Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024 (their teachers).
    """

    weights: np.ndarray | tuple[np.ndarray, np.ndarray]
    nonlinearity: Nonlinearity = ERROR_FUNCTION
    noise: np.ndarray | float = 1.0
    time_constant: float = 1.0
    truth: Truth | None = None
    name: str = "nonlinear circuit"
    longest_step: float | None = None
    readout: ClassVar[None] = None  # neurons show their state itself

    def __post_init__(self):
        if isinstance(self.weights, tuple) and len(self.weights) == 2:
            weights = tuple(np.asarray(real_array(part, "a factor of the weights", 2)) for part in self.weights)
            if weights[0].shape != weights[1].shape:
                raise ProblemError(f"M and N must have one shape; they have {weights[0].shape} and {weights[1].shape}.")
        else:
            weights = np.asarray(real_array(self.weights, "weights", 2))
            if weights.shape[0] != weights.shape[1]:
                raise ProblemError(f"the matrix of weights must be square; its shape is {weights.shape}.")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "time_constant", positive(self.time_constant, "time_constant"))
        instance(self.nonlinearity, Nonlinearity, "nonlinearity")
        if np.ndim(self.noise) == 0:
            object.__setattr__(self, "noise", positive(self.noise, "noise"))
        else:
            object.__setattr__(self, "noise", noise_covariance(self.noise, self.neurons))
        if self.truth is not None:
            instance(self.truth, Truth, "truth")

    @property
    def neurons(self) -> int:
        """Number of neurons D."""
        return len(self.weights[0]) if isinstance(self.weights, tuple) else len(self.weights)

    @property
    def flow(self) -> "Recurrence":
        """`-z + B phi(z)` in JAX."""
        return Recurrence(self.nonlinearity, self.weights, self.longest_step)

    @property
    def recurrence(self) -> np.ndarray:
        """The matrix B, (neuron, neuron)."""
        return self.weights[0] @ self.weights[1].T if isinstance(self.weights, tuple) else self.weights

    @property
    def diffusion(self) -> np.ndarray:
        """`2 Q / tau`: the covariance that noise adds per unit of time, (neuron, neuron)."""
        return 2.0 * noise_covariance(self.noise, self.neurons) / self.time_constant

    def velocity(self, states) -> np.ndarray:
        """`(-z + B phi(z)) / tau`, dz/dt without noise.

        Args:
            states: z, (..., neuron).
        """
        return np.asarray(_compiled(self.flow, np.asarray(states, dtype=float))) / self.time_constant

    def jacobian(self, state) -> np.ndarray:
        """`(B diag phi'(z) - I) / tau`, (neuron, neuron).

        Args:
            state: z, (neuron,).
        """
        return self.linearised(state).drift

    def curvature_bound(self, state, radius: float) -> float:
        """`max_j |B_j| sup|phi''| / tau`, at least |f''| of the velocity f everywhere; B_j are the columns of B.

        `f''[u, v] = B (phi''(z) u v) / tau`, and the entries of `u v` sum up to at most |u| |v| in modulus.

        Args:
            state, radius: of the ball in which it must hold; this bound holds in all.
        """
        if isinstance(self.weights, tuple):
            M, N = self.weights
            squares = np.sum((N @ (M.T @ M)) * N, axis=1)
        else:
            squares = np.sum(self.weights**2, axis=0)
        return float(np.sqrt(squares.max()) * self.nonlinearity.curvature / self.time_constant)

    def linearised(self, state) -> LinearCircuit:
        """The linear circuit of small fluctuations about a fixed point, with recurrence `B diag phi'(z)`.

        Holds for noise so small that the circuit stays where phi is straight, and does not leave the fixed point.

        Args:
            state: z, (neuron,).
        """
        state = np.asarray(real_array(state, "state", 1))
        if state.size != self.neurons:
            raise ProblemError(f"state has {state.size} entries, but the circuit has {self.neurons} neurons.")
        return self._linear(np.asarray(self.nonlinearity.derivative(state)), "linearised")

    def gaussian_closure(self) -> LinearCircuit:
        """The linear circuit that a Gaussian of mean zero sees; see `gaussian_closure.gaussian_closure`.

        Its covariances and lagged covariances are the closure's. Exact for phi = identity, and for what is driven by
        Gaussian signals alone; good where many weak inputs add up; wrong where the law has several peaks.
        """
        gains, _ = gaussian_closure(self.recurrence, self.nonlinearity, self.diffusion, self.time_constant, self.name)
        return self._linear(gains, "Gaussian closure")

    def _linear(self, gains: np.ndarray, what: str) -> LinearCircuit:
        return LinearCircuit(self.recurrence * gains, self.noise, self.time_constant, name=f"{self.name}, {what}")

    def __str__(self) -> str:
        truth = "" if self.truth is None else f"; attractor: {self.truth.kind}"
        return f"{self.name}: {self.neurons} neurons, time constant {self.time_constant:g}{truth}"


class Recurrence(Flow):
    """`F(z) = -z + B phi(z)`.

    Args:
        nonlinearity: phi.
        weights: B, or (M, N) with B = M N^T.
        longest_step: see `Flow`.
    """

    nonlinearity: Nonlinearity = equinox.field(static=True)
    weights: np.ndarray | tuple[np.ndarray, np.ndarray]
    longest_step: float | None = equinox.field(static=True, default=None)

    def __call__(self, states):
        """F(z), in JAX, (..., neuron)."""
        return recurrent_input(self.weights, self.nonlinearity(states)) - states


@equinox.filter_jit
def _compiled(flow: Recurrence, states):
    return flow(states)


def recurrent_input(weights, rates):
    """`B r` along the last axis, by way of the factors where B is given by them.

    Args:
        weights: B, or (M, N) with B = M N^T.
        rates: r, (..., neuron).

    >>> recurrent_input((np.ones((3, 1)), np.eye(3)[:, :1]), jnp.array([2.0, 5.0, 7.0]))
    Array([2., 2., 2.], dtype=float64)
    """
    if isinstance(weights, tuple):
        return (rates @ jnp.asarray(weights[1])) @ jnp.asarray(weights[0]).T
    return rates @ jnp.asarray(weights).T
