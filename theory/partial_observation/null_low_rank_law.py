"""The law of the slow modes that a student invents of null low-rank recurrence, the slowest of them above all."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import eval_jacobi, gammaln

from theory.checks import count, positive
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.partial_observation.expected_timescales import fraction_observed


def null_low_rank_modes(left: np.ndarray, right: np.ndarray, gain: float) -> np.ndarray:
    """R4: eigenvalues of a student of `B = g U V^T` from r x r matrices of overlaps, exact at any gain, (..., mode).

    Since B^2 = 0, `exp((B - I) t) = e^-t (I + g t U V^T)`, and twice the integral of its square is
    `S = I + (g/2)(U V^T + V U^T) + (g^2/2) U U^T`, so `B S = g U V^T + (g^2/2) U U^T`. With Y = g U_o + V_o and
    Z = I - V_o V_o^T / 2,

        S_oo = Z + Y Y^T / 2,        [B S]_oo = (Y - V_o)(Y + V_o)^T / 2,

    and the r eigenvalues of `A = [B S]_oo S_oo^-1` that are not zero are those of
    `L = (Y + V_o)^T (Z + Y Y^T/2)^-1 (Y - V_o) / 2`. By Woodbury, with W = Y^T Z^-1 Y / 2, E = Y^T Z^-1 V_o / 2,
    R = V_o^T Z^-1 V_o / 2 and C = (I + W)^-1, the four terms are `I - C`, `C E`, `E^T C` and `R - E^T C E`, so

        I - L = R + (I - E)^T C (I + E),

    positive numbers added where eigenvalues come close to 1. With the overlaps a = U_o^T U_o, b = V_o^T V_o,
    c = U_o^T V_o and N = (I - b/2)^-1 = `I + N b/2`, the blocks needed are `V_o^T Z^-1 V_o = b N`,
    `U_o^T Z^-1 V_o = c N` and `U_o^T Z^-1 U_o = a + c N c^T / 2`. For r = 1 this is

        1 / (1 - l) = [1 + g c + g^2 (2 a - a b + c^2) / 4] / [1 + g^2 (a b - c^2) / 4];

    with a = b = f and c = 0, their means for many neurons, it is `null_low_rank_eigenvalue`.

    Args:
        left, right: U_o and V_o, rows of matrices of orthonormal columns, (..., observed neuron, mode).
        gain: g.

    >>> rate = 1 - null_low_rank_modes(np.array([[0.6]]), np.array([[0.0]]), 10.0)[0].real
    >>> round(1 / float(rate), 9)  # one neuron: a b = c^2, 1 + g c + g^2 a / 2 with a = 0.36
    19.0
    """
    g, one = positive(gain, "gain"), np.eye(left.shape[-1])
    a, b, c = (np.swapaxes(x, -1, -2) @ y for x, y in ((left, left), (right, right), (left, right)))
    N = np.linalg.inv(one - b / 2)
    vv, uv = b @ N, c @ N
    uu, vu = a + uv @ np.swapaxes(c, -1, -2) / 2, np.swapaxes(uv, -1, -2)
    W, E = (g**2 * uu + g * (uv + vu) + vv) / 2, (g * uv + vv) / 2
    decay = vv / 2 + (one - np.swapaxes(E, -1, -2)) @ np.linalg.solve(one + W, one + E)
    return 1.0 - np.linalg.eigvals(decay)


def null_low_rank_timescales(
    neurons: int, observed: int, rank: int, gain: float, draws: int, seed: int = 0
) -> np.ndarray:
    """Draws of the r slow timescales at finite gain, slowest first, (draw, mode): no Lyapunov equation is solved.

    By `null_low_rank_modes`, from d rows of random D x 2r matrices with orthonormal columns.

    Args:
        neurons, observed, rank: D, d, r.
        gain: g, the singular values of the recurrence.
        draws: how many circuits.
        seed: of the directions.

    >>> null_low_rank_timescales(100, 20, 3, gain=100.0, draws=5).shape
    (5, 3)
    """
    D, d, r = _sizes(neurons, observed, rank)
    random, found = generator(seed), []
    for _ in range(count(draws, "draws")):
        X = np.linalg.qr(random.normal(size=(D, 2 * r)))[0][:d]
        found.append(np.sort(1.0 - null_low_rank_modes(X[:, :r], X[:, r:], gain).real))
    return 1.0 / np.stack(found)


def slowest_null_low_rank_probability(timescale: float, neurons: int, observed: int, rank: int) -> float:
    """P(the slowest invented timescale is below that), exact at every D, d and r, in the limit of strong gain.

    As g grows, `S_oo = Z + Y Y^T / 2` of `null_low_rank_modes` leaves `S_oo^-1 -> Q (Q^T Z Q)^-1 Q^T`, Q the complement
    of span(U_o) in the observed neurons, and the r x r problem becomes *symmetric*:

        I - L  ->  (1/2) V_o^T Q (Q^T Z Q)^-1 Q^T V_o = (T / 2)(I - T / 2)^-1,    T = V_o^T (I - U_o U_o^+) V_o,

    so every eigenvalue t of T reports a timescale `2/t - 1`. T is the Schur complement of U in G = [U V]_o^T [U V]_o,
    which has the matrix-variate beta law of d and D - d degrees of freedom; the complement has that of d - r and D - d,
    with the density of eigenvalues (Jacobi ensemble, beta = 1)

        const * prod t_i^((d - 2r - 1)/2) (1 - t_i)^((D - d - r - 1)/2) * prod_(i<j) |t_i - t_j|.

    For r = 1, t is a beta variable, so the mean timescale is `2 (D - 3)/(d - 3) - 1`, which is (2 - f)/f only for many
    neurons. By de Bruijn's formula `P(all t_i > x)` is a ratio of Pfaffians, of `int int sign(z - y) p_i(y) p_j(z)`
    over [x, 1]^2 and over [0, 1]^2; here p_i are the ensemble's own polynomials, with t = sin^2(angle), which makes
    the integrand smooth.

    Near d = 2r the exponent at t = 0 falls to -1/2 and the slowest timescale has no mean: P(slowest > s) falls as
    s^(-(d - 2r + 1)/2). Then only the gain bounds it, and the limit is reached for g well above it: at D = 100,
    d = 20, r = 10 the limit's median is 5,000, that of g = 100 is 171, and its mean grows with g without end. There
    the student's overlaps between U_o and V_o mix slow modes in pairs, and `null_low_rank_timescales` gives the law.
    With d < 2r, 2r - d timescales grow as g^2.

    Args:
        timescale: in single-unit time constants.
        neurons, observed, rank: D, d, r, with d at least 2r.

    Returns:
        The probability, to about 1e-9 absolutely.

    Raises:
        ProblemError: fewer than 2r neurons are observed.

    >>> round(slowest_null_low_rank_probability(5.0, neurons=40, observed=20, rank=1), 4)  # one beta variable
    0.9161

    Source: derived here; the beta law is Olkin & Rubin, Ann. Math. Stat. 35 (1964) 261, the Pfaffian de Bruijn,
    J. Indian Math. Soc. 19 (1955) 133.
    """
    size, m, n = _ensemble(neurons, observed, rank)
    timescale = positive(timescale, "timescale")
    if timescale <= 1.0:
        return 0.0
    below = _log_pfaffian(size, m, n, 2.0 / (1.0 + timescale)) - _log_pfaffian(size, m, n, 0.0)
    return float(np.clip(np.exp(below), 0.0, 1.0))


def slowest_null_low_rank_quantile(probability: float, neurons: int, observed: int, rank: int) -> float:
    """The timescale below which the slowest invented one stays with that probability, at strong gain.

    Args:
        probability: between 0 and 1; 1/2 asks for the median.
        neurons, observed, rank: D, d, r, with d at least 2r.

    >>> round(slowest_null_low_rank_quantile(0.5, neurons=100, observed=20, rank=3), 1)
    19.5
    """
    probability = positive(probability, "probability")
    if probability >= 1:
        raise ProblemError(f"probability = {probability:g}, but it must be below 1.")

    def excess(logarithm):
        found = slowest_null_low_rank_probability(1 + np.exp(logarithm), neurons, observed, rank)
        return found - probability

    return float(1 + np.exp(brentq(excess, -20.0, 40.0, xtol=1e-10)))


class SlowestScaling(NamedTuple):
    """The Tracy-Widom scaling of the slowest of many modes: `ln[(timescale - 1)/2] = centre + width * (TW of order 1)`.

    Its mean is `centre - 1.20653 width`, its standard deviation `1.26798 width`.
    """

    centre: float
    width: float


def slowest_null_low_rank_scaling(neurons: int, observed: int, rank: int) -> SlowestScaling:
    """Fluctuation of the slowest invented timescale where many modes and d - 2r well above 0 are at play, strong gain.

    `(timescale - 1)/2 = (1 - t)/t` is the odds of the largest root of the complementary ensemble, 1 - t, of D - d and
    d - r degrees of freedom. The logarithm of these odds follows the Tracy-Widom law of order 1 with errors of order
    r^(-2/3), with M = D - r - 1, sin^2(a/2) = (min(r, D - d) - 1/2)/M, sin^2(b/2) = (max(r, D - d) - 1/2)/M,

        centre = 2 ln tan((a + b)/2),        width^3 = 16 / (M^2 sin^2(a + b) sin a sin b).

    Args:
        neurons, observed, rank: D, d, r.

    Raises:
        ProblemError: fewer than 2r + 1 neurons are observed.

    >>> scaling = slowest_null_low_rank_scaling(400, 100, 20)
    >>> round(1 + 2 * float(np.exp(scaling.centre - 1.2687 * scaling.width)), 1)  # the median
    28.3

    Source: Johnstone, Ann. Stat. 36 (2008) 2638, equations 5 and 6.
    """
    size, m, n = _ensemble(neurons, observed, rank)
    if m == 0:
        raise ProblemError("with d = 2r neurons observed the slowest timescale is unbounded: use the probability.")
    D, d, r = _sizes(neurons, observed, rank)
    M = D - r - 1
    a, b = (2 * np.arcsin(np.sqrt((k - 0.5) / M)) for k in (min(r, D - d), max(r, D - d)))
    width = (16 / (M**2 * np.sin(a + b) ** 2 * np.sin(a) * np.sin(b))) ** (1 / 3)
    return SlowestScaling(float(2 * np.log(np.tan((a + b) / 2))), float(width))


def null_low_rank_edges(fraction: float, rank_fraction: float) -> tuple[float, float]:
    """The fastest and the slowest of the invented timescales for many neurons, at strong gain and r/D fixed.

    T is a random subspace of dimension r in D - r dimensions seen through d - r of them: with k = r/(D - r) and
    p = (d - r)/(D - r) its eigenvalues fill `t = (sqrt(p (1 - k)) -+ sqrt(k (1 - p)))^2`, and timescales are 2/t - 1.

    Args:
        fraction: f = d/D.
        rank_fraction: r/D, at most f/2.

    Returns:
        Both edges, the latter infinite at d = 2r.

    >>> [round(edge, 3) for edge in null_low_rank_edges(0.2, 1e-9)]  # few modes: all at (2 - f)/f
    [8.999, 9.001]
    """
    k, p = _projection(fraction, rank_fraction)
    low, high = ((np.sqrt(p * (1 - k)) + sign * np.sqrt(k * (1 - p))) ** 2 for sign in (-1, 1))
    with np.errstate(divide="ignore"):
        return float(2 / np.float64(high) - 1), float(2 / np.float64(low) - 1)


def null_low_rank_density(timescales, fraction: float, rank_fraction: float) -> np.ndarray:
    """Density of the invented timescales for many neurons at strong gain, (timescale,); it integrates to 1.

    Wachter's law of t, `sqrt((t_+ - t)(t - t_-)) / (2 pi k t (1 - t))`, with t = 2/(1 + timescale) and
    dt = 2/(1 + timescale)^2 d(timescale). At d = 2r it falls as timescale^(-3/2): no mean. With d + r > D
    the remaining share, modes seen completely, sits at timescale 1.

    Args:
        timescales: in single-unit time constants, at least 1.
        fraction, rank_fraction: as of `null_low_rank_edges`.

    >>> bool(null_low_rank_density([9.0], 0.2, 0.01)[0] > null_low_rank_density([30.0], 0.2, 0.01)[0])
    True

    Source: Wachter, Ann. Stat. 8 (1980) 937.
    """
    k, p = _projection(fraction, rank_fraction)
    s = np.asarray(timescales, float)
    t = 2 / (1 + s)
    low, high = ((np.sqrt(p * (1 - k)) + sign * np.sqrt(k * (1 - p))) ** 2 for sign in (-1, 1))
    inside = np.clip((high - t) * (t - low), 0.0, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        # dt (s) = 2 / (1 + s)^2 and t (1 - t) = 2 (s - 1) / (1 + s)^2
        return np.where(s > 1, np.sqrt(inside) / (2 * np.pi * k * (s - 1)), 0.0)


def _sizes(neurons, observed, rank) -> tuple[int, int, int]:
    rank = count(rank, "rank")
    neurons = count(neurons, "neurons", least=2 * rank, because="M and N are orthogonal to each other.")
    return neurons, count(observed, "observed", most=neurons), rank


def _ensemble(neurons, observed, rank) -> tuple[int, int, int]:
    """Size of the ensemble, and the powers of sin and cos in its weight; D - d < r neurons hidden leave fewer modes."""
    D, d, r = _sizes(neurons, observed, rank)
    if d < 2 * r:
        raise ProblemError(
            f"{d} observed neurons are fewer than 2 rank = {2 * r}: at strong gain the slowest timescale is infinite. "
            "Use null_low_rank_timescales, at the gain itself."
        )
    if d == D:
        raise ProblemError("all neurons are observed: the student is the truth, and invents no mode.")
    return min(r, D - d), d - 2 * r, abs(D - d - r)


def _projection(fraction, rank_fraction) -> tuple[float, float]:
    f, q = fraction_observed(fraction), positive(rank_fraction, "rank_fraction")
    if q > f / 2:
        raise ProblemError(f"rank_fraction = {q:g}, but here it is at most half the observed fraction, {f / 2:g}.")
    return q / (1 - q), (f - q) / (1 - q)


def _log_pfaffian(size: int, m: int, n: int, start: float) -> float:
    """`ln |Pf|` of de Bruijn's form over t in [start, 1], t = sin^2(angle), weight `sin^m cos^n d(angle)`."""
    nodes, weights = np.polynomial.legendre.leggauss(64 + 2 * size + int(8 * np.sqrt(m + n)))
    begin = np.arcsin(np.sqrt(start))
    half = (np.pi / 2 - begin) / 2
    angle, weights = begin + half * (1 + nodes), half * weights
    # Jacobi polynomials of the squared weight: orthonormal in the angle over the whole range
    k, a, b = np.arange(size)[:, None], n - 0.5, m - 0.5
    log_norm = gammaln(k + a + 1) + gammaln(k + b + 1) - gammaln(k + 1) - gammaln(k + a + b + 1)
    # k + a + b + 1 = 0 happens with its own gamma in the denominator for k = 0, m = n = 0 only
    log_norm = log_norm - np.log(np.where(k + a + b + 1 > 0, 2 * k + a + b + 1, 1.0))
    with np.errstate(divide="ignore"):
        weight = m * np.log(np.sin(angle)) + n * np.log(np.cos(angle)) if m + n else np.zeros_like(angle)
    p = eval_jacobi(k, a, b, -np.cos(2 * angle)) * np.exp(weight - np.where(np.isfinite(log_norm), log_norm, 0) / 2)
    # primitive of the interpolant through the nodes: int P_l = (P_(l+1) - P_(l-1)) / (2l + 1)
    order = len(nodes)
    V = np.polynomial.legendre.legvander(nodes, order)
    primitive = V[:, 1:] - np.concatenate([-np.ones((order, 1)), V[:, :-2]], axis=1)
    coefficients = (p * weights / half) @ V[:, :order] / 2  # times (2l + 1), which the primitive divides by
    upto = half * coefficients @ primitive.T
    whole = p @ weights
    form = (p * weights) @ (2 * upto - whole[:, None]).T
    form = (form - form.T) / 2
    if size % 2:
        form = np.block([[form, whole[:, None]], [-whole[None], np.zeros((1, 1))]])
    with np.errstate(divide="ignore"):  # next to nothing fits into a short interval: probability 0
        return float(np.linalg.slogdet(form)[1] / 2)
