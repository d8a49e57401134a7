"""The state-space model in innovations form: the most general Gaussian process with that many hidden states."""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from theory.checks import count, positive, real_array
from theory.errors import ProblemError
from theory.students.student import timescale_of
from theory.students.windows import future_and_past, window_covariance


@dataclass(frozen=True, eq=False)
class InnovationsModel:
    """`x_n = C s_n + e_n`, `s_{n+1} = A s_n + K e_n`, with white e of covariance Sigma: known by its own predictions.

    Every stationary Gaussian process whose spectrum is rational of order n, whatever noise drives its states and is
    added to its samples, has this form: e is what its past does not tell. It can stand where a recorded circuit
    stands as an impostor: it has `neurons`, `bin_size`, `lagged_covariance` and `spectrum`.

    Args:
        propagator: A over one bin, stable, (state, state).
        gain: K, (state, neuron).
        readout: C, (neuron, state).
        innovations: Sigma, (neuron, neuron).
        bin_size: in units of time.

    >>> model = InnovationsModel([[0.5]], [[0.5]], [[1.0]], [[1.0]], bin_size=1.0)
    >>> model.lagged_covariance([0, 1])[:, 0, 0]  # an autoregressive process
    array([1.33333333, 0.66666667])

    Source: Anderson & Moore 1979, chapter 9.
    """

    propagator: np.ndarray
    gain: np.ndarray
    readout: np.ndarray
    innovations: np.ndarray
    bin_size: float

    def __post_init__(self):
        for name in ("propagator", "gain", "readout", "innovations"):
            object.__setattr__(self, name, np.asarray(real_array(getattr(self, name), name, 2)))
        object.__setattr__(self, "bin_size", positive(self.bin_size, "bin_size"))
        size = np.abs(np.linalg.eigvals(self.propagator)).max()
        if size >= 1:
            raise ProblemError(f"the propagator has an eigenvalue of modulus {size:.3g}; it must be below 1.")

    @property
    def neurons(self) -> int:
        """Number of recorded neurons d."""
        return self.readout.shape[0]

    @property
    def order(self) -> int:
        """Number of hidden states n."""
        return self.propagator.shape[0]

    def eigenvalues(self) -> np.ndarray:
        """Of the propagator, largest modulus first, (mode,), complex."""
        values = np.linalg.eigvals(self.propagator).astype(complex)
        return values[np.argsort(-np.abs(values), kind="stable")]

    def timescales(self) -> np.ndarray:
        """`-bin / ln |eigenvalue|`, in units of time, slowest first, (mode,)."""
        return timescale_of(np.abs(self.eigenvalues()), self.bin_size)

    def lagged_covariance(self, lags) -> np.ndarray:
        """`C(k) = <x_{n+k} x_n^T>`, (lag, neuron, neuron)."""
        A, K, C, S = self.propagator, self.gain, self.readout, self.innovations
        P = scipy.linalg.solve_discrete_lyapunov(A, K @ S @ K.T)
        present, ahead = C @ P @ C.T + S, A @ P @ C.T + K @ S
        found = []
        for lag in (count(lag, "lag", least=0) for lag in np.atleast_1d(lags)):
            found.append(present if lag == 0 else C @ np.linalg.matrix_power(A, lag - 1) @ ahead)
        return np.stack(found)

    def spectrum(self, angles) -> np.ndarray:
        """`H Sigma H^*`, `H = I + C (e^{iw} - A)^-1 K`, at angles w per bin, (angle, neuron, neuron), complex."""
        z = np.exp(1j * np.atleast_1d(angles))[:, None, None]
        H = np.eye(self.neurons) + self.readout @ np.linalg.solve(z * np.eye(self.order) - self.propagator, self.gain)
        return H @ self.innovations @ H.conj().transpose(0, 2, 1)


def canonical_model(recorded, order: int, horizon: int = 10) -> InnovationsModel:
    """The innovations model whose states are the n directions of the past that tell most of the future.

    Canonical correlations between `horizon` past and future samples give the states; regressions of the next sample and
    of the next states give C, Sigma, A and K. An approximation of a larger circuit, exact if the order is its own.

    Args:
        recorded: has `lagged_covariance`, `bin_size` and `neurons`.
        order: n.
        horizon: h, in bins; h neurons at least the order.

    >>> from theory.circuits import uncoupled
    >>> from theory.partial_observation import RecordedCircuit
    >>> canonical_model(RecordedCircuit(uncoupled(1)), order=1).timescales()
    array([1.])

    Source: Akaike 1976; Larimore, Proc. American Control Conf. 1983, 445.
    """
    order, horizon, d = count(order, "order"), count(horizon, "horizon"), recorded.neurons
    if horizon * d < order:
        raise ProblemError(f"order {order} needs a horizon of at least {order / d:.3g} bins; it is {horizon}.")
    C = recorded.lagged_covariance(range(2 * horizon + 1))

    # p_n = (x_{n-1}, ..., x_{n-h}), f_n = (x_n, ..., x_{n+h-1})
    future, past, between = future_and_past(C, horizon)
    jitter = 1e-12 * np.trace(past) / len(past) * np.eye(len(past))
    root, future_root = np.linalg.cholesky(past + jitter), np.linalg.cholesky(future + jitter)
    whitened = np.linalg.solve(root, np.linalg.solve(future_root, between).T)
    J = np.linalg.solve(root.T, np.linalg.svd(whitened)[0][:, :order]).T  # s_n = J p_n, of unit covariance
    readout = between[:d] @ J.T
    innovations = C[0] - readout @ readout.T
    # <s_{n+1} s_n^T> = J <p_{n+1} p_n^T> J^T, and p_{n+1} starts with x_n
    longer = window_covariance(np.swapaxes(C, 1, 2), horizon + 1)  # of (x_n, x_{n-1}, ..., x_{n-h})
    propagator = J @ longer[:-d, d:] @ J.T
    present = J @ longer[:-d, :d]  # <s_{n+1} x_n^T>
    gain = np.linalg.solve(innovations, (present - propagator @ readout.T).T).T
    return InnovationsModel(propagator, gain, readout, innovations, recorded.bin_size)
