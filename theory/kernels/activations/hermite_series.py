"""Activations whose duals are Hermite series."""

import dataclasses
import functools
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from theory.kernels.activations.activation import Activation, outer
from theory.kernels.scan import scan

_REACH, _SPACING = 12.0, 1 / 64
_TERMS = (16, 32, 64, 128, 256, 512)


@functools.lru_cache(maxsize=16)
def hermite_weights(terms: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes x of the trapezoidal rule and weights w_n such that `sum_x w_n(x) f(x) = E f(x) He_n(x)/sqrt(n!)`.

    x is a standard Gaussian. For functions analytic in a strip the rule converges exponentially in the inverse spacing,
    and it needs no more nodes for n = 500 than for n = 0, unlike Gauss-Hermite.

    >>> x, w = hermite_weights(3)
    >>> [round(float(weight @ x**2), 12) for weight in w]
    [1.0, 0.0, 1.414213562373]
    """
    x = np.arange(-_REACH, _REACH + _SPACING / 2, _SPACING)
    weights = np.empty((terms, x.size))
    weights[0] = _SPACING * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    if terms > 1:
        weights[1] = x * weights[0]
    for n in range(2, terms):
        weights[n] = (x * weights[n - 1] - np.sqrt(n - 1) * weights[n - 2]) / np.sqrt(n)
    return x, weights


@dataclass(frozen=True, kw_only=True)
class HermiteSeries(Activation):
    """A function phi by its Hermite coefficients `h_n(a) = E phi(sqrt(a) x) He_n(x) / sqrt(n!)`, x ~ N(0, 1):

        K = sum_n h_n(a) h_n(b) c^n,        D = sum_n d_n(a) d_n(b) c^n,        c = s / sqrt(ab)   (Mehler's formula)

    with d_n the coefficients of phi'. The coefficients belong to one variance each, so a pair costs as many
    multiplications as there are terms, not a quadrature in two dimensions. And c^n, its Hadamard powers, are positive
    semi-definite where c is: the truncated series is a positive semi-definite kernel, exactly.

    The series ends where what is left of it is below the tolerance, by Cauchy-Schwarz at most
    `sqrt(tail(a) tail(b))`, `tail(a) = E phi^2 - sum_n h_n(a)^2`, or after 512 terms; `error` states what is left,
    together with the change when the quadrature's nodes are halved. A smooth function at variances of order one has
    1e-12 after 64 terms; a kink leaves about 1e-4, a jump in phi' does not converge in D near c = 1.

    A subclass is a frozen dataclass with `function` and `odd`.

    Args:
        tolerance: where the series may end.
        terms: how many terms; None chooses by the variances that occur.
    """

    tolerance: float = 1e-12
    terms: int | None = None

    def _derivative(self, z):
        return jax.jvp(self.function, (z,), (jnp.ones_like(z),))[1]

    def _coefficients(self, variance, terms: int):
        x, weights = hermite_weights(terms)
        z = jnp.sqrt(variance)[..., :, None] * x
        return tuple(
            jnp.einsum("px,...sx->...ps", weights, part(z)) for part in (self.function, self._derivative)
        )

    def moments(self, variance):
        """E phi^2 and E phi'^2: by the trapezoidal rule, or the series once its terms are fixed.

        Beyond the edge of chaos what a series leaves out would grow by chi a step, did variances have it and duals not.
        """
        if self.terms is not None:
            variance = jnp.asarray(variance)
            parts = self._coefficients(variance[..., None], self.terms)
            return tuple(jnp.sum(part**2, axis=-2)[..., 0] for part in parts)
        return self._quadrature(variance)

    def _quadrature(self, variance):
        x, weights = hermite_weights(1)
        z = jnp.sqrt(variance)[..., None] * x
        return tuple(part(z) ** 2 @ weights[0] for part in (self.function, self._derivative))

    def resolved(self, variance) -> "HermiteSeries":
        """With the number of terms fixed."""
        return dataclasses.replace(self, terms=self._terms(variance))

    def _terms(self, variance) -> int:
        """The fewest terms that leave less than the tolerance."""
        if self.terms is not None:
            return self.terms
        left = self._left(variance, _TERMS[-1])[0]
        return next((terms for terms in _TERMS if left[terms - 1] < self.tolerance), _TERMS[-1])

    def _left(self, variance, terms: int) -> tuple[np.ndarray, float]:
        """At the extremes of the variances, what so many terms and fewer leave out; and the quadrature's own error."""
        z = np.sqrt(np.quantile(np.asarray(variance), [0.0, 0.5, 1.0]))[:, None] * hermite_weights(1)[0]
        weights = hermite_weights(terms)[1]
        alternating = weights[0] * (1 - 2 * (np.arange(z.shape[1]) % 2))  # the rule, less that of every second node
        left, halved = np.zeros(terms), 0.0
        for values in map(np.asarray, _with_slope(self, z)):
            missing = (values**2 @ weights[0])[:, None] - np.cumsum((values @ weights.T) ** 2, axis=1)
            left, halved = np.maximum(left, missing.max(0)), max(halved, np.abs(values**2 @ alternating).max())
        return left, float(halved)

    def features(self, variance):
        """Inverse standard deviation, and the coefficients of phi and phi' (batch, term, sequence)."""
        return _features(self, variance, self._terms(variance))

    def duals(self, rows, columns, covariance):
        """The two series, by Horner's rule from the last term."""
        c = jnp.clip(rows[0][..., :, None] * columns[0][..., None, :] * covariance, -1.0, 1.0)

        def add(sums, term):
            return tuple(total * c + outer(*pair) for total, pair in zip(sums, term, strict=True)), None

        last_first = [
            tuple(jnp.moveaxis(side[k], -2, 0)[::-1] for side in (rows, columns)) for k in (1, 2)
        ]
        nothing = jnp.zeros_like(c)
        return scan(add, (nothing, nothing), last_first)[0]

    def error(self, variance) -> float:
        """What the series leaves out, and the quadrature's own error, at the extremes of these variances."""
        terms = self._terms(variance)
        left, halved = self._left(variance, terms)
        return float(left[-1]) + halved + 1e-15 * terms


@functools.partial(jax.jit, static_argnums=0)
def _with_slope(activation, z):
    return activation.function(z), activation._derivative(z)


@functools.partial(jax.jit, static_argnums=(0, 2))
def _features(activation, variance, terms):
    flat = variance.reshape(-1, variance.shape[-1])
    coefficients = jax.lax.map(lambda row: activation._coefficients(row, terms), flat)
    inverse = jnp.where(variance > 0, 1 / jnp.sqrt(jnp.where(variance > 0, variance, 1.0)), 0.0)
    return inverse, *(each.reshape(*variance.shape[:-1], -1, variance.shape[-1]) for each in coefficients)
