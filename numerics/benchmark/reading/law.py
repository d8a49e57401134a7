"""The shape of a noisy model's stationary law: one peak, several, or a ring."""

from dataclasses import dataclass

import numpy as np
import scipy.ndimage

_COMPONENTS = 9
_POINTS = 800
_VALLEY = 1 / 3


@dataclass(frozen=True)
class Peaks:
    """Peaks of a density.

    Args:
        number: how many are kept apart by valleys of at most a third of their height.
        valley: density of the lower peak over that of the deepest way between two peaks that are nearest to one
            another, the smallest of all pairs; 1 for a single peak.
    """

    number: int
    valley: float


def peaks_of(points: np.ndarray, independent: float, seed: int = 0) -> Peaks:
    """Peaks of a law, by mixtures of Gaussians.

    Mixtures of 1 to 9 components are fitted (expectation and maximisation); the number is that of the lowest Bayesian
    information criterion, in which as many points count as are independent. Of its components those without a valley
    between them are one peak: density along the straight way between their means above a third of the lower's.

    Args:
        points: (point, coordinate), at most a few coordinates.
        independent: how many independent points they are worth.
        seed: of where the fits start.

    >>> random = np.random.default_rng(0)
    >>> two = random.normal(size=(400, 1)) + np.where(random.random((400, 1)) < 0.5, -4, 4)
    >>> peaks_of(two, independent=400).number, peaks_of(random.normal(size=(400, 1)), independent=400).number
    (2, 1)

    Source: Fraley & Raftery, J. Am. Stat. Assoc. 97 (2002) 611.
    """
    random = np.random.default_rng(seed)
    points = points[random.permutation(len(points))[:_POINTS]]
    scale = points.std(axis=0)
    points = (points - points.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    worth, (number, d) = min(1.0, independent / len(points)), points.shape
    best, chosen, tried = np.inf, None, 0
    for components in range(1, _COMPONENTS + 1):
        if number * worth < 5 * components:
            break
        mixture, log_likelihood = _mixture(points, components, random)
        parameters = components * (1 + d + d * (d + 1) / 2) - 1
        criterion = -2 * worth * log_likelihood + parameters * np.log(number * worth)
        if criterion < best - 2:
            best, chosen, tried = criterion, mixture, 0
        elif (tried := tried + 1) == 2:  # more of them will not help either
            break
    return _separated(chosen) if chosen is not None else Peaks(1, 1.0)


def angular_peaks(plane: np.ndarray) -> Peaks:
    """Peaks of the density of the angle about the centre, smoothed over a quarter of a radian: of a law with an empty
    middle, where straight ways lead across the hole.

    Args:
        plane: (point, 2), about its mean.

    >>> angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 500)
    >>> angular_peaks(np.stack([np.cos(angles), np.sin(angles)], axis=1)).number
    1
    >>> angular_peaks(np.stack([np.sign(np.cos(angles)), np.sign(np.sin(angles))], axis=1)).number
    4
    """
    bins = 72
    angles = np.arctan2(plane[:, 1] / plane[:, 1].std(), plane[:, 0] / plane[:, 0].std())
    counts = np.bincount(((angles + np.pi) / (2 * np.pi) * bins).astype(int) % bins, minlength=bins)
    density = scipy.ndimage.gaussian_filter1d(counts.astype(float), 0.25 * bins / (2 * np.pi), mode="wrap") + 1e-12
    density = np.roll(density, -int(density.argmin()))  # from its deepest point around to it again
    peaks, lowest, valleys = [density[0]], density[0], []
    rising = False
    for value in density[1:]:
        if not rising and value * _VALLEY > lowest:  # out of a valley
            valleys.append(lowest)
            peaks.append(value)
            rising = True
        elif rising and value < _VALLEY * peaks[-1]:  # into the next
            lowest, rising = value, False
        if rising:
            peaks[-1] = max(peaks[-1], value)
        else:
            lowest = min(lowest, value)
    number = len(valleys)
    if number < 2:
        return Peaks(1, 1.0)
    return Peaks(number, float(min(peaks[1:]) / max(valleys)))


def _mixture(x: np.ndarray, components: int, random: np.random.Generator):
    """Weights, means and covariances after expectation and maximisation, and the log-likelihood: the best of three."""
    best, kept = -np.inf, None
    for _ in range(1 if components == 1 else 3):
        weights, means, covariances = _start(x, components, random)
        before = -np.inf
        for _ in range(100):
            logs = np.log(weights) + _log_densities(x, means, covariances)
            top = logs.max(axis=1, keepdims=True)
            sums = top[:, 0] + np.log(np.exp(logs - top).sum(axis=1))
            total = float(sums.sum())
            if total - before < 1e-4 * len(x):
                break
            before = total
            shares = np.exp(logs - sums[:, None])
            mass = shares.sum(axis=0) + 1e-12
            weights, means = mass / len(x), shares.T @ x / mass[:, None]
            for c in range(components):
                e = x - means[c]
                covariances[c] = (shares[:, c, None] * e).T @ e / mass[c] + 1e-6 * np.eye(x.shape[1])
        if total > best:
            best, kept = total, (weights, means, covariances)
    return kept, best


def _start(x: np.ndarray, components: int, random: np.random.Generator):
    """Means far from one another (k-means++), and a few rounds of k-means."""
    means = x[random.integers(len(x), size=1)]
    while len(means) < components:
        squares = ((x[:, None] - means) ** 2).sum(axis=2).min(axis=1)
        means = np.vstack([means, x[random.choice(len(x), p=squares / squares.sum())]])
    for _ in range(5):
        nearest = ((x[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
        has = [(nearest == c).any() for c in range(components)]
        means = np.stack([x[nearest == c].mean(axis=0) if has[c] else means[c] for c in range(components)])
    d = x.shape[1]
    shares = np.array([max(1, np.sum(nearest == c)) for c in range(components)], float)
    covariances = np.stack(
        [
            (np.cov(x[nearest == c].T).reshape(d, d) if np.sum(nearest == c) > d + 1 else np.eye(d)) + 1e-3 * np.eye(d)
            for c in range(components)
        ]
    )
    return shares / shares.sum(), means, covariances


def _log_densities(x: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """(point, component)."""
    roots = np.linalg.cholesky(covariances)
    whitening = np.linalg.inv(roots)
    # of all components at once: (point, component and coordinate)
    e = x @ whitening.reshape(-1, x.shape[1]).T - np.einsum("cij,cj->ci", whitening, means).ravel()
    squares = (e**2).reshape(len(x), *means.shape).sum(axis=2)
    sizes = np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
    return -0.5 * squares - sizes - 0.5 * x.shape[1] * np.log(2 * np.pi)


def _separated(mixture) -> Peaks:
    weights, means, covariances = mixture
    number = len(weights)

    def density(at: np.ndarray) -> np.ndarray:
        return np.exp(np.log(weights) + _log_densities(at, means, covariances)).sum(axis=1)

    heights = density(means)
    # the deepest point of every straight way, over the lower of its two ends
    ways = np.ones((number, number))
    for one in range(number):
        for other in range(one):
            steps = np.linspace(0, 1, 41)[:, None]
            lowest = density(means[one] + steps * (means[other] - means[one])).min()
            ways[one, other] = ways[other, one] = lowest / min(heights[one], heights[other])
    # a way may lead over others: the best is as bad as its worst part
    for middle in range(number):
        ways = np.maximum(ways, np.minimum(ways[:, middle, None], ways[None, middle]))
    peak_of, peaks = np.full(number, -1), []
    for component in np.argsort(-heights, kind="stable"):
        if weights[component] < 0.02:
            continue
        joined = [p for p in peaks if ways[component, p] > _VALLEY]
        if not joined:
            peaks.append(component)
        peak_of[component] = (joined or [component])[0]
    if len(peaks) < 2:
        return Peaks(1, 1.0)
    apart = [1 / max(ways[a, b], 1e-6) for i, a in enumerate(peaks) for b in peaks[:i]]
    return Peaks(len(peaks), float(min(apart)))
