"""The spectrum of a lazy linear network in continuous time, its loss curve, and the power law that it tends to."""

import numpy as np
from scipy.special import eval_laguerre

from theory.checks import count, positive, real_array
from theory.errors import ProblemError
from theory.kernels.linear_continuous import _stable


class LazySpectrum:
    """Eigenvalues and eigenfunctions of `k(t, t') = e^{-t-t'} I_0(2 sigma sqrt(t t'))` on t >= 0.

    With only the readout trained and |u| = 1, k is the kernel of gradient flow on impulse responses. Put
    `s0 = sqrt(1 - sigma^2)`, `kappa = 2 s0`, `r = ((1 - s0)/sigma)^2`. The Hille-Hardy formula
    `sum_n r^n L_n(x) L_n(y) = e^{-(x+y) r/(1-r)} I_0(2 sqrt(r x y)/(1-r))/(1-r)` at x = kappa t, y = kappa t' is k, for
    `kappa sqrt(r)/(1 - r) = sigma` and `kappa (1/2 + r/(1 - r)) = 1`, which is what s0 and r solve. So

        eigenfunctions  psi_n(t) = sqrt(kappa) e^{-kappa t/2} L_n(kappa t),     eigenvalues  mu_n = (1 - r) r^n/kappa

    and a target exp(-c* t) has coefficients `sqrt(kappa) (c* - s0)^n/(c* + s0)^{n+1}`, the Laplace transforms of
    Laguerre functions. Gradient flow of `L = 1/2 int (g - g*)^2` from g = 0 learns each on its own.

    Args:
        gain: sigma, above 0 and below 1.

    >>> spectrum = LazySpectrum(0.7)
    >>> round(spectrum.exponent(0.5), 3), round(spectrum.exponent(0.3), 3)
    (1.937, 1.0)

    Source: derived here.
    """

    def __init__(self, gain: float):
        self.gain = positive(_stable(gain), "gain")
        self.first_rate = float(np.sqrt(1 - self.gain**2))
        self.kappa = 2 * self.first_rate
        self.ratio = ((1 - self.first_rate) / self.gain) ** 2

    def eigenvalues(self, modes: int) -> np.ndarray:
        """mu_n, (mode,)."""
        return (1 - self.ratio) * self.ratio ** np.arange(count(modes, "modes")) / self.kappa

    def eigenfunctions(self, times, modes: int) -> np.ndarray:
        """psi_n(t), (mode, time), orthonormal on t >= 0."""
        times = np.asarray(real_array(times, "times", 1))
        n = np.arange(count(modes, "modes"))[:, None]
        return np.sqrt(self.kappa) * np.exp(-self.kappa * times / 2) * eval_laguerre(n, self.kappa * times)

    def coefficients(self, rate: float, modes: int) -> np.ndarray:
        """Of exp(-c* t) in the eigenfunctions, (mode,)."""
        rate = positive(rate, "rate")
        n = np.arange(count(modes, "modes"))
        quotient = (rate - self.first_rate) / (rate + self.first_rate)
        return np.sqrt(self.kappa) / (rate + self.first_rate) * quotient**n

    def loss(self, rate: float, training_times) -> np.ndarray:
        """L(s) = 1/2 sum_n kappa (c* - s0)^{2n}/(c* + s0)^{2n+2} exp(-2 mu_n s), summed until nothing is left.

        Args:
            rate: c* of the target.
            training_times: s, (training time,).
        """
        times = np.asarray(real_array(training_times, "training_times", 1))
        quotient = abs(rate - self.first_rate) / (rate + self.first_rate)
        wanted = 1 if quotient == 0 else int(np.ceil(-18 / np.log10(quotient))) + 1  # terms fall as quotient^2n
        if wanted > 1_000_000:
            raise ProblemError(f"rate = {rate:g} has over a million modes: too far from {self.first_rate:g}.")
        squares = self.coefficients(rate, wanted) ** 2
        return np.exp(-2 * np.outer(times, self.eigenvalues(wanted))) @ squares / 2

    def exponent(self, rate: float) -> float:
        """chi in L(s) ~ s^-chi: `ln[((c* - s0)/(c* + s0))^2]/ln r`, up to ripples periodic in ln s.

        Mode n is learned at s ~ r^-n, when what is left has fallen to quotient^2n. It is exactly 1 where
        |1 - c*| = sigma: below, the target is not learnable with finite weights. Infinite at c* = s0, one
        eigenfunction, learned exponentially. With all weights trained it caps near 2 (measured).

        Args:
            rate: c* of the target.
        """
        rate = positive(rate, "rate")
        quotient = abs(rate - self.first_rate) / (rate + self.first_rate)
        return float(2 * np.log(quotient) / np.log(self.ratio)) if quotient else np.inf
