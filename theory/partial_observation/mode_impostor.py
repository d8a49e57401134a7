"""The impostor of a mode: fast hidden neurons that make one recorded signal look slow."""

from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.signal

from theory.checks import count, positive
from theory.circuits import LinearCircuit, Truth
from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class ModeImpostor:
    """`neurons` fast neurons, of which one is seen; its autocorrelation over one bin is that of a slow mode.

    In a cascade of a low-pass and all-pass stages `(a - s)/(a + s)` driven by one white noise, with drift
    `F_ij = -2 a (-1)^(i-j)` below the diagonal and -a on it, and noise `sqrt(2 a) b` with `b_i = (-1)^i`, the states
    are uncorrelated with unit variance, since `F + F^T + 2 a b b^T = 0`: Laguerre's functions. The seen signal is
    `y = c.s / |c|` with `c_k = ratio^k`, which is how an exponential of timescale tau expands, with
    `ratio = (a tau - 1)/(a tau + 1)`; n stages cut the series off, and the ratio is chosen such that
    `<y_{n+1} y_n> / <y^2>` is exactly the mode's. A student of y over one bin reports the slow mode; no mode outlasts
    `1/a`. The memory ends after n stages: autocorrelations at later lags tell. Other weights c need fewer stages to
    look slow over one bin, and lose their memory sooner: the fewest of this family are not the fewest of all.

    Args:
        ratio: of successive weights.
        neurons: n, the seen one included.
        bin_size: in units of time.
        time_constant: 1/a of every mode.
    """

    ratio: float
    neurons: int
    bin_size: float
    time_constant: float

    def autocorrelation(self, lags: int) -> np.ndarray:
        """Of y at 0, 1, ..., `lags` bins, (lag,).

        `exp(F t)` is lower triangular and Toeplitz, with entries
        `e_m(t) = (-1)^m exp(-a t) (L_m - L_{m-1})(2 a t)` (Laguerre polynomials), so that
        `r(t) = sum_m e_m(t) sum_k c_k c_{k+m} / |c|^2`; longer times by convolution.

        Args:
            lags: the longest, in bins.
        """
        step = _propagator_column(self.neurons, self.bin_size / self.time_constant)
        overlaps = _overlaps(self.ratio, self.neurons)
        column, found = np.eye(1, self.neurons)[0], [1.0]
        for _ in range(count(lags, "lags", least=0)):
            column = scipy.signal.fftconvolve(column, step)[: self.neurons]
            found.append(float(column @ overlaps))
        return np.array(found)

    def circuit(self) -> LinearCircuit:
        """The impostor as a circuit whose first neuron is seen: the cascade, turned so that c is the first axis."""
        n = self.neurons
        signs = (-1.0) ** np.arange(n)
        F = -(np.eye(n) + 2.0 * np.tri(n, k=-1)) * np.outer(signs, signs)
        weights = self.ratio ** np.arange(n)
        basis, triangle = np.linalg.qr(np.column_stack([weights, np.eye(n)[:, 1:]]))
        basis = basis * np.sign(triangle[0, 0])
        noise = basis.T @ signs
        return LinearCircuit(
            np.eye(n) + basis.T @ F @ basis,
            noise=np.outer(noise, noise),
            time_constant=self.time_constant,
            truth=Truth("point", (1.0,)),
            name=f"impostor of {n} neurons",
        )


def mode_impostor(timescale: float, neurons: int, bin_size: float, time_constant: float) -> ModeImpostor:
    """The impostor, of a given number of neurons, of a mode of given timescale.

    Args:
        timescale: that a student of one bin reports, in units of time.
        neurons: n, the seen one included.
        bin_size: in units of time.
        time_constant: of every mode of the impostor.

    Raises:
        ProblemError: so few neurons cannot look so slow.

    >>> impostor = mode_impostor(timescale=50.0, neurons=40, bin_size=1.0, time_constant=1.0)
    >>> r = impostor.autocorrelation(200)
    >>> round(float(-1.0 / np.log(r[1])), 6), bool(r[200] < 1e-3 * np.exp(-200 / 50.0))
    (50.0, True)

    Source: derived here; Laguerre's expansion of an exponential is Wiener's, see Wahlberg, IEEE TAC 36 (1991) 551.
    """
    neurons = count(neurons, "neurons")
    timescale, time_constant = positive(timescale, "timescale"), positive(time_constant, "time_constant")
    bin_size = positive(bin_size, "bin_size")
    least = impostor_neurons(timescale, bin_size, time_constant)
    if neurons < least:
        raise ProblemError(
            f"{neurons} neurons with a time constant of {time_constant:g} cannot look as if one had {timescale:g} over "
            f"bins of {bin_size:g}; it takes {least}."
        )
    step = _propagator_column(neurons, bin_size / time_constant)
    target = np.exp(-bin_size / timescale)

    def excess(ratio: float) -> float:
        return float(step @ _overlaps(ratio, neurons)) - target

    ratio = 0.0 if excess(0.0) >= 0 else scipy.optimize.brentq(excess, 0.0, 1.0, xtol=1e-14, rtol=1e-14)
    return ModeImpostor(float(ratio), neurons, bin_size, time_constant)


def impostor_neurons(timescale: float, bin_size: float, time_constant: float) -> int:
    """The least number of neurons, the seen one included, with which `mode_impostor` can be made.

    Its longest timescale is that of equal weights, `ratio = 1`.

    Args:
        timescale, bin_size, time_constant: as of `mode_impostor`.

    >>> impostor_neurons(50.0, bin_size=1.0, time_constant=1.0)
    26
    """
    target = np.exp(-positive(bin_size, "bin_size") / positive(timescale, "timescale"))
    time_constant = positive(time_constant, "time_constant")
    if timescale <= time_constant:
        return 1

    def enough(neurons: int) -> bool:
        step = _propagator_column(neurons, bin_size / time_constant)
        return float(step @ _overlaps(1.0, neurons)) >= target

    high = 2
    while not enough(high):
        high *= 2
        if high > 2**20:
            raise ProblemError(f"no impostor of a million neurons looks as slow as {timescale:g}; take longer bins.")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _propagator_column(neurons: int, time: float) -> np.ndarray:
    """The first column of `exp(F t)` for a = 1, (neuron,): `e_m` of `ModeImpostor.autocorrelation`, by recurrence."""
    scaled = np.zeros(neurons + 1)  # of L_{m-1}
    scaled[1] = np.exp(-time)
    for m in range(1, neurons):
        scaled[m + 1] = ((2 * m - 1 - 2 * time) * scaled[m] - (m - 1) * scaled[m - 1]) / m
    return np.diff(scaled) * (-1.0) ** np.arange(neurons)


def _overlaps(ratio: float, neurons: int) -> np.ndarray:
    """`sum_k c_k c_{k+m} / |c|^2` for `c_k = ratio^k`, (m,)."""
    m = np.arange(neurons)
    if ratio == 1.0:
        return (neurons - m) / neurons
    squares = ratio**2
    return ratio**m * (1.0 - squares ** (neurons - m)) / (1.0 - squares**neurons)
