"""The velocity of a recurrent circuit for these algorithms, with the bound that certificates need."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from theory.circuits import NonlinearCircuit
from theory.circuits.nonlinear_circuit import recurrent_input
from theory.nonlinearities import Nonlinearity


class RecurrentVelocity(eqx.Module):
    """`f(z) = (-z + B phi(z)) / tau`, without noise, and a bound on the slope of its Jacobian.

    Args:
        circuit: a `NonlinearCircuit`.

    >>> from theory import circuits
    >>> velocity = RecurrentVelocity(circuits.bistable_circuit(100))
    >>> velocity(jnp.zeros(100)).shape, round(velocity.lipschitz, 3)
    ((100,), 0.256)
    """

    weights: tuple | np.ndarray
    time_constant: float
    lipschitz: float = eqx.field(static=True)
    nonlinearity: Nonlinearity = eqx.field(static=True)

    def __init__(self, circuit: NonlinearCircuit):
        self.weights = circuit.weights
        self.time_constant = circuit.time_constant
        self.nonlinearity = circuit.nonlinearity
        self.lipschitz = recurrent_lipschitz(circuit.recurrence, circuit.nonlinearity, circuit.time_constant)

    def __call__(self, state):
        """dz/dt."""
        return (recurrent_input(self.weights, self.nonlinearity(state)) - state) / jnp.asarray(self.time_constant)


def recurrent_lipschitz(recurrence, nonlinearity: Nonlinearity, time_constant: float = 1.0) -> float:
    """Lipschitz constant of the Jacobian of `(-z + B phi(z)) / tau`: `sup|phi''| max_i |B e_i| / tau`.

    The second derivative is `f''(v, w) = B (phi''(z) v w) / tau`, and the products `v_i w_i` of two unit vectors sum to
    at most one in absolute value: so the largest column of B, where its spectral norm would be sqrt(D) times too large.
    It is reached by `v = w = e_i`.

    Args:
        recurrence: B, (neuron, neuron).
        nonlinearity: phi.
        time_constant: tau.

    >>> from theory.nonlinearities import ErrorFunction
    >>> recurrent_lipschitz(np.diag([1.0, 2.0]), ErrorFunction()) / ErrorFunction.curvature
    2.0
    """
    columns = np.linalg.norm(np.asarray(recurrence), axis=0)
    return float(nonlinearity.curvature * columns.max() / time_constant) * (1 + 1e-12)
