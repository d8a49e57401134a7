"""Linear models that simulate from a history: the adapter of every linear `theory.students.Fit`."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from theory.circuits.covariance import symmetric_root
from theory.errors import ProblemError
from theory.linear_recursion import driven_states
from theory.students import Fit
from theory.students.kalman import LatentModel, filter_of, last_state, stationary_covariance


@dataclass(frozen=True, eq=False)
class LinearModel:
    """`s_{n+1} = A s_n + B e_n`, `x_n = mean + C s_n + D e_n` with white e of variance 1.

    Args:
        A: (state, state).
        C: (channel, state).
        B: (state, noise); no columns for a model without noise.
        D: (channel, noise).
        mean: (channel,).
        next_state: of a history less its mean, (time, channel): the mean of the state one bin after its end, (state,),
            and a root of its covariance, (state, any).
        pulsed: how much that state is moved by a pulse at the last sample, (state, channel).
        interval: of its slowest timescale, in units of time, or None.
    """

    A: np.ndarray
    C: np.ndarray
    B: np.ndarray
    D: np.ndarray
    mean: np.ndarray
    next_state: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
    pulsed: np.ndarray
    interval: tuple[float, float] | None = None
    _known: dict = field(default_factory=dict, init=False, repr=False)

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`; inputs are not part of the model."""
        start, root = self.next_state(np.asarray(history, float) - self.mean)
        if pulse is not None:
            start = start + self.pulsed @ pulse
        quiet, _ = driven_states(self.A, np.zeros((1, steps, len(self.A))), start[None])
        asked = (len(history), steps, samples, seed)
        if asked not in self._known:  # most questions are asked with the noise of the last
            self._known.clear()
            self._known[asked] = self._noise(root, steps, samples, np.random.default_rng([seed, 21]))
        return self.mean + quiet @ self.C.T + self._known[asked]

    def _noise(self, root, steps: int, samples: int, random: np.random.Generator) -> np.ndarray:
        """What the noise adds to a rollout, wherever that starts, (sample, step, channel)."""
        starts = random.normal(size=(samples, root.shape[1])) @ root.T
        kicks = random.normal(size=(samples, steps, self.B.shape[1]))
        states, _ = driven_states(self.A, kicks @ self.B.T, starts)
        return states @ self.C.T + kicks @ self.D.T

    @property
    def one_bin(self) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.A

    def encode(self, history) -> np.ndarray:
        """The state one bin after a history, (time, channel) to (state,)."""
        return self.next_state(np.asarray(history, float) - self.mean)[0]

    def decode(self, z) -> np.ndarray:
        """The activity at states, (..., channel)."""
        return self.mean + z @ self.C.T

    def timescale_interval(self) -> tuple[float, float] | None:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.interval


def model_of(fit: Fit, recording, interval: tuple[float, float] | None = None) -> LinearModel:
    """The model that a fit is, to be simulated after any history.

    The state is what a Kalman filter says that starts from the stationary law. An experimenter's pulse p at the last
    sample did move the activity, so it is not taken for observation noise, which a filter that is shown the pulsed
    sample would do; and it came from outside, so the past says nothing of it. The state is moved as the model's own
    sudden kicks would move it that change the activity by p, `delta = <w w^T> C^T (C <w w^T> C^T)^-1 p`: then states
    that the kicks do not reach, such as other neurons with noise of their own, stay where they are, whatever the basis
    of the states is. Where the states are fewer than channels, `C delta` is what comes closest to p in units of the
    observation noise. A vector autoregression moves its last sample, and nothing else.

    No mode of the model outlasts the recording: what decays slower, or grows, is made to decay in the recording's
    duration, a time that is no more than a lower bound of what the data allow.

    Args:
        fit: over one bin, of latent states with noises of their own, or of neurons; without a noise of theirs it is
            what the fit leaves unexplained, one bin ahead.
        recording: a `numerics.recordings.Recording`, what it is fitted to.
        interval: of the slowest timescale, in units of time.

    Raises:
        ProblemError: a fit over more than one bin, or of latent states without noises.

    >>> from numerics.recordings import record
    >>> from theory.circuits import LinearCircuit
    >>> from theory.students import Autoregression
    >>> recording = record(LinearCircuit([[0.9]]), samples=500, bin_size=1.0)
    >>> fit = Autoregression().fit(recording)
    >>> model, history = model_of(fit, recording), recording.activity[0, -10:]
    >>> free, pulsed = (model.simulate(history, steps=1, pulse=p) for p in (None, np.array([2.0])))
    >>> bool(abs((pulsed - free) - 2 * fit.propagator).max() < 1e-12)
    True
    """
    if fit.lag != 1:
        raise ProblemError(f"a fit over {fit.lag} bins does not say what happens within them.")
    A, Q, R = lasting(fit.propagator, fit.bin_size, recording.duration), fit.process_noise, fit.observation_noise
    C = np.eye(len(A)) if fit.readout is None else fit.readout
    if Q is None:
        if fit.readout is not None:
            raise ProblemError("a fit of latent states without noises needs `innovations_model`.")
        present, later = recording.lagged_covariance([0, 1])
        Q = present - A @ later.T - later @ A.T + A @ present @ A.T
    R = np.zeros((len(C), len(C))) if R is None else R
    root, seen_root = symmetric_root(Q), symmetric_root(R)
    latent = LatentModel(A, C, root @ root.T, seen_root @ seen_root.T, stationary_covariance(A, root @ root.T))
    known = {}

    def next_state(history):
        length = len(history)
        if length not in known:
            filters = filter_of(latent, length)
            covariance = last_state(latent, filters, history)[1]
            known[length] = filters, symmetric_root(A @ covariance @ A.T + latent.Q)
        filters, root_of_next = known[length]
        return A @ last_state(latent, filters, history)[0], root_of_next

    states, channels = len(A), len(C)
    return LinearModel(
        A,
        C,
        np.hstack([root, np.zeros((states, channels))]),
        np.hstack([np.zeros((channels, states)), seen_root]),
        recording.activity.mean(axis=(0, 1)),
        next_state,
        A @ kick_of(root, C, R),
        interval,
    )


def kick_of(root: np.ndarray, C: np.ndarray, R: np.ndarray) -> np.ndarray:
    """The most likely kick of the states that changes the activity by a pulse, (state, channel); see `model_of`.

    Of all kicks `L e` with `C L e = p` the one of least `|e|`; where there is none, of least error in units of R.

    Args:
        root: L, of the covariance of kicks, (state, state).
        C: (channel, state).
        R: of the observation noise, (channel, channel); what is singular counts no channel more than another.

    >>> kick_of(np.diag([1.0, 3.0]), np.array([[1.0, 0.0]]), np.zeros((1, 1)))  # the hidden state stays
    array([[1.],
           [0.]])
    """
    values, vectors = np.linalg.eigh(R)
    unit = np.eye(len(R)) if values[0] <= 1e-9 * max(values[-1], 1e-300) else (vectors / np.sqrt(values)) @ vectors.T
    return root @ np.linalg.pinv(unit @ C @ root, rcond=1e-9) @ unit


def lasting(A: np.ndarray, bin_size: float, duration: float) -> np.ndarray:
    """A propagator none of whose modes outlasts a duration: the moduli of its eigenvalues are cut there.

    >>> float(round(-1 / np.log(lasting(np.array([[1.02]]), bin_size=1.0, duration=50.0)).item(), 6))
    50.0
    """
    values, vectors = np.linalg.eig(A)
    most = np.exp(-bin_size / duration)
    if np.abs(values).max() <= most:
        return A
    cut = values * np.minimum(1.0, most / np.maximum(np.abs(values), 1e-300))
    return np.real(np.linalg.solve(vectors.T, (vectors * cut).T).T)


def innovations_model(A: np.ndarray, C: np.ndarray, J: np.ndarray, recording, noise: bool = True) -> LinearModel:
    """A model whose state is regressed on the latest samples: for fits that name no noises.

    `s_n = J (x_{n-1}, ..., x_{n-h})`; what the data leave unexplained, `e_n = x_n - C s_n`, moves the state as it did
    in the recording: `s_{n+1} = A s_n + K e_n + rest`, K by least squares. There being no kick but e, a pulse is read
    as any other sample.

    Args:
        A: (state, state).
        C: (channel, state).
        J: (state, h channel), the latest sample first.
        recording: what it is fitted to.
        noise: without, the model is a deterministic one.
    """
    A = lasting(A, recording.bin_size, recording.duration)
    channels, mean = len(C), recording.activity.mean(axis=(0, 1))
    window = J.shape[1] // channels
    gains = J.reshape(len(A), window, channels)

    def next_state(history):
        latest = history[::-1][:window]
        return np.tensordot(gains[:, : len(latest)], latest, 2), np.zeros((len(A), 0))

    B, D = np.zeros((len(A), 0)), np.zeros((channels, 0))
    if noise:
        K, spread = _innovations(A, C, gains, recording.centred())
        root = symmetric_root(spread)
        B, D = K @ root, root
    return LinearModel(A, C, B, D, mean, next_state, gains[:, 0])


def _innovations(A, C, gains, x):
    """The gain K, and the covariance of the innovations."""
    window = gains.shape[1]
    states = sum(x[:, window - 1 - j : x.shape[1] - j] @ gains[:, j].T for j in range(window))
    now, after = states[:, :-1], states[:, 1:]  # of the samples from number `window` on
    e = (x[:, window:] - now @ C.T).reshape(-1, len(C))
    moved = (after - now @ A.T).reshape(-1, len(A))
    K = np.linalg.lstsq(e, moved, rcond=None)[0].T
    return K, e.T @ e / len(e)
