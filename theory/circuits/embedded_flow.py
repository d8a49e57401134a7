"""Latent variables embedded in many neurons, exactly."""

import equinox
import numpy as np

from theory.checks import count, instance, positive
from theory.circuits.flow import Flow
from theory.circuits.latents import Latent
from theory.circuits.random_vectors import rotation
from theory.circuits.stochastic_flow import Readout, StochasticFlow


def embedded_flow(
    latent: Latent,
    neurons: int,
    noise: float = 0.1,
    latent_noise: float = 0.01,
    readout: Readout | None = None,
    seed: int = 0,
) -> StochasticFlow:
    """`u = M k + y` with `dk/dt = g(k)`, `dy/dt = -y` for all that is orthogonal to M, and neurons `x = h(u)`.

    `F(u) = M g(k) - (u - M k)` with `k = M^T u / D`: k and y never meet, so that fixed points, stability and topology
    of g are the circuit's, at any number of neurons. Loadings M are random orthogonal columns of length sqrt(D); the
    noise has variance q across and what makes k's own be `latent_noise` along:
    `Q = q (I - M M^T / D) + q_k M M^T`.

    Args:
        latent: g, with its truth.
        neurons: D, at least the latent's dimensions.
        noise: q, the variance of what a neuron has for itself, before the readout.
        latent_noise: q_k of `dk = g dt + sqrt(2 q_k) dW`.
        readout: h; None is the identity.
        seed: of the loadings.

    >>> from theory.circuits.latents import DoubleWell
    >>> circuit = embedded_flow(DoubleWell(), neurons=20)
    >>> bool(np.abs(circuit.velocity(circuit.truth.states)).max() < 1e-14), circuit.truth.kind
    (True, 'points')
    """
    latent = instance(latent, Latent, "latent")
    because = "each latent variable needs a direction of its own."
    neurons = count(neurons, "neurons", least=max(2, latent.dimensions), because=because)
    noise, latent_noise = positive(noise, "noise"), positive(latent_noise, "latent_noise")
    M = np.sqrt(neurons) * rotation(neurons, seed)[:, : latent.dimensions]
    along = M @ M.T
    covariance = noise * (np.eye(neurons) - along / neurons) + latent_noise * along

    def lift(k):
        states = np.asarray(k) @ M.T
        return states if readout is None else np.asarray(readout.function(states))

    name = f"{latent.title} in {neurons} neurons"
    return StochasticFlow(
        Embedding(latent, M),
        neurons,
        (covariance + covariance.T) / 2,
        truth=latent.truth(lift),
        readout=readout,
        name=name if readout is None else f"{name}, by a curved readout",
    )


class Embedding(Flow):
    """`F(u) = M g(k) - (u - M k)`, `k = M^T u / D`.

    Args:
        latent: g.
        loadings: M, of orthogonal columns of length sqrt(D), (neuron, dimension).
    """

    latent: Latent = equinox.field(static=True)
    loadings: np.ndarray

    def __call__(self, states):
        """F(u), in JAX, (..., neuron)."""
        k = self.latents(states)
        return (self.latent(k) + k) @ self.loadings.T - states

    def latents(self, states):
        """`k = M^T u / D`, (..., dimension)."""
        return states @ self.loadings / len(self.loadings)

    def reset(self, states):
        """The latent's, and nothing across."""
        k = self.latents(states)
        return states + (self.latent.reset(k) - k) @ self.loadings.T

    @property
    def longest_step(self) -> float | None:
        """The latent's."""
        return self.latent.longest_step

    def curvature(self, state: np.ndarray, radius: float) -> float:
        """`F''[v, w] = M g''[M^T v, M^T w] / D^2`, |M| = sqrt(D): g's own at the ball's largest |k|, over sqrt(D)."""
        scale = np.sqrt(len(self.loadings))
        return self.latent.curvature(float(np.linalg.norm(self.latents(state)) + radius / scale)) / scale
