"""Inverse design: a metric with which slow and fast timescales are learned soon and alike, as an architecture."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from theory.architectures import IndependentUnits
from theory.checks import positive, real_array
from theory.errors import ProblemError
from theory.namespace import namespace
from theory.one_mode import learning_time

_KNOTS = np.array([0.01, 1.0])


class PowerMetric:
    """A metric `M_c(c)` made of power laws between given rates, and beyond them.

    Args:
        rates: c at the knots, increasing.
        values: M_c there, positive.

    >>> PowerMetric([0.1, 1.0], [0.01, 1.0])(0.5)
    0.25
    """

    def __init__(self, rates, values):
        # no JAX here: an instance stands in this module, and importing must not start it
        self.rates, self.values = (
            np.array([positive(x, name) for x in given]) for given, name in ((rates, "a rate"), (values, "a value"))
        )
        if self.rates.shape != self.values.shape or self.rates.size < 2:
            raise ProblemError(f"{self.rates.size} rates and {self.values.size} values: give at least two of each.")
        if (np.diff(self.rates) <= 0).any() or self.rates[0] <= 0 or self.values.min() <= 0:
            raise ProblemError("rates must be positive and increasing, and the metric positive at each.")
        self.powers = np.diff(np.log(self.values)) / np.diff(np.log(self.rates))

    def __call__(self, c):
        """M_c at a rate."""
        i = np.clip(np.searchsorted(self.rates, c) - 1, 0, self.powers.size - 1)
        return float(self.values[i] * (c / self.rates[i]) ** self.powers[i])


DESIGNED = PowerMetric(_KNOTS, [5e-6, 5.0])
"""`M_c = 5 c^3`: what `design_metric` finds for rates from .01 to .5, from a residue of .01."""


class DesignedRate(IndependentUnits):
    """N independent units whose decay rate c(w) is such that it moves with a given metric, `(dc/dw)^2 = M_c(c)`.

    `dc/dw = -sqrt(M_c(c))` from c = 1 at w = 0, integrated in closed form through the power laws of a `PowerMetric`.

    Args:
        metric: the metric.

    >>> architecture = DesignedRate(PowerMetric([0.1, 1.0], [0.01, 1.0]))  # M = c^2, so c = exp(-w)
    >>> architecture.rate(jnp.array([0.0, 1.0]))
    Array([1.        , 0.36787944], dtype=float64)
    """

    rates: tuple = eqx.field(static=True)
    values: tuple = eqx.field(static=True)
    segments: tuple = eqx.field(static=True)

    def __init__(self, metric: PowerMetric):
        self.rates = tuple(float(x) for x in metric.rates)
        self.values = tuple(float(x) for x in metric.values)
        self.segments = tuple(map(tuple, _segments(metric).tolist()))

    def rate(self, recurrent):
        """c of each unit."""
        fast, speed, q, begin = (jnp.asarray(x) for x in self.segments)
        i = jnp.clip(jnp.searchsorted(begin, recurrent, side="right") - 1, 0, q.size - 1)
        return fast[i] * jnp.exp(jnp.log1p(-q[i] * speed[i] * (recurrent - begin[i])) / q[i])

    def pole(self, recurrent, time):
        """The pole of rate c(w)."""
        return time.pole_of_rate(self.rate(recurrent), namespace(recurrent))

    def __str__(self) -> str:
        return "DesignedRate, M_c = " + ", ".join(
            f"{v:.3g} at {c:g}" for c, v in zip(self.rates, self.values, strict=True)
        )


def _segments(metric: PowerMetric) -> np.ndarray:
    """From fast to slow, of each power law: c where it begins, -dc/dw there over c, q = 1 - power / 2, and w there."""
    fast, low = metric.rates[1:][::-1], metric.rates[:-1][::-1]
    speed = np.sqrt(metric.values[1:][::-1]) / fast
    q = 1 - metric.powers[::-1] / 2
    q = np.where(np.abs(q) < 1e-12, 1e-12, q)
    passed = -np.expm1(q * np.log(low / fast)) / (q * speed)  # weight that a segment takes
    begin = np.concatenate([[0.0], np.cumsum(passed[:-1])])
    # w = 0 is at c = 1, wherever the table begins
    i = int(np.clip(np.searchsorted(-fast, -1.0, side="right") - 1, 0, q.size - 1))
    return np.stack([fast, speed, q, begin - (begin[i] - np.expm1(-q[i] * np.log(fast[i])) / (q[i] * speed[i]))])


class Design(NamedTuple):
    """A metric, and what it does."""

    metric: PowerMetric
    times: np.ndarray
    """Learning time of every target."""


def design_metric(targets, residue: float = 0.01, factors=(3.0, 4.0, 5.0, 6.0, 8.0)) -> Design:
    """The metric `M_c = k c^3` that learns several timescales soonest and most evenly.

        minimise over k:   ln max_c* T(c*) + ln (max T / min T)

    with T the `theory.one_mode.learning_time` to a thousandth of the initial loss. Only the third power gives all
    targets the same curvature `M_c / (4 c^3) = k/4` in c, so that none is learned faster near its solution than another
    and one step size serves all. Larger k learn slow targets sooner; too large ones drive the rate far past its target
    while the residue is still small, and the slow way back costs more than was gained.

    The worst time alone would be least for `theory.one_mode.steepest_metric`: it learns slow targets many times
    sooner than fast ones, which wait for their residues.

    Args:
        targets: rates c* to be learned.
        residue: at the start.
        factors: k to choose from.
    """
    targets = np.asarray(real_array(targets, "targets", 1))
    designs = []
    for k in factors:
        metric = PowerMetric(_KNOTS, k * _KNOTS**3)
        designs.append(Design(metric, np.array([learning_time(metric, c, residue) for c in targets])))
    return min(designs, key=lambda design: 2 * np.log(design.times.max()) - np.log(design.times.min()))
