"""The feedforward chain with a nonlinearity in every neuron."""

from theory.circuits.feedforward_chain import feedforward_chain
from theory.circuits.linear_circuit import Truth
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION


def nonlinear_chain(
    neurons: int, skip: float = 0.0, noise: float = 1.0, nonlinearity: Nonlinearity = ERROR_FUNCTION
) -> NonlinearCircuit:
    """`feedforward_chain` with `B phi(z)` for `B z`: one fixed point, zero, whatever phi is.

    B is strictly triangular, so the source leaks alone, the next neuron leaks and follows it, and so on: every
    trajectory comes to zero without noise, and all eigenvalues of the Jacobian are -1 at every state.

    Args:
        neurons: D.
        skip: strength of the skips into the first neuron.
        noise: Q, the variance of a single unit without input.
        nonlinearity: phi.

    >>> nonlinear_chain(5).truth.kind
    'point'
    """
    chain = feedforward_chain(neurons, skip)
    return NonlinearCircuit(
        chain.recurrence, nonlinearity, noise, truth=Truth("point", (1.0,)), name=f"nonlinear {chain.name}"
    )
