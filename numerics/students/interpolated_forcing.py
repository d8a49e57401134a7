"""Generalised teacher forcing: a network whose first states are the neurons, pulled towards the data while it runs."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from numerics.students.training import trained
from numerics.students.wide_network import resting_state, standardised
from theory.checks import count, instance, positive
from theory.nonlinearities import Identity, Nonlinearity
from theory.students.generalised_forcing import fraction_forced
from theory.students.student import Fit, Student


@dataclass(frozen=True)
class InterpolatedForcing(Student):
    """`z_{n+1} = A phi(z~_n)`, `z~ = alpha x^ + (1 - alpha) z`: states are moved towards the data before each step.

    The first d of N states are the recorded neurons, so the data give them directly, `x^ = (x, z_hidden)`; hidden
    states are left as they are. The loss is the mean squared error of the first d states over windows, which start at
    the data with hidden states zero; gradients are those of back-propagation through the window, steps are Adam's.
    alpha = 1 replaces the neurons' states by the data at every step, alpha = 0 lets the network run from the first
    sample on. In between errors of the distant past are forgotten as (1 - alpha)^n, which keeps gradients
    bounded in chaotic networks if alpha is large enough. Linear and without hidden states it ends at
    `theory.students.GeneralisedForcing(window, alpha)`: with alpha = 1 at `Autoregression()`, with alpha = 0 at
    `Rollout(window)`.

    It reports the spectrum of the network that runs freely, `A phi'`, linearised where it comes to rest.

    A recording's activity is centred and scaled to a root mean square of 1 over all neurons; there are no biases. A
    starts as half the identity, so that neurons remember something and nothing grows.

    Args:
        hidden: states besides the neurons, N - d.
        forcing: alpha, from 0 to 1.
        window: steps, in bins, of back-propagation.
        nonlinearity: phi.
        steps: of Adam.
        rate: its learning rate, which falls to zero along a quarter of a cosine.
        batch: windows in a step.
        gain: of the random part of A at the start, of variance gain^2 / N; hidden states learn nothing without.
        seed: of weights and windows.

    Raises:
        ProblemError: a recording without samples, such as an endless one, or trials shorter than the window.
        DivergedError: training diverges, or the free network does not come to rest.

    >>> from numerics.recordings import record
    >>> from theory.circuits import symmetric_line_attractor
    >>> recording = record(symmetric_line_attractor(2, slow=10.0), 2000, bin_size=1.0)
    >>> fit = InterpolatedForcing(window=4, steps=500).fit(recording)
    >>> bool(5 < fit.slowest() < 20)
    True

    Source: Hess, Monfared, Brenner & Durstewitz, ICML 2023 (arXiv 2306.04406), who invert the observation model for the
    whole state; here it reads off the first states, and the others are not forced.
    """

    hidden: int = 0
    forcing: float = 0.2
    window: int = 10
    nonlinearity: Nonlinearity = Identity()
    steps: int = 3000
    rate: float = 3e-3
    batch: int = 64
    gain: float = 0.1
    seed: int = 0

    def fit(self, recorded) -> Fit:
        """As of `Student`; needs the recording itself."""
        activity, phi = standardised(recorded), instance(self.nonlinearity, Nonlinearity, "nonlinearity")
        steps, neurons = count(self.steps, "steps"), activity.shape[2]
        (found,) = trained(
            InterpolatedLoss(phi, fraction_forced(self.forcing)),
            {"recurrent": jnp.asarray(self._start(neurons))[None]},
            activity,
            count(self.window, "window"),
            times=[steps],
            batch=count(self.batch, "batch"),
            rate=positive(self.rate, "rate"),
            seeds=[self.seed],
        )
        A = found["recurrent"][0]
        first = np.concatenate([activity[0, 0], np.zeros(len(A) - neurons)])
        # the rates r = phi(z) of z -> A phi(z) move as r -> phi(A r), whose fixed points are found elsewhere
        rates = resting_state(phi, A, np.asarray(phi(first)))
        slopes = np.asarray(phi.derivative(A @ rates))
        readout = np.eye(neurons, len(A)) if self.hidden else None
        return Fit(A * slopes, recorded.bin_size, readout=readout)

    def _start(self, neurons: int) -> np.ndarray:
        states = neurons + count(self.hidden, "hidden", least=0)
        random = np.random.default_rng(count(self.seed, "seed", least=0))
        gain = positive(self.gain, "gain", allow_zero=True)
        return 0.5 * np.eye(states) + gain / np.sqrt(states) * random.normal(size=(states, states))


@dataclass(frozen=True)
class InterpolatedLoss:
    """Mean squared error of prediction over windows that start at the data; see `InterpolatedForcing`.

    Args:
        nonlinearity: phi.
        forcing: alpha.
    """

    nonlinearity: Nonlinearity
    forcing: float

    def __call__(self, weights: dict, windows):
        """The loss, over windows (batch, window + 1, neuron)."""
        A, neurons = weights["recurrent"].T, windows.shape[2]

        def step(state, pair):
            given, target = pair
            pulled = self.forcing * given + (1 - self.forcing) * state[:, :neurons]
            state = self.nonlinearity(state.at[:, :neurons].set(pulled)) @ A
            return state, jnp.mean((state[:, :neurons] - target) ** 2)

        samples = jnp.swapaxes(windows, 0, 1)
        start = jnp.zeros((windows.shape[0], A.shape[0])).at[:, :neurons].set(samples[0])
        _, errors = jax.lax.scan(step, start, (samples[:-1], samples[1:]))
        return jnp.mean(errors)
