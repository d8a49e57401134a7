"""Linear stochastic circuits: neurons that leak, excite each other, and are driven by noise."""

from dataclasses import dataclass, field

import numpy as np
import scipy.linalg

from theory.checks import instance, positive, real_array
from theory.circuits.covariance import accumulated_covariance, propagator_and_noise
from theory.circuits.noise import noise_covariance
from theory.errors import ProblemError

KINDS = ("point", "line", "plane", "points", "ring", "cycle", "chaos")


@dataclass(frozen=True)
class Truth:
    """What is true of a circuit's attractors: stored with it, never computed from its matrix.

    Eigenvalues of a far from normal matrix cannot be trusted: those of a rotated chain of 500 neurons, all
    zero, come out of floating point with modulus .93.

    Args:
        kind: "point" (single stable point, no slow mode), "line" or "plane" (one or two slow modes); of nonlinear
            circuits also "points" (several stable points), "ring", "cycle" and "chaos", see `nonlinear_truth`.
        timescales: of the modes in units of the single-unit time constant, slowest first, as far as they
            are known and distinct; empty where they are not known.
        reversible: whether the stationary process is in detailed balance.
    """

    kind: str
    timescales: tuple[float, ...] = ()
    reversible: bool = False

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ProblemError(f"kind must be one of {', '.join(KINDS)}; got {self.kind!r}.")

    @property
    def relaxation(self) -> float:
        """How long the approach to the attractor takes at most, in single-unit time constants, as far as is known."""
        return max((1.0, *self.timescales))

    def resting_states(self, neurons: int) -> np.ndarray:
        """Where the circuit is without noise: states of its attractor, met equally often, (state, neuron).

        Args:
            neurons: D.
        """
        return np.zeros((1, neurons))


@dataclass(frozen=True, eq=False)
class LinearCircuit:
    """D neurons with linear recurrence and Gaussian noise: `tau dz = (B - I) z dt + sqrt(2 tau) dW_Q`.

    dW_Q is white noise of covariance `Q dt`, with Q = I unless stated. The stationary covariance S solves
    `(I - B) S + S (I - B)^T = 2 Q`, so S = I for uncoupled neurons; the covariance at lag t >= 0 is
    `C(t) = <z(t) z(0)^T> = exp((B - I) t / tau) S`.

    Args:
        recurrence: the matrix B, (neuron, neuron); entry (i, j) is the effect of j on i.
        noise: its covariance Q, (neuron, neuron), or a number that multiplies the identity.
        time_constant: tau, the single-unit time constant, in the user's unit of time.
        truth: what is known of its attractors, or None.
        name: what to call it in print.

    Raises:
        ProblemError: matrices that do not fit, are not finite, or a noise that is no covariance.

    >>> circuit = LinearCircuit([[0.5]])
    >>> circuit.covariance()
    array([[2.]])
    >>> circuit.lagged_covariance([0.0, 2.0])[:, 0, 0]
    array([2.        , 0.73575888])

    Source: Qian, Zavatone-Veth, Ruben & Pehlevan, NeurIPS 2024 (their teachers, phi = identity).
    """

    recurrence: np.ndarray
    noise: np.ndarray | float = 1.0
    time_constant: float = 1.0
    truth: Truth | None = None
    name: str = "linear circuit"
    _cache: dict = field(default_factory=dict, repr=False)

    def __post_init__(self):
        recurrence = np.asarray(real_array(self.recurrence, "recurrence", 2))
        size = recurrence.shape[0]
        if recurrence.shape != (size, size):
            raise ProblemError(f"recurrence must be square; its shape is {recurrence.shape}.")
        object.__setattr__(self, "recurrence", recurrence)
        object.__setattr__(self, "time_constant", positive(self.time_constant, "time_constant"))
        object.__setattr__(self, "noise", noise_covariance(self.noise, size))
        if self.truth is not None:
            instance(self.truth, Truth, "truth")

    @property
    def neurons(self) -> int:
        """Number of neurons D."""
        return self.recurrence.shape[0]

    @property
    def drift(self) -> np.ndarray:
        """`(B - I) / tau`, (neuron, neuron), per unit of time."""
        return (self.recurrence - np.eye(self.neurons)) / self.time_constant

    @property
    def diffusion(self) -> np.ndarray:
        """`2 Q / tau`: the covariance that noise adds per unit of time, (neuron, neuron)."""
        return 2.0 * self.noise / self.time_constant

    def velocity(self, states) -> np.ndarray:
        """`(B - I) z / tau`, dz/dt without noise.

        Args:
            states: z, (..., neuron).
        """
        return np.asarray(states, dtype=float) @ self.drift.T

    def jacobian(self, state) -> np.ndarray:
        """The drift, at every state, (neuron, neuron)."""
        return self.drift

    def curvature_bound(self, state, radius: float) -> float:
        """Zero: a linear flow has no second derivative."""
        return 0.0

    def covariance(self) -> np.ndarray:
        """The stationary covariance S, (neuron, neuron).

        Raises:
            UnstableSystemError: the circuit has none.
        """
        if "covariance" not in self._cache:
            self._cache["covariance"] = accumulated_covariance(self.drift, self.diffusion, self.name)
        return self._cache["covariance"]

    def residual(self) -> float:
        """The largest entry of `F S + S F^T + 2 Q / tau`, relative to `|F| |S|` in the Frobenius norm."""
        flow = self.drift @ self.covariance()
        scale = np.linalg.norm(self.drift) * np.linalg.norm(self.covariance())
        return float(np.abs(flow + flow.T + self.diffusion).max() / scale)

    def lagged_covariance(self, lags) -> np.ndarray:
        """`C(t) = <z(t) z(0)^T>`, (lag, neuron, neuron); at equal steps one matrix exponential serves all.

        Args:
            lags: t >= 0, in units of time.
        """
        lags = np.asarray(real_array(lags, "lags", 1))
        if lags.min() < 0:
            raise ProblemError(f"lags must not be negative; got {lags.min():g}. C(-t) is C(t) transposed.")
        return propagate(self.drift, self.covariance(), lags)

    def power_spectrum(self, frequencies) -> np.ndarray:
        """`(i w - F)^-1 (2 Q / tau) (i w - F)^-*` with F the drift: two-sided, (frequency, neuron, neuron), complex.

        The covariance is its integral over all w, divided by 2 pi.

        Args:
            frequencies: w, in radians per unit of time.
        """
        frequencies = np.asarray(real_array(frequencies, "frequencies", 1))
        identity, spectra = np.eye(self.neurons), []
        for frequency in frequencies:
            response = np.linalg.inv(1j * frequency * identity - self.drift)
            spectra.append(response @ self.diffusion @ response.conj().T)
        return np.stack(spectra)

    def discretise(self, bin_size: float) -> tuple[np.ndarray, np.ndarray]:
        """The circuit at multiples of a bin, exactly: `z_{n+1} = Phi z_n + noise` with noise of covariance Q_bin.

        `Phi = exp(F bin)`, `Q_bin = int_0^bin exp(F t) (2 Q / tau) exp(F t)^T dt`: no Euler step, at any bin size.

        Args:
            bin_size: in units of time.

        Returns:
            Phi and Q_bin, both (neuron, neuron).
        """
        bin_size = positive(bin_size, "bin_size")
        if bin_size not in self._cache:
            self._cache[bin_size] = propagator_and_noise(self.drift, self.diffusion, bin_size)
        return self._cache[bin_size]

    def __str__(self) -> str:
        truth = "" if self.truth is None else f"; {self.truth.kind} attractor"
        return f"{self.name}: {self.neurons} neurons, time constant {self.time_constant:g}{truth}"


def propagate(drift: np.ndarray, start: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """`exp(F t) M` at every lag; where lags are equally spaced by repeated multiplication, (lag, row, column)."""
    steps = np.diff(lags)
    first = scipy.linalg.expm(drift * lags[0]) @ start if lags[0] > 0 else start
    if steps.size == 0:
        return first[None]
    if np.allclose(steps, steps[0], rtol=1e-12):
        step = scipy.linalg.expm(drift * steps[0])
        return np.stack(list(_powers(step, first, lags.size)))
    return np.stack([scipy.linalg.expm(drift * lag) @ start for lag in lags])


def _powers(step: np.ndarray, first: np.ndarray, number: int):
    yield first
    for _ in range(number - 1):
        first = step @ first
        yield first
