"""Closed forms for the slowest timescale that a Markov student of a partly observed circuit reports."""

import numpy as np
from scipy.special import gammaln

from theory.checks import count, positive
from theory.errors import ProblemError


def fraction_observed(value, name: str = "fraction") -> float:
    """A number above 0 and at most 1, or a ProblemError.

    >>> fraction_observed(0.05)
    0.05
    """
    value = positive(value, name)
    if value > 1:
        raise ProblemError(f"{name} = {value:g}, but no more than all neurons (1) can be observed.")
    return value


def symmetric_line_timescale(fraction: float, slow: float, fast: float) -> float:
    """R2: mean over directions of the student's slowest timescale, `f slow + (1 - f) fast`: a true line is missed.

    In detailed balance timescales are the eigenvalues of S_oo. Here `S = fast I + (slow - fast) v v^T`, so the
    largest is `fast + (slow - fast) |v_o|^2`, and `E |v_o|^2 = f` for a direction that is uniform on the sphere.

    Args:
        fraction: f of the neurons that is observed.
        slow, fast: timescales of the line and of all other modes, in single-unit time constants.

    >>> symmetric_line_timescale(0.05, slow=1000.0, fast=1.25)
    51.1875
    """
    fraction = fraction_observed(fraction)
    return fraction * positive(slow, "slow") + (1 - fraction) * positive(fast, "fast")


def symmetric_line_spread(neurons: int, fraction: float, slow: float, fast: float) -> float:
    """The standard deviation over directions of what R2 gives the mean of.

    `|v_o|^2` has a beta distribution of parameters d/2 and (D - d)/2, whose variance is
    `2 f (1 - f) / (D + 2)`.

    Args:
        neurons: D.
        fraction, slow, fast: as of `symmetric_line_timescale`.

    >>> round(symmetric_line_spread(2000, 0.05, 1000.0, 1.25), 2)
    6.88
    """
    fraction, neurons = fraction_observed(fraction), count(neurons, "neurons", least=2)
    return abs(slow - fast) * float(np.sqrt(2 * fraction * (1 - fraction) / (neurons + 2)))


def chain_end_timescale(neurons: int) -> float:
    """R3: what a student of the last neuron of a feedforward chain reports, `2 D binom(2D, D) / 4^D ~ 2 sqrt(D / pi)`.

    A single neuron's student has `1 / (1 - A) = S_oo`, its variance. Its spectrum is the sum over the noise of all
    upstream neurons of `2 / (1 + w^2)^k`, k = 1 .. D, which is `(2 / w^2) [1 - (1 + w^2)^-D]`; integrating over w and
    dividing by 2 pi gives `sum_{k=0}^{D-1} binom(2k, k) / 4^k`, the closed form above. No neuron of the chain has a
    mode slower than 1.

    Args:
        neurons: D.

    >>> round(chain_end_timescale(1000), 3)
    35.678
    """
    D = count(neurons, "neurons")
    return float(2 * D * np.exp(gammaln(2 * D + 1) - 2 * gammaln(D + 1) - 2 * D * np.log(2.0)))


def null_low_rank_eigenvalue(fraction: float, gain: float) -> float:
    """R4: mean of the r slow eigenvalues of a student of null low-rank recurrence.

        l = [f (1 - f) g^2 / 2] / [1 + f g^2 / 2 - f^2 g^2 / 4]

    With one mode `null_low_rank_modes` gives the eigenvalue from the overlaps a = |U_o|^2, b = |V_o|^2, c = U_o.V_o of
    the directions, `l = [g c + g^2 (a - a b + c^2)/2] / [1 + g c + g^2 (2 a - a b + c^2)/4]`; for many neurons a and b
    tend to f and c to 0, within 1/sqrt(D). Of r modes the overlap matrices tend to f I and 0 as long as r is much
    less than d, so that each of them has this eigenvalue.

    Its limit for strong gain is `2(1 - f)/(2 - f)`, a timescale of `(2 - f)/f`: slow if few neurons are observed,
    where the truth has one fast point. Where r is not much less than d the timescales spread, and the largest of
    several is far slower: see `slowest_null_low_rank_probability` and `null_low_rank_density`.

    Args:
        fraction: f of the neurons that is observed.
        gain: g, the singular values of the recurrence.

    >>> round(null_low_rank_eigenvalue(0.5, 1000.0), 3)
    0.667
    """
    f, g = fraction_observed(fraction), positive(gain, "gain")
    return f * (1 - f) * g**2 / 2 / (1 + f * g**2 / 2 - f**2 * g**2 / 4)
