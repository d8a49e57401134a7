"""A wide recurrent network with hidden units, trained by back-propagation through time."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from numerics.students.training import trained
from theory.checks import count, instance, positive
from theory.errors import DivergedError, ProblemError
from theory.nonlinearities import Identity, Nonlinearity
from theory.students.generalised_forcing import fraction_forced
from theory.students.student import Fit, Student

_REST_STEPS, _REST = 20_000, 1e-10


@dataclass(frozen=True)
class WideNetwork(Student):
    """`h_{n+1} = phi(W h_n + U s_n)`, `y_{n+1} = C h_{n+1}`, trained to have y_{n+1} = x_{n+1} over windows from rest.

    What it is given is `s_n = f x_n + (1 - f) y_n`, with f the forcing: 1 is teacher forcing, and with less the network
    runs on its own predictions the more (s_0 = x_0 always). The loss is the mean squared error over all steps of
    the window; gradients are those of back-propagation through it, steps are Adam's on minibatches of windows. The
    weights start as Gaussians of variance gain^2 / N (W), 1 / d (U) and 1 / N^2 (C).

    It reports the spectrum of the network that runs freely, `h -> phi(W h + U C h)`, linearised where it comes to rest.
    For phi = identity, forcing 1 and many hidden units training determines `C W^j U` for j below the window, as
    `theory.students.Windowed` says, and nothing else. With a window of 1 that is the report. With longer ones it is
    not: what W remembers beyond the window is left as the start and the path of training made it, and the report
    depends on it. Measured on the population loss itself, so that no sampling blurs it:

    - One of 20 neurons of a chain with skips 1, window 4, 12 hidden units, W(0) of gain .9, descent to a gradient of
      1e-10 from three starts: losses are the same to 1e-15 and responses over 4 bins those of `Windowed` to 1e-9, but
      all three free networks are unstable, where `Windowed`, which forgets beyond the window, decays in 10.0.
    - Four of 40 neurons of three rotated chains with skips 1, window 8, 40 hidden units, W(0) = 0, two starts each:
      after 10,000 iterations of L-BFGS the loss is within 1e-5 of the least. Read over the 8 bins alone the slowest
      timescales are 11.0 and 10.8, 9.1 and 8.8, 10.6 and 10.7, where `Windowed` says 10.8, 8.2 and 10.4; the free
      networks report 12.2 and 16.6, 47 and no decay, and no decay twice. Of the j up to 31, `C W^j U` reaches 800.

    By Adam on minibatches training stops earlier, while little is learned beyond the window and nothing is settled.

    Saturating units respond most at rest, where the report is linearised, while training fixes their response on
    average over the activity: the reported mode is too slow by O(activity^2 / (1 - decay over a bin)), see
    `numerics.claims.wide_network_slow_mode`. Networks of 40 erf units given an activity of .5 (window 1, a chain's last
    neuron, 3000 steps) disagree with each other: 12.4 to 35.0 where theory of linear units says 34.5.

    A saturating network that is trained for a short while or on little data can turn on a cycle by itself; then there
    is nothing to linearise at, and it says so. Linear ones always rest at zero.

    A recording's activity is centred and scaled to one root mean square over all neurons; there are no biases.

    Args:
        hidden: N.
        window: steps, in bins, of back-propagation.
        forcing: f, from 0 to 1.
        nonlinearity: phi.
        steps: of Adam.
        rate: its learning rate, which falls to zero along a quarter of a cosine.
        batch: windows in a step.
        activity: the root mean square that activity is scaled to: the smaller, the more linearly hidden units work.
        gain: of W at the start; what training leaves of a random W is in the spectrum that is reported.
        seed: of weights and windows.

    Raises:
        ProblemError: a recording without samples, such as an endless one, or trials shorter than the window.
        DivergedError: training diverges, or the free network does not come to rest.

    >>> from numerics.recordings import record
    >>> from theory.circuits import symmetric_line_attractor
    >>> recording = record(symmetric_line_attractor(2, slow=10.0), 2000, bin_size=1.0)
    >>> fit = WideNetwork(hidden=20, window=2, steps=1000, rate=0.01).fit(recording)
    >>> bool(5 < fit.slowest() < 20)
    True
    """

    hidden: int = 100
    window: int = 10
    forcing: float = 1.0
    nonlinearity: Nonlinearity = Identity()
    steps: int = 3000
    rate: float = 3e-3
    batch: int = 64
    activity: float = 1.0
    gain: float = 0.0
    seed: int = 0

    def fit(self, recorded) -> Fit:
        """As of `Student`; needs the recording itself."""
        return self.along_training(recorded, [self.steps])[0][0]

    def along_training(self, recorded, times: list[int], seeds: int = 1) -> list[list[Fit]]:
        """Fits at several numbers of steps of one training, of networks trained side by side: [time][seed].

        Args:
            recorded: a `numerics.recordings.Recording`.
            times: numbers of steps, ascending, from 1 to `steps` (which the learning rate is planned for).
            seeds: how many networks, with seeds `seed`, `seed + 1`, ...
        """
        activity = positive(self.activity, "activity") * standardised(recorded)
        window, steps = count(self.window, "window"), count(self.steps, "steps")
        instance(self.nonlinearity, Nonlinearity, "nonlinearity")
        times = [count(time, "a number of steps", most=steps) for time in times]
        own = [self.seed + k for k in range(count(seeds, "seeds"))]
        starts = [self._start(activity.shape[2], seed) for seed in own]
        weights = {name: jnp.stack([start[name] for start in starts]) for name in starts[0]}
        found = trained(
            Loss(self.nonlinearity, fraction_forced(self.forcing)),
            weights,
            activity,
            window,
            times=times if times[-1] == steps else [*times, steps],
            batch=count(self.batch, "batch"),
            rate=positive(self.rate, "rate"),
            seeds=own,
        )
        return [
            [self._fit({name: w[k] for name, w in at.items()}, activity, recorded.bin_size) for k in range(seeds)]
            for at in found[: len(times)]
        ]

    def _start(self, neurons: int, seed: int) -> dict:
        hidden, random = count(self.hidden, "hidden"), np.random.default_rng(count(seed, "seed", least=0))
        gain = positive(self.gain, "gain", allow_zero=True)
        return {
            "recurrent": gain / np.sqrt(hidden) * random.normal(size=(hidden, hidden)),
            "input": random.normal(size=(hidden, neurons)) / np.sqrt(neurons),
            "readout": random.normal(size=(neurons, hidden)) / hidden,
        }

    def _fit(self, weights: dict, activity: np.ndarray, bin_size: float) -> Fit:
        phi, C = self.nonlinearity, weights["readout"]
        closed = weights["recurrent"] + weights["input"] @ C
        rest = resting_state(phi, closed, np.asarray(phi(weights["input"] @ activity[0, 0])))
        slopes = np.asarray(phi.derivative(closed @ rest))
        return Fit(slopes[:, None] * closed, bin_size, readout=C)


@dataclass(frozen=True)
class Loss:
    """Mean squared error of prediction over windows that start at rest; see `WideNetwork`.

    Args:
        nonlinearity: phi.
        forcing: f.
    """

    nonlinearity: Nonlinearity
    forcing: float

    def __call__(self, weights: dict, windows):
        """The loss, over windows (batch, window + 1, neuron)."""
        W, U, C = weights["recurrent"].T, weights["input"].T, weights["readout"].T

        def step(carried, pair):
            state, output = carried
            given, target = pair
            state = self.nonlinearity(state @ W + (self.forcing * given + (1 - self.forcing) * output) @ U)
            output = state @ C
            return (state, output), jnp.mean((output - target) ** 2)

        samples = jnp.swapaxes(windows, 0, 1)
        start = jnp.zeros((windows.shape[0], W.shape[0]))
        _, errors = jax.lax.scan(step, (start, samples[0]), (samples[:-1], samples[1:]))
        return jnp.mean(errors)


def check_samples(recorded) -> None:
    """A ProblemError for what has no samples, such as an endless recording.

    Args:
        recorded: a `numerics.recordings.Recording`, if all is well.
    """
    if not hasattr(recorded, "centred"):
        raise ProblemError("a network is trained on samples: give a recording, not the circuit of an endless one.")


def standardised(recorded) -> np.ndarray:
    """Activity, (trial, time, neuron), less its mean, over the root mean square of all of it.

    Args:
        recorded: a `numerics.recordings.Recording`; a ProblemError for one that has no samples.
    """
    check_samples(recorded)
    activity = recorded.centred()
    return activity / np.sqrt(np.mean(activity**2))


def resting_state(nonlinearity: Nonlinearity, recurrence: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The fixed point of `h -> phi(R h)` that is reached from a state; zero for a linear network.

    Args:
        nonlinearity: phi.
        recurrence: R, (hidden, hidden).
        start: h, (hidden,).

    Raises:
        DivergedError: the network still moves after 20,000 steps: it has a cycle, or chaos.

    >>> from theory.nonlinearities import HyperbolicTangent
    >>> resting_state(HyperbolicTangent(), np.array([[2.0]]), np.array([0.1])).round(4)
    array([0.9575])
    """
    if not np.isfinite(nonlinearity.bound):
        return np.zeros_like(start)

    def moving(carried):
        _, change, number = carried
        return (change > _REST) & (number < _REST_STEPS)

    def move(carried):
        state, _, number = carried
        after = nonlinearity(recurrence @ state)
        return after, jnp.abs(after - state).max(), number + 1

    state, change, _ = jax.lax.while_loop(moving, move, (jnp.asarray(start), jnp.inf, 0))
    if change > _REST:
        raise DivergedError(
            f"the network does not come to rest: after {_REST_STEPS} free steps it still moves by {float(change):.1g}: "
            "it has a cycle or chaos, and no fixed point to be linearised at."
        )
    return np.asarray(state)
